import type { Databag } from '../engine/index.ts';
import { type Check, Story } from './story.ts';
import { startBackend, World } from './world.ts';

/** What came of the demo, as one document. */
export interface DemoOutcome {
  readonly ok: boolean;
  readonly units: readonly {
    readonly unit: string;
    readonly leader: boolean;
    readonly endpoint: string;
  }[];
  /** The relation databag as it was published, the password masked. */
  readonly databag: { readonly application: Databag; readonly 'pgbouncer-k8s': Databag };
  readonly checks: readonly Check[];
}

/** Ctrl-C, or a polite request to end. */
class Interrupted extends Error {}

/**
 * Starts the servers, tells the story, stops the servers. What is told goes to `tell`; an
 * interruption ends it early, and the servers all the same.
 */
export async function demo(tell: (text: string) => void): Promise<DemoOutcome> {
  let interrupt: () => void = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = () => reject(new Interrupted('interrupted; the servers are stopped'));
  });
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const stops: (() => Promise<void>)[] = [];
  const starting = start(tell, stops);
  const telling = starting.then((world) => {
    const story = new Story(world, tell);
    stops.push(() => story.stop());
    return story.tellAll();
  });
  try {
    return await Promise.race([telling, interrupted]);
  } finally {
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
    await starting.catch(() => {});
    telling.catch(() => {});
    for (const stop of stops.reverse()) await stop();
  }
}

async function start(tell: (text: string) => void, stops: (() => Promise<void>)[]): Promise<World> {
  tell('Starting PostgreSQL, a streaming replica and three PgBouncers …\n');
  const backend = await startBackend();
  stops.push(backend.stop);
  const world = await World.before(backend.primary, backend.replica);
  stops.push(() => world.stop());
  return world;
}
