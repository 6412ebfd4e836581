import type * as E from 'fp-ts/lib/Either.js';
import type { Observer } from '../../inspector/recorder.ts';
import type { JujuEvent } from '../../juju/port.ts';
import type { HookError } from '../errors.ts';
import type { PgbouncerOptions } from '../pooler/index.ts';
import type { Adapters } from '../ports.ts';
import type { DispatchRun } from '../run.ts';
import type { Facts } from './facts.ts';

type Outcome = Promise<E.Either<HookError, DispatchRun>>;

/**
 * Runs a hook so that an inspector sees it, where the environment names one: `HOOKCHART_INSPECT` is
 * its `ws:` or `wss:` URL. Nobody there is no error, and nothing of it is loaded where none is named.
 */
export async function observed(
  { variables, model, tell }: Pick<Facts, 'variables' | 'model' | 'tell'>,
  event: JujuEvent,
  /** The hook's adapters, by who is told of PgBouncer's file. */
  adaptersFor: (watch: PgbouncerOptions['watch']) => Adapters,
  run: (observer: Pick<Observer<Adapters>, 'adapters'> & Partial<Observer<Adapters>>) => Outcome,
): Outcome {
  const { HOOKCHART_INSPECT: url } = variables;
  if (url === undefined || url === '') return run({ adapters: adaptersFor(undefined) });
  const { visible } = await import('../commands/shown.ts');
  const { Recorder } = await import('../../inspector/recorder.ts');
  const { socketFeed } = await import('../../inspector/socket.ts');
  const { unit } = model;
  const feed = socketFeed(url, tell);
  try {
    // Every hook is a process of its own, and pods number theirs alike: no two are called the same.
    const prefix = `${unit.replace('/', '-')}-${Date.now().toString(36)}-${process.pid}-`;
    const recorder = new Recorder(feed.send, { title: 'hookchart', prefix, charm: visible });
    return await recorder.hook(unit, event, adaptersFor, run);
  } finally {
    await feed.close();
  }
}
