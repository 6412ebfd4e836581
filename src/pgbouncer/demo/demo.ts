import { Recorder, type Send } from '../../inspector/recorder.ts';
import { visible } from '../commands/shown.ts';
import type { Databag } from '../relation/request.ts';
import { Story } from './story.ts';
import { startBackend, World } from './world.ts';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

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

/**
 * Starts the servers, tells the story, stops the servers. What is told goes to `tell`, what the
 * hooks do to `send`; Ctrl-C, or a
 * polite request to end, stops it after the step that it is at, and the servers all the same.
 */
export async function demo(
  tell: (text: string) => void,
  send: Send = () => {},
): Promise<DemoOutcome> {
  const interruption = new AbortController();
  const interrupt = () =>
    interruption.abort(new Error('interrupted; what was started has been stopped'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const stops: (() => Promise<void>)[] = [];
  try {
    tell('Starting PostgreSQL, a streaming replica and three PgBouncers …\n');
    const backend = await startBackend();
    stops.push(backend.stop);
    const world = await World.before(backend.primary, backend.replica, { isCertified: true });
    stops.push(() => world.stop());
    const recorder = new Recorder(send, { title: 'hookchart demo', charm: visible });
    const story = new Story(world, tell, recorder, interruption.signal);
    stops.push(() => story.stop());
    return await story.tellAll();
  } finally {
    for (const stop of stops.reverse()) await stop();
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}
