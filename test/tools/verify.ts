/** All that CI runs, in CI's order; the last line counts what passed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

const report = 'dist/test-report.json';

const lagging = '--units 2 --crashes 1 --leader-changes 1 --outages 0 --lags 2'.split(' ');

/** A step that fails ends the whole, since what follows would say less. */
const steps: readonly (readonly [name: string, ...args: string[]])[] = [
  ['format, lint, arrows, purity, types', 'run', 'check'],
  ['build', 'run', 'build'],
  ['package: publint, attw', 'run', 'package'],
  ['unused code: knip', 'run', 'unused'],
  [
    'every interleaving: one relation, secrets',
    'run',
    '-s',
    'hookchart',
    '--',
    'verify',
    '--relations',
    '1',
    '--secrets',
    '1',
  ],
  ['every interleaving: units that lag', 'run', '-s', 'hookchart', '--', 'verify', ...lagging],
  ['random histories', 'run', '-s', 'soak', '--', '--hooks', '50000'],
  ['planted faults', 'run', '-s', 'teeth'],
  ['docs: reference, recorded demo, site, links', 'run', 'docs'],
  ['tests', 'test', '--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
];

let [passed, failed] = [0, 0];
rmSync(report, { force: true });
for (const [name, ...args] of steps) {
  process.stdout.write(`\n— ${name}\n`);
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
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
