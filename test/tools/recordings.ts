/** Compares recordings of real agents with the simulated Juju. */
import { readFileSync } from 'node:fs';
import { judge } from './recordings/judge.ts';
import { NotARecording, parseRecording } from './recordings/recording.ts';

const args = process.argv.slice(2);
const files = args.filter((arg) => !arg.startsWith('-'));
const wrong = args.find((arg) => arg.startsWith('-') && arg !== '--json');

function main(): number {
  if (files.length === 0 || wrong !== undefined) {
    const why = wrong === undefined ? '' : `there is no option ${wrong}\n`;
    process.stderr.write(`${why}npm run -s recordings -- [--json] FILE…\n`);
    return 2;
  }
  const all = [];
  for (const file of files) {
    try {
      // Runs of different files have nothing to do with each other, whatever they are called.
      const read = parseRecording(readFileSync(file, 'utf8'));
      all.push(...read.map((scenario) => ({ ...scenario, run: `${file}\0${scenario.run}` })));
    } catch (error) {
      if (!(error instanceof NotARecording || (error as NodeJS.ErrnoException).code !== undefined))
        throw error;
      process.stderr.write(`${file}: ${(error as Error).message}\n`);
      return 2;
    }
  }
  const verdict = judge(all);
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(verdict, null, 2)}\n`);
  else {
    for (const { scenario, why } of verdict.differs) process.stdout.write(`${scenario}: ${why}\n`);
    process.stdout.write(
      `${verdict.scenarios} scenarios, ${verdict.fit} fit, ${verdict.differs.length} differ\n`,
    );
  }
  return verdict.differs.length === 0 ? 0 : 1;
}

process.exitCode = main();
