import type { Juju } from '../../src/juju/port.ts';
import { emptyPgbouncer } from '../../src/pgbouncer/memory/index.ts';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import type { JujuSubject } from '../../src/testing/conformance/index.ts';
import { worldOf } from '../../src/testing/deploy.ts';
import { HookTools } from '../../src/testing/hook-tools.ts';
import { flushed } from '../../src/testing/lifecycle.ts';
import { updateStatus } from '../../src/testing/resolver.ts';
import { rest } from '../../src/testing/simulation.ts';
import { step } from '../../src/testing/step.ts';
import { viewOf } from '../../src/testing/view.ts';

/**
 * The simulated Juju as a subject of the suite for models: a provider of two units that does nothing
 * by itself, and whatever stands between its hook tools and the port.
 */
export async function modelSubject(
  hasSecrets: boolean,
  modelOver: (tools: HookTools) => Juju,
): Promise<JujuSubject> {
  const request = { database: 'app' };
  const requirers = { app: { units: 1, request, options: { library: 'v0.12' } } };
  const related = await step(simulated, worldOf(simulated, { units: 2, hasSecrets, requirers }), {
    _tag: 'Relate',
    application: 'app',
  });
  const runner = () => ({
    pending: { bags: {}, state: {}, blanks: [], secrets: {}, secretsMade: 0, secretsRemoved: [] },
    failure: null,
    status: null,
    isDeposed: false,
    outside: { shared: related.world.outside.shared, own: emptyPgbouncer },
    seconds: 0,
    steps: [],
    run: null,
  });
  let { world } = await rest(simulated, related.world, { runner });
  return {
    leader: 'pgbouncer/0',
    follower: 'pgbouncer/1',
    relation: 1,
    endpoint: 'database',
    request,
    hook: async (unit, body) => {
      const tools = new HookTools(viewOf(world, unit, updateStatus));
      const result = await body(modelOver(tools));
      world = { ...flushed(world, unit, tools.flush()), outside: world.outside };
      return result;
    },
  };
}
