/**
 * What the charm's `dispatch` runs. Most of Juju's hooks are nothing to a unit: unless something
 * waits in its queue they are over before anything is loaded but this.
 */
import { spawnSync } from 'node:child_process';
import { deferralKey } from '../domain/deferral-key.ts';
import { isIdle } from './idle.ts';

const hook = /^hooks\/([^/]+)$/.exec(process.env.JUJU_DISPATCH_PATH ?? '')?.[1];

/** True where nobody handles the hook and the queue of deferred ones is empty. */
function isNothing(): boolean {
  if (hook === undefined || !isIdle(hook)) return false;
  const { status, stdout } = spawnSync('state-get', ['--format=json', deferralKey], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 && stdout.trim() === '""';
}

if (!isNothing()) {
  // pg asks where it runs; a Node without a navigator answers by loading all that fetch takes.
  if (!('navigator' in globalThis))
    Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js' } });
  const say = (stream: NodeJS.WriteStream) => (line: string) => void stream.write(`${line}\n`);
  const voices = { out: say(process.stdout), error: say(process.stderr) };
  // What fails to load, or is a defect, fails the hook.
  import('./dispatch.ts')
    .then(({ dispatchHook }) => dispatchHook(process.env, voices))
    .then((code) => {
      process.exitCode = code;
    })
    .catch((defect: unknown) => {
      voices.error(defect instanceof Error ? (defect.stack ?? defect.message) : String(defect));
      process.exitCode = 1;
    });
}
