import { existsSync, statSync, writeFileSync } from 'node:fs';
import {
  asksAndReads,
  charmAsOtherSide,
  type ForeignCharm,
  type ForeignFailure,
  linesOf,
  type OtherSide,
  openForeignCharm,
  otherSideIn,
  parseStory,
  replayForeign,
  type Story,
  StoryRecorder,
  soakForeign,
} from '../foreign/index.ts';
import type { Violation } from '../testing/index.ts';
import { bad, good } from './colour.ts';
import { recordFailure } from './failure-recording.ts';
import { aboutFile, checkWritable, textOf } from './files.ts';
import { onInterruption } from './interruption.ts';
import { json, out } from './output.ts';
import { progressOn } from './progress.ts';
import { WrongUse } from './wrong-use.ts';

/** What `soak` is told of a charm in a folder. */
export interface ForeignSoakArguments {
  readonly charm: string;
  readonly hooks: number;
  readonly seed: number;
  readonly relate: readonly string[];
  readonly ask: readonly string[];
  readonly set: readonly string[];
  readonly answeredBy: readonly string[];
  readonly python?: string;
  readonly plain?: true;
  /** Where the story of what was found is written. */
  readonly save?: string;
  /** Where it is recorded for the inspector. */
  readonly record: string;
  readonly json?: true;
}

/** Lives of the charm in a folder; the one that violates an oracle is told, and gives what it violates. */
export async function soakFolder({
  charm: folder,
  ...options
}: ForeignSoakArguments): Promise<readonly Violation[] | null> {
  const say = options.json ? () => {} : out;
  if (options.save !== undefined) checkWritable(options.save);
  const charm = await opened(folder, options);
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  const progress = progressOn();
  let [histories, run] = [0, 0];
  const stop = onInterruption(() => {
    progress.end();
    charm.close();
    const next = options.seed + histories;
    say(`${seconds()} s: ${histories} histories, ${run} hooks\n`);
    say(`Interrupted before a violation was told. Go on with --seed ${next}\n`);
    const counts = { histories, hooks: run, seconds: seconds() };
    if (options.json) json({ ...counts, failure: null, interrupted: { seed: next } });
  });
  try {
    const answeredBy = keysIn(options.answeredBy);
    const { hooks, seed } = options;
    const soaked = await soakForeign(charm, { hooks, seed, answeredBy }, (now) => {
      ({ histories, hooks: run } = now);
      progress.tell(run / hooks, `${histories} histories, ${run} hooks`);
    });
    progress.end();
    const { failure, silenced, ...counts } = soaked;
    const { run: processes, known } = charm.counts;
    const took = seconds();
    const perSecond = Math.round(processes / Math.max(took, 0.1));
    say(`${took} s: ${counts.histories} histories, ${counts.hooks} hooks\n`);
    say(
      `${processes} of them and of shorter stories were run, ${perSecond} a second; ${known} were known\n`,
    );
    if (counts.answers.length > 0) say(`AnswersHold held it to: ${counts.answers.join(', ')}\n`);
    else if (failure === null)
      say(
        'It answered nobody where nothing went wrong: AnswersHold held it to nothing (--ask says what is asked)\n',
      );
    for (const [name, why] of Object.entries(silenced)) say(`${name} is silent: ${why}\n`);
    const figures = { ...counts, silenced, seconds: took, run: processes, known, perSecond };
    if (failure === null) {
      say(`${good('No violation.')}\n`);
      if (options.json) json({ ...figures, failure });
      return null;
    }
    const story = storyOf(folder, options, failure);
    const recording = await told(charm, story, failure, { ...options, answeredBy }, say);
    const { violations, story: lines } = failure.shortest;
    const shown = { seed: failure.seed, violations, story: lines, recording };
    if (options.json) json({ ...figures, failure: shown });
    return violations;
  } finally {
    stop();
    progress.end();
    charm.close();
  }
}

/** Runs a story once more, as it was written to a file; gives what it still violates. */
export async function replayStory(
  file: string,
  given: Pick<ForeignSoakArguments, 'python' | 'plain' | 'record' | 'json'> & {
    readonly charm?: string;
  },
): Promise<readonly Violation[] | null> {
  const say = given.json ? () => {} : out;
  const story = storyIn(file);
  const { relate = [], ask = [], set = [], answeredBy = [] } = story.options;
  const charm = await opened(given.charm ?? story.charm, { ...given, relate, ask, set });
  try {
    const recorder = new StoryRecorder(charm);
    const violated = await replayForeign(
      charm,
      story,
      { answeredBy: keysIn(answeredBy) },
      (shown) => recorder.take(shown),
    );
    if (given.json)
      json({ failure: violated === null ? null : { violations: violated.violations } });
    if (violated === null) {
      say(`${good('No violation: nothing of what the story found is left.')}\n`);
      return null;
    }
    const { violations } = violated;
    const { told: where } = await recordFailure(given.record, async () =>
      recorder.recording(violations),
    );
    say(`${bad(claimsOf(violated))}\n${where}`);
    return violations;
  } finally {
    charm.close();
  }
}

