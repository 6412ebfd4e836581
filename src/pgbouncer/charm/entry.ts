/**
 * What the charm's `dispatch` runs. Most of Juju's hooks are nothing to a unit: unless something
 * waits in its queue they are over before anything is loaded but this.
 */
import { spawnSync } from 'node:child_process';
import { deferralKey } from '../../juju/deferral-key.ts';
import { printable } from '../../juju/printable.ts';
import { failureOf } from './failure.ts';
import { isIdle } from './idle.ts';

const hook = /^hooks\/([^/]+)$/.exec(process.env.JUJU_DISPATCH_PATH ?? '')?.[1];

/** True where nobody handles the hook and the queue of deferred ones is empty. */
function isNothing(): boolean {
  if (hook === undefined || !isIdle(hook, process.env.JUJU_SECRET_LABEL)) return false;
  const { status, stdout } = spawnSync('state-get', ['--format=json', deferralKey], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    // The least of budgets is to be enough for asking once more.
    timeout: 5_000,
    killSignal: 'SIGKILL',
  });
  return status === 0 && stdout.trim() === '""';
}

function fail(cause: unknown): void {
  for (const line of failureOf(cause)) process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}

if (!isNothing()) {
  // pg asks where it runs; a Node without a navigator answers by loading all that fetch takes.
  if (!('navigator' in globalThis))
    Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js' } });
  // Whoever reads the log may go away before the hook is over.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const say = (stream: NodeJS.WriteStream, most: number) => (line: string) =>
    void stream.write(`${printable(line, most)}\n`);
  // A chart's way is told with its milliseconds, and there are long ones.
  const voices = { out: say(process.stdout, 4_000), error: say(process.stderr, 1_000) };
  // What nobody waits for fails the hook as well.
  process.on('uncaughtException', (cause) => {
    fail(cause);
    process.exit();
  });
  import('./dispatch.ts')
    .then(({ dispatchHook }) => dispatchHook(process.env, voices))
    .then((code) => {
      process.exitCode = code;
    })
    .catch(fail);
}
