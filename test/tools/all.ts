/** All that CI runs, what is independent side by side; the last line counts what passed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

interface Step {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
}

const hookchart = (...args: readonly string[]) =>
  [process.execPath, 'dist/src/cli/main.js', ...args] as const;
const tool = (name: string) => [process.execPath, `dist/test/tools/${name}.js`] as const;

const build: Step = { name: 'build', command: ['npm', 'run', 'build'] };

/** None builds anew what others run at the same time; what takes longest begins first. */
const beside: readonly Step[] = [
  {
    name: 'format, lint, arrows, purity, types, unused code',
    command: ['npm', 'run', 'check'],
  },
  { name: 'planted faults', command: tool('plant-faults') },
  ...Object.entries(searches).map(
    ([name, bounds]): Step => ({
      name: `every interleaving: ${name}`,
      command: hookchart(
        'verify',
        ...bounds.split(' ').filter((word) => word !== ''),
        ...['--record', `${kept(name)}.html`, '--save', `${kept(name)}.json`],
      ),
    }),
  ),
  { name: 'docs: reference, recorded demo, site, links', command: tool('docs') },
  ...Object.entries({
    '': [],
    ', in slices': ['--charm', '#simulatedInSlices'],
    ', with certificates': ['--charm', '#simulatedWithTls'],
  }).map(
    ([which, charm]): Step => ({
      name: `random histories${which}`,
      command: hookchart(
        ...['soak', '--hooks', '25000', ...charm],
        ...['--record', `${kept(`random histories${which}`)}.html`],
      ),
    }),
  ),
  // Its scripts would build once more.
  { name: 'package: publint, attw', command: ['npm', 'run', 'package', '--ignore-scripts'] },
];

/** By themselves: they measure time, and take both cores. */
const tests: Step = {
  name: 'tests',
  command: [
    'npm',
    ...['test', '--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ],
};

/** Whose completion is tried where they are; their tests say by name that they are not. */
for (const shell of ['zsh', 'fish'])
  try {
    findProgram(shell, `The shell ${shell}`);
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : error}\n`);
  }

// The tests look at the site that a step before them has built.
process.env.HOOKCHART_SITE = 'dist/docs';

let [passed, failed] = [0, 0];
rmSync(report, { force: true });
rmSync(failures, { recursive: true, force: true });
for (const steps of [[build], beside, [tests]]) {
  // What follows a step that failed would say less.
  if (failed > 0) break;
  mkdirSync(failures, { recursive: true });
  await together(steps);
}
for (const name of readdirSync(failures))
  process.stdout.write(`what was found is kept in ${join(failures, name)}\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** Two at a time, for most take one core and CI has two. */
async function together(steps: readonly Step[]): Promise<void> {
  const waiting = [...steps];
  const lane = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      await take(step, steps.length > 1);
      if (failed > 0) return;
    }
  };
  await Promise.all([lane(), lane()]);
}

/** What it prints is shown as it comes where it is alone, and else in one piece when it has ended. */
async function take({ name, command: [program, ...args] }: Step, isHeld: boolean): Promise<void> {
  if (!isHeld) process.stdout.write(`\n— ${name}\n`);
  const started = performance.now();
  const output = isHeld ? 'pipe' : 'inherit';
  const child = spawn(program, args, { stdio: ['ignore', output, output] });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (part: Buffer) => printed.push(part));
  const [status] = await once(child, 'close');
  const seconds = Math.round((performance.now() - started) / 1000);
  if (isHeld) process.stdout.write(`\n— ${name} (${seconds} s)\n${Buffer.concat(printed)}`);
  if (name === tests.name) {
    const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
    passed += counts?.numPassedTests ?? 0;
    failed += Math.max(counts?.numFailedTests ?? 1, status === 0 ? 0 : 1);
  } else if (status === 0) passed += 1;
  else failed += 1;
}
