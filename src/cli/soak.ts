import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { recordReplay } from '../inspector/index.ts';
import { type SimulatedCharm, type Soaked, shortStory, soak } from '../testing/index.ts';
import { bad, good } from './colour.ts';
import { counted } from './counted.ts';
import { checkRecord, recordFailure, recordOption } from './failure-recording.ts';
import { type ForeignSoakArguments, namesOfSeveral, severalIn } from './foreign-options.ts';
import { onInterruption } from './interruption.ts';
import { json, out } from './output.ts';
import { progressOn } from './progress.ts';
import { simulatedIn } from './simulated-module.ts';
import { replayStory, soakFolder } from './soak-foreign.ts';
import { unheardText } from './unheard.ts';
import { atLeastOne, wholeNumber } from './whole-number.ts';
import { WrongUse } from './wrong-use.ts';

interface SoakOptions extends Omit<ForeignSoakArguments, 'charm'> {
  readonly charm?: string;
  readonly replay?: string;
}

type GivenOptions = Pick<SoakOptions, 'seed' | 'record'> & Partial<SoakOptions>;

export function addSoak(program: Command): void {
  program
    .command('soak')
    .description('random histories on a simulated Juju, until enough hooks have run')
    .option(
      '--charm <module>',
      "another charm than PgBouncer's: a module that exports `simulated` (or #NAME), or the folder of a charm in any language",
    )
    .option(
      '--hooks <n>',
      'hooks of the charm to run; 1,000,000 by default, and 2,000 of a charm in a folder',
      atLeastOne,
    )
    .option(
      '--seed <n>',
      'the seed of the first history; the next one has the next number',
      wholeNumber,
      1,
    )
    .option(...recordOption)
    .option('--json', 'print one JSON document')
    .optionsGroup('Of a charm in a folder:')
    .option(
      '--relate <endpoint=file>',
      'who is on the other side of an endpoint: a module that plays it, or a charm and its endpoint, as FOLDER:ENDPOINT',
      many,
    )
    .option('--ask <endpoint:key=value>', 'what applications write there to ask', many)
    .option('--set <option=value>', 'a value that operators may set an option to', many)
    .option('--action <name:key=value>', 'an action that operators run now and then', many)
    .option('--notice <container:key>', 'what a workload tells Pebble now and then', many)
    .option('--oracle <file>', 'oracles of your own, in a .mjs or a .py', many)
    .option('--without <endpoint>', 'an endpoint to which nobody is related', many)
    .option('--image <container=folder>', 'what the image of a container brings', many)
    .option('--resource <name=file>', 'the file of a resource of the charm', many)
    .option('--answered-by <key>', 'a key that answers a request; by default all keys', many)
    .option('--python <program>', "the interpreter; by default that of the charm's own venv")
    .option('--plain', 'a process for every hook and every call, and no hook is remembered')
    .option('--save <file>', 'write the story of what was found')
    .option('--replay <file>', 'run a story that was written, and nothing else')
    .action(async (given: GivenOptions) => {
      checkRecord(given.record);
      const { charm: folder } = given;
      const isInFolder = folder !== undefined && isDirectory(folder);
      const options = { hooks: isInFolder ? 2_000 : 1_000_000, ...given, ...severalIn(given) };
      const failure =
        options.replay !== undefined
          ? await replayStory(options.replay, asInStory(given))
          : isInFolder
            ? await soakFolder({ ...options, charm: folder })
            : await soakHooks(ofModule(options));
      if (failure !== null) process.exitCode = 1;
    });
}

const many = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const isDirectory = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** A story has all that it was found with; only how it is run and shown may be another. */
function asInStory(given: GivenOptions): GivenOptions {
  const others = (['hooks', 'save'] as const).filter((name) => given[name] !== undefined);
  const [wrong] = [...namesOfSeveral(given), ...others].map((name) =>
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  );
  if (wrong !== undefined)
    throw new WrongUse(
      `--${wrong} does not go with --replay: a story runs as it was found; soak without --replay to try something else`,
    );
  return given;
}

/** What is for a charm in a folder is wrong use elsewhere. */
function ofModule(options: SoakOptions): SoakOptions {
  const { python, plain, save } = options;
  const isForFolder = namesOfSeveral(options).length > 0;
  if (isForFolder || [python, plain, save].some((given) => given !== undefined))
    throw new WrongUse(
      'these options are for a charm in a folder: --charm is to name one with a metadata.yaml or charmcraft.yaml',
    );
  return options;
}

type Failure = NonNullable<Soaked['failure']>;

/** Random histories; the one that violates something is told, with the seed that has it again. */
async function soakHooks(options: SoakOptions): Promise<Failure | null> {
  const { charm: named, hooks, seed, record, json: isJson } = options;
  const say = isJson ? () => {} : out;
  const charm = await simulatedIn(named);
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  const progress = progressOn();
  const againOf = (own: number) =>
    `It is the history of seed ${own}: hookchart soak --seed ${own} --hooks 1${ofCharm(named)}`;
  let soaked: Soaked = { histories: 0, hooks: 0, steps: 0, failure: null };
  const summary = () =>
    `${seconds()} s: ${counted(soaked.histories, 'histories')}, ${counted(soaked.steps, 'steps')}, ${counted(soaked.hooks, 'hooks')} of the provider\n`;
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
      progress.tell(
        now.hooks / hooks,
        `${counted(now.histories, 'histories')}, ${counted(now.hooks, 'hooks')}`,
      );
    });
  } catch (error) {
    throw withHistory(error, againOf(seed + soaked.histories));
  } finally {
    stop();
    progress.end();
  }
  say(summary());
  const { failure, ...counts } = soaked;
  if (failure === null) {
    say(`${unheardText(charm)}${good('No violation.')}\n`);
    const { unheard = [] } = charm;
    if (isJson) json({ ...counts, unheard, seconds: seconds(), failure });
    return null;
  }
  const { shortest } = failure;
  const { file, told } = await recordFailure(record, () => recorded(charm, failure));
  say(`${bad(shortest.message)}\n\n${againOf(failure.seed)}\n${told}`);
  const { violations } = shortest;
  const isEndless = violations.some(({ invariant }) => invariant === charm.comesToRest.name);
  const story = shortStory(shortest.story, isEndless);
  const shown = { seed: failure.seed, violations, story, recording: file };
  if (isJson) json({ ...counts, seconds: seconds(), failure: shown });
  return failure;
}

/** What the author's own code threw, with the history in which it did; wrong use has none. */
const withHistory = (error: unknown, history: string): unknown =>
  error instanceof Error && error.constructor === Error
    ? new Error(`${error.message}\n${history}`, { cause: error })
    : error;

/** The shortest story of a failure, run once more to be recorded. */
const recorded = (charm: SimulatedCharm, { seed, shortest: { history, chosen } }: Failure) =>
  recordReplay(charm, { topology: charm.soaked(seed), actions: history, chosen });

const goOn = (seed: number, { charm, hooks }: SoakOptions): string =>
  `Go on from seed ${seed}: hookchart soak --seed ${seed} --hooks ${hooks}${ofCharm(charm)}`;

const ofCharm = (named: string | undefined): string =>
  named === undefined ? '' : ` --charm ${named}`;
