/** What a hook does before its charts, for those who have no chart: nothing where they are not there. */
import * as TE from 'fp-ts/lib/TaskEither.js';
import { attempt, take } from '../../hook/index.ts';
import { collectorOf, pruning } from '../../process/index.ts';
import { jujuEndpoints } from '../keys.ts';
import type { Attempt } from '../ports.ts';
import { backendRequest } from './backend.ts';
import type { Facts } from './facts.ts';
import { logsOf } from './logging.ts';
import { type Metrics, metricsOf } from './metrics.ts';
import { isOfDashboard } from './operating-hooks.ts';

/** Who hears of the hook while and after it runs. */
export interface Listeners {
  /** Where its trace goes; null where nobody wants it. */
  readonly collector: string | null;
  readonly metrics: Metrics;
}

/** When the backend is asked: when it comes, and by whoever leads from then on. */
const asking = /^(backend-database-relation-(created|joined)|leader-elected|upgrade-charm)$/;

/** When another unit may have to give what the leader gives, or another version of it. */
const anew = /^(leader-elected|upgrade-charm)$/;

export const beforeCharts = (facts: Facts): Attempt<Listeners> =>
  attempt(async () => {
    const { environment, variables, model, config, address, place, tell, budget } = facts;
    const { event } = environment;
    await take(pruning(environment, model) ?? TE.right(undefined));
    const collector = await take(collectorOf(environment, variables, model, jujuEndpoints.tracing));
    if (asking.test(event)) await askBackend(facts);
    if (isOfDashboard(event) || anew.test(event)) {
      const { tellDashboard } = await import('./dashboard.ts');
      await take(tellDashboard(environment, model));
    }
    const remaining = budget.ofServers;
    await take(logsOf(environment, variables, model, { tell, remaining }));
    const at = { config, address, place, tell, remaining };
    const metrics = await take(metricsOf(environment, variables, model, at));
    return { collector, metrics };
  });

/** Only the leader may ask; another one asks when it comes to lead. */
async function askBackend({ environment, model, config }: Facts): Promise<void> {
  if (!(await take(model.leader))) return;
  const { application } = environment;
  await take(
    model.request(backendRequest(application, config.backendRoles, model.secrets !== null)),
  );
}
