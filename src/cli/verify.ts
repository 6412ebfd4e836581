import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { recordReplay } from '../inspector/index.ts';
import { simulated } from '../pgbouncer/testing/index.ts';
import {
  type Bounds,
  type Counts,
  charmOfReplay,
  defaultBounds,
  type JujuBounds,
  Misuse,
  parseReplay,
  type Replay,
  replay,
  type SimulatedCharm,
  type Verified,
  verify,
} from '../testing/index.ts';
import { good } from './colour.ts';
import { counted } from './counted.ts';
import { checkRecord, recordFailure, recordOption } from './failure-recording.ts';
import { aboutFile, checkEnding, checkWritable, textOf } from './files.ts';
import { onInterruption } from './interruption.ts';
import { json, out } from './output.ts';
import { progressOn } from './progress.ts';
import { Searching } from './searching.ts';
import {
  CharmIsGone,
  charmOption,
  simulatedFor,
  simulatedIn,
  simulatedModule,
} from './simulated-module.ts';
import { toldFailure } from './told-failure.ts';
import { unheardText } from './unheard.ts';
import { wholeNumber } from './whole-number.ts';
import { unknownWord, WrongUse } from './wrong-use.ts';

type BoundOption = readonly [flag: string, key: string, what: string];

/** The bounds that there are for any charm, as options of the command line. */
const jujuOptions: readonly (readonly [flag: string, key: keyof JujuBounds, what: string])[] = [
  ['units', 'units', 'units of the provider'],
  ['relations', 'relations', 'applications that may be related'],
  ['operations', 'operations', 'times that an operator relates, removes, suspends or resumes'],
  ['crashes', 'crashes', 'processes that are killed, at any step'],
  ['leader-changes', 'leaderChanges', 'leases that run out, between hooks or within one'],
  ['lags', 'lags', 'times that a unit falls behind the others'],
  ['removals', 'removals', 'units of the provider that are removed'],
  ['lost-pods', 'lostPods', 'pods that are lost'],
  ['restarts', 'restarts', 'agents that are restarted'],
  [
    'lost-commits',
    'lostCommits',
    'commits that Juju loses, while it keeps the secrets of the hook',
  ],
  ['suspensions', 'suspensions', 'operations that may suspend a relation'],
  ['endings', 'endings', 'times that the provider itself is removed'],
  ['secrets', 'secrets', '1 where Juju has secrets'],
];

/** All bounds of a charm: name of the option, key, what it is. */
const boundOptions = ({ bounds }: SimulatedCharm): readonly BoundOption[] => [
  ...jujuOptions,
  ...Object.entries(bounds).map(
    ([key, { told }]) =>
      [key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), key, told] as const,
  ),
];

interface VerifyOptions {
  readonly charm?: string;
  readonly replay?: string;
  readonly save: string;
  readonly record: string;
  readonly bound?: Readonly<Record<string, number>>;
  readonly json?: true;
}

export function addVerify(program: Command): void {
  const verification = program
    .command('verify')
    .description(
      'try every interleaving within bounds on a simulated Juju, and check the invariants',
    )
    .option(...charmOption)
    .option('--replay <file>', 'run a history again that a failed verification has written')
    .option('--save <file>', 'where to write a history that fails', 'hookchart-replay.json')
    .option(...recordOption)
    .option('--json', 'print one JSON document');
  const defaults = defaultBounds(simulated);
  for (const [flag, key, what] of boundOptions(simulated))
    verification.option(`--${flag} <n>`, what, wholeNumber, defaults[key]);
  verification.option('--bound <name=n...>', "bounds that are another charm's own", ownBound);
  verification.action(async (options: VerifyOptions) => {
    const { replay, charm, bound, json: isJson } = options;
    const tell = isJson ? () => {} : out;
    if (replay !== undefined) {
      const replayed = await replayFile(replay, charm, tell);
      if (isJson) json(replayed);
      if (replayed.violations.length > 0) process.exitCode = 1;
      return;
    }
    checkSaved(options);
    // What was not asked for is as the charm has it.
    const asked = boundOptions(simulated)
      .filter(([, key]) => verification.getOptionValueSource(key) !== 'default')
      .map(([, key]) => [key, verification.getOptionValue(key)] as const);
    const bounds = { ...Object.fromEntries(asked), ...bound };
    const verified = await verifyBounds(options, bounds, tell);
    if (isJson) json(verified);
    if (verified.counterexample !== null) process.exitCode = 1;
  });
}

/** One `NAME=N` after the others. */
function ownBound(
  text: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const [, name, number] = /^([^=]+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined || number === undefined)
    throw new InvalidArgumentError('It is to be a name and a whole number, such as outages=1.');
  return { ...before, [name]: Number(number) };
}

/** Wrong use where what is found could not be kept. */
function checkSaved({ save, record }: VerifyOptions): void {
  checkEnding(save, ['.json']);
  checkWritable(save);
  checkRecord(record);
}

/** Bounds that the charm has, by key or as an option; wrong use names the one that may have been meant. */
function boundsOf(charm: SimulatedCharm, asked: Readonly<Record<string, number>>): Bounds {
  const defaults = defaultBounds(charm);
  const known = Object.keys(defaults);
  const keys = new Map(boundOptions(charm).map(([flag, key]) => [flag, key]));
  const chosen = Object.entries(asked).map(([name, n]) => [keys.get(name) ?? name, n] as const);
  const [unknown] = chosen.find(([name]) => !known.includes(name)) ?? [];
  if (unknown === undefined) return { ...defaults, ...Object.fromEntries(chosen) };
  throw unknownWord(`${charm.application} has no bound ${unknown}`, unknown, known);
}

