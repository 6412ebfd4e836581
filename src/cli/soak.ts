import type { Command } from 'commander';
import { recordReplay } from '../inspector/index.ts';
import { loadCharm, type SimulatedCharm, type Soaked, soak } from '../testing/index.ts';
import { bad, good } from './colour.ts';
import { checkRecord, recordFailure, recordOption } from './failure-recording.ts';
import { onInterruption } from './interruption.ts';
import { json, out } from './output.ts';
import { progressOn } from './progress.ts';
import { charmOption, simulatedModule } from './simulated-module.ts';
import { wholeNumber } from './whole-number.ts';

interface SoakOptions {
  readonly charm?: string;
  readonly hooks: number;
  readonly seed: number;
  readonly record: string;
  readonly json?: true;
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
    .option(...recordOption)
    .option('--json', 'print one JSON document')
    .action(async (options: SoakOptions) => {
      checkRecord(options.record);
      if ((await soakHooks(options)) !== null) process.exitCode = 1;
    });
}

type Failure = NonNullable<Soaked['failure']>;

/** Random histories; the one that violates something is told, with the seed that has it again. */
async function soakHooks(options: SoakOptions): Promise<Failure | null> {
  const { charm: named, hooks, seed, record, json: isJson } = options;
  const say = isJson ? () => {} : out;
  const charm = await loadCharm(simulatedModule(named));
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  const progress = progressOn();
  let soaked: Soaked = { histories: 0, hooks: 0, steps: 0, failure: null };
  const summary = () =>
    `${seconds()} s: ${soaked.histories} histories, ${soaked.steps} steps, ${soaked.hooks} hooks of the provider\n`;
  const stop = onInterruption(() => {
    progress.end();
    const { failure: _, ...counts } = soaked;
    const next = seed + soaked.histories;
    say(`${summary()}Interrupted before anything was violated.\n${goOn(next, options)}\n`);
    if (isJson) json({ ...counts, seconds: seconds(), failure: null, interrupted: { seed: next } });
  });
  try {
    soaked = await soak(charm, { hooks, seed }, (now) => {
      soaked = now;
      progress.tell(now.hooks / hooks, `${now.histories} histories, ${now.hooks} hooks`);
    });
  } finally {
    stop();
    progress.end();
  }
  say(summary());
  const { failure, ...counts } = soaked;
  if (failure === null) {
    say(`${good('No violation.')}\n`);
    if (isJson) json({ ...counts, seconds: seconds(), failure });
    return null;
  }
  const { shortest } = failure;
  const { file, told } = await recordFailure(record, () => recorded(charm, failure));
  const again = `hookchart soak --seed ${failure.seed} --hooks 1${ofCharm(named)}`;
  say(`${bad(shortest.message)}\n\nIt is the history of seed ${failure.seed}: ${again}\n${told}`);
  const { violations, story } = shortest;
  const shown = { seed: failure.seed, violations, story, recording: file };
  if (isJson) json({ ...counts, seconds: seconds(), failure: shown });
  return failure;
}

/** The shortest story of a failure, run once more to be recorded. */
const recorded = (charm: SimulatedCharm, { seed, shortest: { history, chosen } }: Failure) =>
  recordReplay(charm, { topology: charm.soaked(seed), actions: history, chosen });

const goOn = (seed: number, { charm, hooks }: SoakOptions): string =>
  `Go on from seed ${seed}: hookchart soak --seed ${seed} --hooks ${hooks}${ofCharm(charm)}`;

const ofCharm = (named: string | undefined): string =>
  named === undefined ? '' : ` --charm ${named}`;
