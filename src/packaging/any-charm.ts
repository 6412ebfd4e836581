import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { assertCharmModule, isOfTracing } from '../process/index.ts';
import { bundledExports } from './bundle.ts';
import { PackingFailed } from './packing-failed.ts';
import { type CharmSource, ownFile, packageOf } from './source.ts';

/**
 * The source of the charm that a module exports; `metadata.yaml` and its like are beside it, or in
 * the folder of its package. `HookMisuse` where the module exports no charm; `PackingFailed` where
 * it is not there, or cannot be bundled.
 */
export async function anyCharm(path: string): Promise<CharmSource> {
  const module = resolve(path);
  if (!existsSync(module))
    throw new PackingFailed(`there is no ${path}: name the module that exports the charm`);
  const loaded = await bundledExports(module);
  assertCharmModule(loaded, path);
  const { events, endpoints = {} } = loaded.charm;
  const { peers, requires, tracing } = endpoints;
  const own = packageOf(module)?.folder ?? null;
  // What Juju's adapter learns in a hook counts, whoever handles it.
  const teaches = (hook: string) =>
    /^(install|start|config-changed|upgrade-charm|secret-remove)$/.test(hook) ||
    hook.endsWith('-relation-broken') ||
    isOfTracing(hook, tracing) ||
    hook === `${peers}-relation-created` ||
    hook.startsWith(`${requires}-relation-`);
  return {
    folders: own === null ? [dirname(module)] : [dirname(module), own],
    own,
    named: Object.values(endpoints),
    heard: typeof events === 'function' ? [] : Object.keys(events),
    // Whether a function handles a hook is only known with the event.
    isIdle: (hook) =>
      typeof events !== 'function' && !Object.hasOwn(events, hook) && !teaches(hook),
    program: `import { hookProcess } from ${JSON.stringify(ownFile('process/hook-process.ts'))};
hookProcess(async (output) => {
  const { dispatchCharm } = await import(${JSON.stringify(ownFile('process/index.ts'))});
  return dispatchCharm(await import(${JSON.stringify(module)}), process.env, output);
});
`,
  };
}
