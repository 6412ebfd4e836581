/**
 * What the charm's `dispatch` runs: a hook, or the unit's exporter where the environment says so. Most of Juju's hooks are nothing to a unit: unless something
 * waits in its queue they are over before anything is loaded but this.
 */
import { spawnSync } from 'node:child_process';
import { deferralKey } from '../../juju/deferral-key.ts';
import { hookProcess } from '../../process/hook-process.ts';
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

const { HOOKCHART_METRICS: metrics } = process.env;

if (metrics !== undefined) void import('./exporter.ts').then(({ exporter }) => exporter(metrics));
else if (!isNothing()) {
  // pg asks where it runs; a Node without a navigator answers by loading all that fetch takes.
  if (!('navigator' in globalThis))
    Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js' } });
  hookProcess(async (output) => {
    const { dispatchHook } = await import('./dispatch.ts');
    return dispatchHook(process.env, output);
  });
}
