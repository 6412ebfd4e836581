import { writeFileSync } from 'node:fs';
import {
  type ForeignCharm,
  type ForeignFailure,
  linesOf,
  type Oracle,
  parseStory,
  replayForeign,
  type Story,
  StoryRecorder,
  soakForeign,
  wholeStoryOf,
} from '../foreign/index.ts';
import type { Violation } from '../testing/index.ts';
import { bad, good } from './colour.ts';
import { counted } from './counted.ts';
import { recordFailure } from './failure-recording.ts';
import { aboutFile, checkWritable, textOf } from './files.ts';
import { type ForeignSoakArguments, opened, ownOracles, severalIn } from './foreign-options.ts';
import { foreignProgress } from './foreign-progress.ts';
import { onInterruption } from './interruption.ts';
import { json, out } from './output.ts';

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
  const progress = foreignProgress(charm, ['shortening']);
  let [histories, run] = [0, 0];
  const stop = onInterruption(() => {
    progress.end();
    charm.close();
    // Those of the history that was under way as well.
    const { counts } = charm;
    run = Math.max(run, counts.run + counts.known);
    const next = options.seed + histories;
    say(`${seconds()} s: ${sayDone(histories, run)}\n`);
    say(`Interrupted before a violation was told. Go on with --seed ${next}\n`);
    const figures = { histories, hooks: run, seconds: seconds() };
    if (options.json) json({ ...figures, failure: null, interrupted: { seed: next } });
  });
  try {
    const answeredBy = keysIn(options.answeredBy);
    const { hooks, seed } = options;
    const oracles = await ownOracles(options);
    const { onPhase } = progress;
    const soaked = await soakForeign(
      charm,
      { hooks, seed, answeredBy, oracles, onPhase },
      (now) => {
        ({ histories, hooks: run } = now);
        progress.tell(run / hooks, sayDone(histories, run));
      },
    );
    progress.end();
    const { failure, silenced, ...counts } = soaked;
    const { run: processes, known } = charm.counts;
    const took = seconds();
    const perSecond = Math.round(processes / Math.max(took, 0.1));
    say(`${took} s: ${sayDone(counts.histories, counts.hooks)}\n`);
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
    const saved = storyOf(folder, options, failure);
    const held = { answeredBy, oracles };
    const recording = await told(charm, saved, failure, { ...options, ...held }, say);
    const { violations } = failure.shortest;
    const story = wholeStoryOf(failure.shortest);
    const shown = { seed: failure.seed, violations, story, recording };
    if (options.json) json({ ...figures, failure: shown });
    return violations;
  } finally {
    stop();
    progress.end();
    charm.close();
  }
}

const sayDone = (histories: number, hooks: number): string =>
  `${counted(histories, 'histories')}, ${counted(hooks, 'hooks')}`;

/** Runs a story once more, as it was written to a file; gives what it still violates. */
export async function replayStory(
  file: string,
  given: Pick<ForeignSoakArguments, 'python' | 'plain' | 'record' | 'json'> & {
    readonly charm?: string;
  },
): Promise<readonly Violation[] | null> {
  const say = given.json ? () => {} : out;
  const story = storyIn(file);
  const several = severalIn(story.options);
  // As the story was found, unless something else is said now.
  const python = given.python ?? story.options.python?.[0];
  const how = {
    ...(python === undefined ? {} : { python }),
    ...(given.plain === true || story.options.plain !== undefined ? { plain: true as const } : {}),
  };
  const charm = await opened(given.charm ?? story.charm, { ...several, ...how });
  const progress = foreignProgress(charm, ['watching', 'living']);
  const stop = onInterruption(() => {
    progress.end();
    charm.close();
  });
  try {
    const oracles = await ownOracles({ ...several, ...how });
    const recorder = new StoryRecorder(charm, oracles);
    const violated = await replayForeign(
      charm,
      story,
      { answeredBy: keysIn(several.answeredBy), oracles, onPhase: progress.onPhase },
      (shown) => recorder.take(shown),
    );
    progress.end();
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
    stop();
    progress.end();
    charm.close();
  }
}

function storyIn(file: string): Story {
  const text = textOf(file);
  try {
    return parseStory(text);
  } catch (cause) {
    const writes = 'hookchart soak --save FILE';
    throw aboutFile(file, cause, { text, command: 'hookchart soak --replay', writes });
  }
}

/** Says what was found, and writes it to the files that were asked for; gives that of the recording. */
async function told(
  charm: ForeignCharm,
  story: Story,
  { shortest }: ForeignFailure,
  options: Pick<ForeignSoakArguments, 'save' | 'record'> & {
    readonly answeredBy: readonly string[] | null;
    readonly oracles: readonly Oracle[];
  },
  say: (text: string) => void,
): Promise<string | null> {
  const { save, record, answeredBy, oracles } = options;
  say(`${bad(claimsOf(shortest))}\nafter\n`);
  for (const line of linesOf(charm.simulated, shortest)) say(`${line}\n`);
  if (save !== undefined) {
    writeFileSync(save, `${JSON.stringify(story, null, 1)}\n`);
    say(`\nRun it again: hookchart soak --replay ${save}\n`);
  }
  const { file, told: where } = await recordFailure(record, async () => {
    const recorder = new StoryRecorder(charm, oracles);
    const held = { answeredBy, oracles };
    await replayForeign(charm, story, held, (shown) => recorder.take(shown));
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
  { python, plain, ...given }: Omit<ForeignSoakArguments, 'charm'>,
  { topology, config, firstRelation, shortest }: ForeignFailure,
): Story {
  const { violations, history: actions, chosen } = shortest;
  const options = {
    ...severalIn(given),
    ...(python === undefined ? {} : { python: [python] }),
    ...(plain === undefined ? {} : { plain: ['true'] }),
  };
  return {
    ...{ format: 'hookchart-soak', version: 1, charm, options },
    ...{ topology, config, firstRelation, violations, actions, chosen },
  };
}
