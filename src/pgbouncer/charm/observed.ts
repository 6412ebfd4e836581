import type * as E from 'fp-ts/lib/Either.js';
import type { Observer } from '../../inspector/recorder.ts';
import type { Variables } from '../../juju/hook-tools/index.ts';
import type { JujuEvent } from '../../juju/port.ts';
import type { HookError } from '../errors.ts';
import type { Adapters } from '../ports.ts';
import type { DispatchRun } from '../run.ts';

type Outcome = Promise<E.Either<HookError, DispatchRun>>;

/**
 * Runs a hook so that an inspector sees it, where the environment names one: `HOOKCHART_INSPECT` is
 * its `ws:` or `wss:` URL. Nobody there is no error, and nothing of it is loaded where none is named.
 */
export async function observed(
  { HOOKCHART_INSPECT: url }: Variables,
  unit: string,
  event: JujuEvent,
  adapters: Adapters,
  tell: (line: string) => void,
  run: (observer: Partial<Observer<Adapters>> & Pick<Observer<Adapters>, 'adapters'>) => Outcome,
): Outcome {
  if (url === undefined || url === '') return run({ adapters });
  const { visible } = await import('../commands/shown.ts');
  const { Recorder } = await import('../../inspector/recorder.ts');
  const { socketFeed } = await import('../../inspector/socket.ts');
  const feed = socketFeed(url, tell);
  try {
    // Every hook is a process of its own, and pods number theirs alike: no two are called the same.
    const prefix = `${unit.replace('/', '-')}-${Date.now().toString(36)}-${process.pid}-`;
    return await new Recorder(feed.send, { title: 'hookchart', prefix, charm: visible }).hook(
      unit,
      event,
      adapters,
      run,
    );
  } finally {
    await feed.close();
  }
}
