import * as E from 'fp-ts/lib/Either.js';
import { hooks } from '../../machines/index.ts';
import {
  Collector,
  type HookEntry,
  type InspectionEvent,
  Recorder,
} from '../../src/inspector/index.ts';
import { visible } from '../../src/pgbouncer/commands/shown.ts';
import { interpret } from '../interpret.ts';
import { MemoryWorld } from '../memory-world.ts';

/** A feed with all that it told, as messages and as a recording. */
export function listening(title = 'a test') {
  const messages: InspectionEvent[] = [];
  const collector = new Collector();
  let now = 0;
  const recorder = new Recorder(
    (message) => {
      messages.push(structuredClone(message));
      collector.take(message);
    },
    { title, now: () => ++now, charm: visible },
  );
  return { messages, recorder, collector };
}

export const relation = 4;
export const hooksIn = ({ recording }: Collector): readonly HookEntry[] =>
  recording.entries.filter((entry) => entry._tag === 'Hook');

/** The leader's run for a request that it serves, and what was told of it. */
export async function requested() {
  const world = new MemoryWorld();
  world.juju.request(relation, { database: 'app' });
  const heard = listening();
  const run = await heard.recorder.hook(
    'p/1',
    { hook: 'database-relation-changed', relation },
    world.adapters('p/1'),
    ({ adapters, watch }) =>
      interpret(adapters, { watch })(hooks['database-requested'])({ relation })(),
  );
  if (E.isLeft(run)) throw new Error(run.left._tag);
  return { world, run: run.right, ...heard };
}