function storyIn(file: string): Story {
  const text = textOf(file);
  try {
    return parseStory(text);
  } catch (cause) {
    throw aboutFile(file, cause);
  }
}

/** Says what was found, and writes it to the files that were asked for; gives that of the recording. */
async function told(
  charm: ForeignCharm,
  story: Story,
  { shortest }: ForeignFailure,
  options: Pick<ForeignSoakArguments, 'save' | 'record'> & {
    readonly answeredBy: readonly string[] | null;
  },
  say: (text: string) => void,
): Promise<string | null> {
  const { save, record, answeredBy } = options;
  say(`${bad(claimsOf(shortest))}\nafter\n`);
  for (const line of linesOf(charm.simulated, shortest)) say(`${line}\n`);
  if (save !== undefined) {
    writeFileSync(save, `${JSON.stringify(story, null, 1)}\n`);
    say(`\nRun it again: hookchart soak --replay ${save}\n`);
  }
  const { file, told: where } = await recordFailure(record, async () => {
    const recorder = new StoryRecorder(charm);
    await replayForeign(charm, story, { answeredBy }, (shown) => recorder.take(shown));
    return recorder.recording(shortest.violations);
  });
  say(where);
  return file;
}

/** What is violated and what that claims, without the story. */
const claimsOf = ({ message }: Error): string => message.split('\nafter\n')[0] ?? '';

const keysIn = (keys: readonly string[]): readonly string[] | null =>
  keys.length === 0 ? null : keys;

function storyOf(
  charm: string,
  { relate, ask, set, answeredBy }: Omit<ForeignSoakArguments, 'charm'>,
  { topology, config, firstRelation, shortest }: ForeignFailure,
): Story {
  const { violations, history: actions, chosen } = shortest;
  return {
    ...{ format: 'hookchart-soak', version: 1, charm, options: { relate, ask, set, answeredBy } },
    ...{ topology, config, firstRelation, violations, actions, chosen },
  };
}

const opened = async (
  folder: string,
  {
    relate,
    ask,
    set,
    python,
    plain,
  }: Pick<ForeignSoakArguments, 'relate' | 'ask' | 'set' | 'python' | 'plain'>,
): Promise<ForeignCharm> =>
  await openForeignCharm(folder, {
    others: await othersIn({ relate, ask }),
    configurations: set.map((text) => pairIn('--set', text)),
    ...(python === undefined ? {} : { python }),
    isPlain: plain === true,
  });

async function othersIn({
  relate,
  ask,
}: Pick<ForeignSoakArguments, 'relate' | 'ask'>): Promise<Readonly<Record<string, OtherSide>>> {
  const others: Record<string, OtherSide> = {};
  for (const text of relate) {
    const form = 'ENDPOINT=FILE.js or ENDPOINT=FOLDER:ENDPOINT';
    const [endpoint, what] = split('--relate', text, '=', form);
    others[endpoint] = isFile(what) ? await otherSideIn(what) : charmThere(text, what, form);
  }
  for (const text of ask) {
    const [endpoint = '', pairs = ''] = split('--ask', text, ':', 'ENDPOINT:KEY=VALUE');
    const request = Object.fromEntries(
      pairs.split(',').map((pair) => split('--ask', pair, '=', 'ENDPOINT:KEY=VALUE')),
    );
    const before = others[endpoint];
    if (before?.charm !== undefined)
      throw new WrongUse(`--ask ${text}: the charm that is related there asks by itself`);
    const isAsked = before !== undefined && relate.every((one) => !one.startsWith(`${endpoint}=`));
    others[endpoint] = {
      script: before?.script ?? asksAndReads,
      requests: [...(isAsked ? before.requests : []), request],
    };
  }
  return others;
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** The charm of `FOLDER:ENDPOINT` as the other side. */
function charmThere(text: string, what: string, form: string): OtherSide {
  const at = what.lastIndexOf(':');
  if (at < 1)
    throw new WrongUse(`--relate ${text}: there is no file ${what}: write --relate ${form}`);
  return charmAsOtherSide(what.slice(0, at), what.slice(at + 1));
}

function pairIn(option: string, text: string): Readonly<Record<string, unknown>> {
  const [key = '', value = ''] = split(option, text, '=', 'OPTION=VALUE');
  try {
    return { [key]: JSON.parse(value) };
  } catch {
    return { [key]: value };
  }
}

function split(option: string, text: string, by: string, form: string): readonly [string, string] {
  const at = text.indexOf(by);
  if (at < 1) throw new WrongUse(`${option} ${text}: write ${option} ${form}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
