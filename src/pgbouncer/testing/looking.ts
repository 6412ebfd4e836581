/** What the invariants look at in a world. */

import { isPeer, peerRelation, type Unit } from '../../testing/index.ts';
import type { PgbouncerState } from '../memory/index.ts';
import type { Databag } from '../relation/request.ts';
import { type PgbouncerWorld, poolerReady, provider } from './outside.ts';

/** A relation that lives and has its credentials, with the databag that shows them. */
export interface Life {
  readonly id: number;
  readonly bag: Databag;
}

/** How the simulated model spells the passwords that it makes. */
export const password = /password-\d+/;

/**
 * The relations whose credentials are out. One that was suspended is told to be broken, and its
 * credentials end with that; from then on it counts only when all is at rest.
 */
export const livingRelations = looked((world): readonly Life[] =>
  servedRelations(world).filter(({ id }) => !world.relations[id]?.wasSuspended),
);

/**
 * The relations that live and have credentials. One that was suspended counts again when the ledger
 * says that it was published anew.
 */
export const servedRelations = looked((world): readonly Life[] => {
  if (world.applications[provider]?.life !== 'alive') return [];
  const ledger = world.relations[peerRelation]?.applications[provider] ?? {};
  return Object.entries(world.relations).flatMap(([id, relation]) => {
    if (isPeer(relation) || relation.life !== 'alive') return [];
    const bag = withSecrets(world, relation.applications[provider] ?? {});
    if (bag.username === undefined || bag.password === undefined) return [];
    const isPublished = ledger[`relation-${id}`]?.includes('"state":"published"') === true;
    return relation.wasSuspended && !isPublished ? [] : [{ id: Number(id), bag }];
  });
});

/** A databag with the fields that its requirer reads in the secrets to which it points. */
function withSecrets({ secrets }: PgbouncerWorld, bag: Databag): Databag {
  const contents = Object.entries(bag).flatMap(([key, id]) =>
    key.startsWith('secret-') ? [secrets[id]?.revisions.at(-1) ?? {}] : [],
  );
  return contents.length === 0 ? bag : Object.assign({}, bag, ...contents);
}

/** Whether clients are told that they may come by TLS. */
export const saysTls = ({ tls = '' }: Databag): boolean => tls.toLowerCase() === 'true';

/** Where a service leads to any unit, in a model that has one. */
export const service = 'pgb-service';
const ofService = `${service}:6432`;

/** The units that a databag names to clients, as far as they are there. */
export function namedUnits(world: PgbouncerWorld, bag: Databag): readonly string[] {
  const named = [bag.endpoints, bag['read-only-endpoints']].flatMap((list) =>
    (list ?? '').split(','),
  );
  return Object.entries(world.units).flatMap(([name, { endpoint }]) =>
    endpoint !== null && (named.includes(endpoint) || named.includes(ofService)) ? [name] : [],
  );
}

/** The poolers that run and, where their pod was lost, have been configured since. */
export const runningPoolers = looked(
  (world): Readonly<Record<string, PgbouncerState>> =>
    Object.fromEntries(
      Object.entries(world.outside.units).filter(
        ([unit, { isUp, isConfigured }]) =>
          isUp && isConfigured && !isComing(world.units[unit]?.queue ?? ['start']),
      ),
    ),
);

const isComing = (queue: Unit['queue']) => queue.includes('start') || queue.includes(poolerReady);

/** Every invariant looks at the same worlds. */
function looked<Sight>(look: (world: PgbouncerWorld) => Sight): (world: PgbouncerWorld) => Sight {
  const known = new WeakMap<PgbouncerWorld, { readonly sight: Sight }>();
  return (world) => {
    const before = known.get(world);
    if (before !== undefined) return before.sight;
    const sight = look(world);
    known.set(world, { sight });
    return sight;
  };
}