interface Found extends Verified {
  readonly seconds: number;
  /** The history that was found, and the recording of it; null where there is none. */
  readonly file: string | null;
  readonly recording: string | null;
  /** Endpoints of which nothing was looked at. */
  readonly unheard?: readonly string[];
}

/** Explores; a counter-example is told as a story, written to a file, and recorded. */
async function verifyBounds(
  { charm: named, save, record, json: isJson }: VerifyOptions,
  chosen: Readonly<Record<string, number>>,
  out: (text: string) => void,
): Promise<Found> {
  const module = simulatedModule(named);
  const charm = await simulatedIn(named);
  const bounds = boundsOf(charm, chosen);
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  const progress = progressOn();
  const searching = new Searching(bounds.relations + 1);
  const stop = onInterruption(() => {
    progress.end();
    const searches = searching.latest;
    out(`${boundsText(charm, bounds)}\n${seconds()} s: ${summary(searches)}\n`);
    out('Interrupted: nothing was violated until then, and nothing is proved.\n');
    if (isJson)
      json({ bounds, searches, counterexample: null, seconds: seconds(), interrupted: true });
  });
  let verified: Verified;
  try {
    verified = await verify(module, bounds, {
      threads: availableParallelism() + 1,
      watch: (counts) => {
        searching.take(counts);
        progress.tell(searching.share, summary(searching.latest), searching.atMost);
      },
    });
  } finally {
    stop();
    progress.end();
  }
  const { counterexample, searches } = verified;
  out(`${boundsText(charm, bounds)}\n${seconds()} s: ${summary(searches)}\n`);
  if (counterexample === null) {
    const names = charm.invariants.map(({ name }) => name);
    out(
      `${unheardText(charm)}${good('No violation')}: every state within the bounds holds ${spanOf(names)}, and every fair end is clean.\n`,
    );
    const { unheard = [] } = charm;
    return { ...verified, unheard, seconds: seconds(), file: null, recording: null };
  }
  out(`\n${toldFailure(counterexample, charm, counterexample.replay.served)}\n`);
  const found = named === undefined ? {} : { charm: named };
  const file = saved(save, { ...found, ...counterexample.replay }) ? save : null;
  out(
    file === null
      ? `${save} cannot be written; choose another --save, or take the replay from --json\n`
      : `Run it again: hookchart verify --replay ${file}\n`,
  );
  const kept = await recordFailure(record, () => recordReplay(charm, counterexample.replay));
  out(kept.told);
  return { ...verified, seconds: seconds(), file, recording: kept.file };
}

/** What was found must not be lost for want of a place to write it. */
function saved(path: string, replay: Replay): boolean {
  try {
    writeFileSync(path, `${JSON.stringify(replay, null, 1)}\n`);
    return true;
  } catch {
    return false;
  }
}

/** Runs a history again that was written to a file. */
async function replayFile(path: string, named: string | undefined, out: (text: string) => void) {
  const text = textOf(path);
  const { charm, served, story, violations } = await replayed(path, text, named);
  if (violations.length > 0) out(toldFailure({ story, violations }, charm, served));
  else out(`${story.join('\n')}\n\n${good('Nothing is violated.')}\n`);
  return { story, violations };
}

/** What is wrong with the history is said of its file. */
async function replayed(path: string, text: string, named: string | undefined) {
  try {
    const charm =
      named === undefined
        ? await simulatedFor(path, charmOfReplay(text))
        : await simulatedIn(named);
    const history = parseReplay(charm, text);
    return { charm, served: history.served, ...(await replay(charm, history)) };
  } catch (cause) {
    if (cause instanceof CharmIsGone || !(cause instanceof Misuse || cause instanceof WrongUse))
      throw cause;
    const writes = 'hookchart verify --save FILE';
    throw aboutFile(path, cause, { text, command: 'hookchart verify --replay', writes });
  }
}

/** Names that are numbered are told by the first and the last. */
function spanOf(names: readonly string[]): string {
  const [first = ''] = names;
  const stem = first.replace(/1$/, '');
  const isNumbered = names.every((name, at) => name === `${stem}${at + 1}`);
  return isNumbered && names.length > 1 ? `${first} to ${names.at(-1)}` : names.join(', ');
}

const boundsText = (charm: SimulatedCharm, bounds: Bounds): string =>
  boundOptions(charm)
    .filter(([, key]) => (bounds[key] ?? 0) > 0)
    .map(([flag, key]) => counted(bounds[key] ?? 0, flag))
    .join(', ');

function summary(searches: readonly Counts[]): string {
  const sum = (key: keyof Counts) => searches.reduce((total, counts) => total + counts[key], 0);
  const shown = (key: keyof Counts) => sum(key).toLocaleString('en');
  const many = (key: keyof Counts, plural: string) => counted(sum(key), plural, shown(key));
  return [
    `${many('states', 'states')} (${shown('namedStates')} with units told apart)`,
    many('transitions', 'transitions'),
    `${many('hooks', 'different hooks')} run`,
    many('restStates', 'ends'),
  ].join(', ');
}
