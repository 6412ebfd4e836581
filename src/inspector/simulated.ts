import { given } from '../hook/given.ts';
import { eventOf, isHook, type Replay, replay, type SimulatedCharm } from '../testing/index.ts';
import { Collector } from './collect.ts';
import { Recorder } from './recorder.ts';
import type { Recording } from './recording.ts';

/** The same charm, telling a recorder what its hooks do. */
export const recordedCharm = <Given extends object, Shared, Own>(
  recorder: Recorder,
  charm: SimulatedCharm<Given, Shared, Own>,
): SimulatedCharm<Given, Shared, Own> => {
  given('recordedCharm', 'the recorder', recorder, { hook: 'function' });
  given('recordedCharm', 'the charm', charm, { run: 'function' });
  return {
    ...charm,
    run: (ports, tools) => {
      const { unit, hook } = tools.view;
      return recorder.hook(unit, eventOf(hook), ports, ({ adapters, watch }) =>
        charm.run(adapters, tools, watch),
      );
    },
  };
};

/**
 * A history that a verification has found, as a recording: what happens beside the hooks of the charm
 * under test and what is violated are notes. It is run again for that, by this charm or another.
 */
export async function recordReplay(charm: SimulatedCharm, history: Replay): Promise<Recording> {
  const collector = new Collector();
  // No clock runs in a model: what comes after another is a millisecond later.
  let now = 0;
  const recorder = new Recorder((message) => void collector.take(message), {
    title: 'A history of the simulated model',
    now: () => ++now,
  });
  await replay(recordedCharm(recorder, charm), history, {
    watch: (line, isViolation, action) => {
      const last = collector.recording.entries.at(-1);
      // A hook that was recorded speaks for itself, unless something befell it.
      const isRecorded =
        action !== null &&
        isHook(action) &&
        action.interruption === undefined &&
        last?._tag === 'Hook' &&
        last.unit === action.unit;
      if (!isRecorded)
        recorder.note(isViolation ? 'violation' : 'action', line.trim(), !isViolation);
    },
  });
  return collector.recording;
}
