/** What the charm's handlers reach the world by, in one hook. Made, none of it has done anything yet. */
import { attempt, take } from '../../hook/index.ts';
import { namesOf } from '../../process/index.ts';
import { cryptoEntropy } from '../entropy.ts';
import type { PgbouncerOptions } from '../pooler/index.ts';
import type { Adapters, Attempt, Pooler } from '../ports.ts';
import { relatedBackend } from './backend.ts';
import type { Facts } from './facts.ts';
import { unitIdentity } from './identity.ts';
import { keeping, portOf } from './kept.ts';
import { keyPlaceOf, poolerAt, unitPooler } from './pooler.ts';

export function adaptersOf(
  { environment, model, config, before, place, budget }: Facts,
  /** Told of PgBouncer's file, as it was and as it is. */
  watch: PgbouncerOptions['watch'],
): Adapters {
  const remaining = budget.ofServers;
  const found = (isLooking: boolean): Attempt<Pooler> =>
    attempt(async () =>
      poolerAt(await take(place), config.options, cryptoEntropy, { remaining, watch, isLooking }),
    );
  const isGoing = environment.event === 'stop';
  const { pooler, isUnusable, isApplied } = unitPooler(isGoing, found(false), found(true));
  return {
    juju: keeping(model, config, {
      values: () => (isApplied() ? config.values : { ...config.values, ...portOf(before) }),
      isUnusable,
    }),
    backend: relatedBackend(model.required, model.secrets, {
      owner: model.owner,
      preferred: /\bsuperuser\b/i.test(config.backendRoles) ? 'own' : 'given',
      remaining,
    }),
    pooler,
    entropy: cryptoEntropy,
    identity: unitIdentity(
      attempt(async () => keyPlaceOf(await take(place))),
      attempt(async () => namesOf(environment, await take(model.address))),
    ),
    clock: () => performance.now(),
    deadline: budget.deadline(),
  };
}
