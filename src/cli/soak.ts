import type { Command } from 'commander';
import { loadCharm, soak } from '../testing/index.ts';
import { json, out } from './output.ts';
import { charmOption, simulatedModule } from './simulated-module.ts';
import { wholeNumber } from './whole-number.ts';

interface SoakOptions {
  readonly charm?: string;
  readonly hooks: number;
  readonly seed: number;
}

export function addSoak(program: Command): void {
  program
    .command('soak')
    .description('random histories on a simulated Juju, until enough hooks have run')
    .option(...charmOption)
    .option('--hooks <n>', 'hooks of the provider to run', wholeNumber, 1_000_000)
    .option(
      '--seed <n>',
      'the seed of the first history; the next one has the next number',
      wholeNumber,
      1,
    )
    .option('--json', 'print one JSON document')
    .action(async ({ json: isJson, ...options }: SoakOptions & { readonly json?: true }) => {
      const soaked = await soakHooks(options, isJson ? () => {} : out);
      if (isJson) json(soaked);
      if (soaked.failure !== null) process.exitCode = 1;
    });
}

/** Random histories; the one that violates something is told, with the seed that has it again. */
async function soakHooks({ charm: named, ...wanted }: SoakOptions, out: (text: string) => void) {
  const charm = await loadCharm(simulatedModule(named));
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  let told = 0;
  const { failure, ...counts } = await soak(charm, wanted, ({ histories, hooks }) => {
    if (performance.now() - told < 5000) return;
    told = performance.now();
    out(`${seconds()} s: ${histories} histories, ${hooks} hooks\n`);
  });
  const summary = `${counts.histories} histories, ${counts.steps} steps, ${counts.hooks} hooks of the provider`;
  out(`${seconds()} s: ${summary}\n`);
  if (failure === null) {
    out('No violation.\n');
    return { ...counts, seconds: seconds(), failure };
  }
  const { seed, shortest } = failure;
  out(
    `${shortest.message}\n\nIt is the history of seed ${seed}: hookchart soak --seed ${seed} --hooks 1${named === undefined ? '' : ` --charm ${named}`}\n`,
  );
  return {
    ...counts,
    seconds: seconds(),
    failure: { seed, violations: shortest.violations, story: shortest.story },
  };
}
