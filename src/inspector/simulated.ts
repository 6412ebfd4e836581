import { dispatch } from '../pgbouncer/engine.ts';
import { eventOf } from '../testing/hook-run.ts';
import type { Charm, Replay } from '../testing/index.ts';
import { replay } from '../testing/index.ts';
import { Collector } from './collect.ts';
import { Recorder } from './recorder.ts';
import type { Recording } from './recording.ts';

/** The charm of this project, as the simulated model runs it, telling a recorder what it does. */
export const recordedCharm =
  (recorder: Recorder): Charm =>
  (adapters, { view: { unit, hook } }) => {
    const event = eventOf(hook);
    return recorder.hook(unit, event, adapters, (onlooker) =>
      dispatch(onlooker.adapters, { watch: onlooker.watch })(event)(),
    );
  };

/**
 * A history that a verification has found, as a recording: what happens beside the provider's hooks
 * and what is violated are notes. It is run again for that, by this charm or another.
 */
export async function recordReplay(
  history: Replay,
  charmOf: (recorder: Recorder) => Charm = recordedCharm,
): Promise<Recording> {
  const collector = new Collector();
  // No clock runs in a model: what comes after another is a millisecond later.
  let now = 0;
  const recorder = new Recorder((message) => void collector.take(message), {
    title: 'A history of the simulated model',
    now: () => ++now,
  });
  await replay(history, {
    charm: charmOf(recorder),
    watch: (line, isViolation, action) => {
      const last = collector.recording.entries.at(-1);
      // A hook that was recorded speaks for itself, unless something befell it.
      const isRecorded =
        action?._tag === 'RunHook' &&
        action.interruption === undefined &&
        last?._tag === 'Hook' &&
        last.unit === action.unit;
      if (!isRecorded)
        recorder.note(isViolation ? 'violation' : 'action', line.trim(), !isViolation);
    },
  });
  return collector.recording;
}
