import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { simulated } from '../pgbouncer/testing/index.ts';
import {
  type Bounds,
  type Counts,
  charmOfReplay,
  defaultBounds,
  type JujuBounds,
  loadCharm,
  parseReplay,
  type Replay,
  replay,
  type SimulatedCharm,
  type Verified,
  verify,
} from '../testing/index.ts';
import { json, out } from './output.ts';
import { charmOption, simulatedModule } from './simulated-module.ts';
import { wholeNumber } from './whole-number.ts';
import { WrongUse } from './wrong-use.ts';

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
    .option('--json', 'print one JSON document');
  const defaults = defaultBounds(simulated);
  for (const [flag, key, what] of boundOptions(simulated))
    verification.option(`--${flag} <n>`, what, wholeNumber, defaults[key]);
  verification.option('--bound <name=n...>', "bounds that are another charm's own", ownBound);
  verification.action(async (options: VerifyOptions) => {
    const { charm, replay, save, bound, json: isJson } = options;
    const tell = isJson ? () => {} : out;
    if (replay !== undefined) {
      const replayed = await replayFile(replay, charm, tell);
      if (isJson) json(replayed);
      if (replayed.violations.length > 0) process.exitCode = 1;
      return;
    }
    // What was not asked for is as the charm has it.
    const asked = boundOptions(simulated)
      .filter(([, key]) => verification.getOptionValueSource(key) !== 'default')
      .map(([, key]) => [key, verification.getOptionValue(key)] as const);
    const bounds = { ...Object.fromEntries(asked), ...bound };
    const verified = await verifyBounds(charm, bounds, save, tell);
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

/** Explores; a counter-example is told as a story and written to a file. */
async function verifyBounds(
  named: string | undefined,
  chosen: Readonly<Record<string, number>>,
  save: string,
  out: (text: string) => void,
): Promise<Verified & { readonly seconds: number; readonly file: string | null }> {
  const module = simulatedModule(named);
  const charm = await loadCharm(module);
  const bounds = { ...defaultBounds(charm), ...chosen };
  const started = performance.now();
  const latest = new Map<number, Counts>();
  let told = 0;
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  const verified = await verify(module, bounds, {
    threads: availableParallelism() + 1,
    watch: (counts) => {
      latest.set(counts.served, counts);
      if (performance.now() - told < 2000) return;
      told = performance.now();
      out(`${seconds()} s: ${summary([...latest.values()])}\n`);
    },
  });
  const { counterexample, searches } = verified;
  out(`${boundsText(charm, bounds)}\n${seconds()} s: ${summary(searches)}\n`);
  if (counterexample === null) {
    const names = charm.invariants.map(({ name }) => name);
    out(
      `No violation: every state within the bounds holds ${spanOf(names)}, and every fair end is clean.\n`,
    );
    return { ...verified, seconds: seconds(), file: null };
  }
  out(`\n${counterexample.story.join('\n')}\n\n`);
  for (const { invariant, what } of counterexample.violations)
    out(`${invariant} is violated: ${what}\n`);
  const found = named === undefined ? {} : { charm: named };
  const file = saved(save, { ...found, ...counterexample.replay }) ? save : null;
  out(
    file === null
      ? `${save} cannot be written; choose another --save, or take the replay from --json\n`
      : `Run it again: hookchart verify --replay ${file}\nLook at it:   hookchart inspect ${file}\n`,
  );
  return { ...verified, seconds: seconds(), file };
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
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new WrongUse(`${path} cannot be read`);
  }
  const charm = await loadCharm(simulatedModule(named ?? charmOfReplay(text)));
  const { story, violations } = await replay(charm, parseReplay(charm, text));
  out(`${story.join('\n')}\n\n`);
  out(violations.length === 0 ? 'Nothing is violated.\n' : `${violations.length} violations.\n`);
  return { story, violations };
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
    .map(([flag, key]) => `${bounds[key]} ${flag}`)
    .join(', ');

function summary(searches: readonly Counts[]): string {
  const sum = (key: keyof Counts) =>
    searches.reduce((total, counts) => total + counts[key], 0).toLocaleString('en');
  return `${sum('states')} states (${sum('namedStates')} with units told apart), ${sum('transitions')} transitions, ${sum('hooks')} different hooks run, ${sum('restStates')} ends`;
}
