/** All that CI runs, in CI's order; the last line counts what passed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../src/pgbouncer/demo/servers/program.ts';

const report = 'dist/test-report.json';
/** Where what a step has found is kept: a page of it, and the history. */
const failures = 'dist/failures';
const kept = (name: string) => join(failures, name.replaceAll(/\W+/g, '-'));

/** What goes wrong in each search; each ends within a minute or so. */
const searches = {
  'three units, two relations, by default': '',
  'one relation, secrets': '--relations 1 --secrets 1',
  'commits that are lost':
    '--relations 1 --secrets 1 --lost-commits 1 --leader-changes 1 --outages 0',
  'units that lag': '--units 2 --crashes 1 --leader-changes 1 --outages 0 --lags 2',
  'what takes many hooks':
    '--charm #simulatedInSlices --units 2 --crashes 1 --leader-changes 2 --outages 0',
  'somebody who gives certificates': '--charm #simulatedWithTls',
  'agents that are restarted while the provider goes':
    '--units 2 --relations 1 --crashes 0 --leader-changes 0 --outages 0 --endings 1 --restarts 1 --lags 2',
  'agents that are restarted while a unit goes':
    '--units 2 --relations 1 --crashes 0 --leader-changes 1 --outages 0 --removals 1 --restarts 1 --lags 1',
};

/** A step that fails ends the whole, since what follows would say less. */
const steps: readonly (readonly [name: string, ...args: string[]])[] = [
  ['format, lint, arrows, purity, types, unused code', 'run', 'check'],
  ['build', 'run', 'build'],
  ['package: publint, attw', 'run', 'package'],
  ...Object.entries(searches).map(
    ([name, bounds]) =>
      [
        `every interleaving: ${name}`,
        ...['run', '-s', 'hookchart', '--', 'verify'],
        ...bounds.split(' ').filter((word) => word !== ''),
        ...['--record', `${kept(name)}.html`, '--save', `${kept(name)}.json`],
      ] as const,
  ),
  ...Object.entries({
    '': [],
    ', in slices': ['--charm', '#simulatedInSlices'],
    ', with certificates': ['--charm', '#simulatedWithTls'],
  }).map(
    ([which, charm]) =>
      [
        `random histories${which}`,
        ...['run', '-s', 'hookchart', '--', 'soak', '--hooks', '25000', ...charm],
        ...['--record', `${kept(`random histories${which}`)}.html`],
      ] as const,
  ),
  ['planted faults', 'run', '-s', 'faults'],
  ['docs: reference, recorded demo, site, links', 'run', 'docs'],
  [
    'the charm, run by Node',
    ...['run', 'test:node', '--'],
    ...['pgbouncer/charm/story', 'pgbouncer/charm/leftovers', 'packaging/any-charm'].map(
      (name) => `test/${name}.test.ts`,
    ),
  ],
  ['tests', 'test', '--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
];

/** Whose completion is tried where they are; their tests say by name that they are not. */
for (const shell of ['zsh', 'fish'])
  try {
    findProgram(shell, `The shell ${shell}`);
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : error}\n`);
  }

let [passed, failed] = [0, 0];
rmSync(report, { force: true });
rmSync(failures, { recursive: true, force: true });
for (const [name, ...args] of steps) {
  process.stdout.write(`\n— ${name}\n`);
  // What builds may have taken it away.
  mkdirSync(failures, { recursive: true });
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (name === 'tests') {
    const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
    passed += counts?.numPassedTests ?? 0;
    failed += Math.max(counts?.numFailedTests ?? 1, status === 0 ? 0 : 1);
  } else if (status === 0) passed += 1;
  else {
    failed += 1;
    break;
  }
}
for (const name of readdirSync(failures))
  process.stdout.write(`what was found is kept in ${join(failures, name)}\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
