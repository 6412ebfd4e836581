import type { Databag } from '../juju/index.ts';
import { aWorld, given } from './given.ts';
import { endpointOf, isKnown, isListed } from './resolver.ts';
import { storageOf } from './storage.ts';
import {
  applicationNamed,
  type Configuration,
  type Hook,
  isPeer,
  type Relation,
  remoteOf,
  type StoredSecret,
  unitNamed,
  unitsOf,
  type World,
} from './world.ts';

/**
 * All that one hook of one unit can see of the world, and nothing else: what a hook does is a
 * function of its view, so that a hook which was run once for a view need not be run again.
 */
export interface View<Shared = unknown, Own = unknown> {
  readonly unit: string;
  readonly application: string;
  readonly hook: Hook;
  readonly leader: boolean;
  /** The units of its application that are not going. */
  readonly plannedUnits: readonly string[];
  /** Those that are. */
  readonly dyingUnits: readonly string[];
  readonly endpoint: string | null;
  /** The options of its application, where those change in the course of things. */
  readonly config?: Configuration;
  /** What leaders of its application have said to all units; missing where that is nothing. */
  readonly settings?: Databag;
  readonly state: Databag;
  readonly blanks: readonly string[];
  /** The storage that is attached to it, what it was not told of yet included; missing where there is none. */
  readonly storage?: readonly string[];
  readonly relations: Readonly<Record<string, RelationView>>;
  /** Whether its application has a peer relation, be the unit still in it or not. */
  readonly hasPeers: boolean;
  /** Whether this Juju has secrets; 2.9 has none. */
  readonly hasSecrets: boolean;
  /** The secrets that the unit's side owns, or that its application was granted. */
  readonly secrets: Readonly<Record<string, StoredSecret>>;
  /** The ids of all others, which it may not read. */
  readonly secretsOfOthers: readonly string[];
  /** Of the unit's own outside only where it is one of the charm under test. */
  readonly outside: { readonly shared: Shared; readonly own: Own | null };
  readonly made: { readonly secrets: number };
}

export interface RelationView {
  readonly endpoint: string;
  /** As Juju names the relation itself, by both its ends. */
  readonly key: string;
  readonly remote: string;
  readonly isPeer: boolean;
  readonly isListed: boolean;
  /** The remote units that have joined; the one that is departing no longer among them. */
  readonly members: readonly string[];
  /** By application or unit; of remote units what was last announced. */
  readonly bags: Readonly<Record<string, Databag>>;
}

const nothing: Databag = {};

/**
 * What one unit sees of a world, as its hook tools would tell it.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { viewOf, worldOf } from 'hookchart/testing';
 *
 * const world = worldOf(simulated, { units: 2, requirers: {} });
 * console.log(viewOf(world, 'pgbouncer/1', { name: 'update-status' }).leader);
 * // false
 * ```
 */
export function viewOf<Shared, Own>(
  world: World<Shared, Own>,
  name: string,
  hook: Hook,
): View<Shared, Own> {
  given('viewOf', 'the world', world, aWorld);
  given('viewOf', 'the hook', hook, { name: 'text' });
  const unit = unitNamed(world, name);
  const { application } = unit;
  const { leader, config, settings } = applicationNamed(world, application);
  const relations: Record<string, RelationView> = {};
  for (const [id, relation] of Object.entries(world.relations)) {
    const isOurs = relation.provider === application || relation.requirer === application;
    if (!isOurs || !(String(hook.relation) === id || isKnown(unit, Number(id), relation))) continue;
    const told = unit.told[id];
    const remote = remoteOf(relation, application);
    // Who has gone can still be read while the relation is there.
    const isEnding = /-(departed|broken)$/.test(hook.name) && String(hook.relation) === id;
    const gone = isEnding ? relation.units : {};
    const known: Record<string, Databag> = { ...told?.units };
    const joining = hook.name.endsWith('-joined') || hook.name.endsWith('-changed');
    if (joining && String(hook.relation) === id && hook.remoteUnit !== undefined)
      known[hook.remoteUnit] = relation.units[hook.remoteUnit] ?? nothing;
    relations[id] = {
      endpoint: endpointOf(relation, application),
      key: keyOf(relation),
      remote,
      isPeer: isPeer(relation),
      isListed: isListed(unit, Number(id), relation),
      members: Object.keys(known)
        .sort()
        .filter((other) => !(hook.name.endsWith('-departed') && other === hook.remoteUnit)),
      bags: {
        ...Object.fromEntries(Object.entries(gone).filter(([who]) => who.startsWith(`${remote}/`))),
        ...known,
        [name]: relation.units[name] ?? nothing,
        [application]: relation.applications[application] ?? nothing,
        [remote]: relation.applications[remote] ?? nothing,
      },
    };
  }
  const secrets = visibleSecrets(world, name, application);
  const storage = storageOf(unit);
  return {
    unit: name,
    application,
    hook,
    leader: leader === name,
    plannedUnits: unitsOf(world, application).filter(
      (other) => world.units[other]?.life === 'alive',
    ),
    dyingUnits: unitsOf(world, application).filter((other) => world.units[other]?.life === 'dying'),
    endpoint: unit.endpoint,
    ...(config === undefined ? {} : { config }),
    ...(settings === undefined ? {} : { settings }),
    state: unit.state,
    blanks: unit.blanks ?? [],
    ...(storage.length === 0 ? {} : { storage }),
    relations,
    hasPeers: Object.values(world.relations).some(
      (relation) => isPeer(relation) && relation.provider === application,
    ),
    hasSecrets: world.hasSecrets,
    secrets,
    secretsOfOthers: Object.keys(world.secrets).filter((id) => secrets[id] === undefined),
    outside: { shared: world.outside.shared, own: world.outside.units[name] ?? null },
    made: { secrets: world.made.secrets },
  };
}

const keyOf = (relation: Relation): string => {
  const { provider, requirer, endpoint, requirerEndpoint } = relation;
  const own = `${provider}:${endpoint}`;
  return isPeer(relation) ? own : `${requirer}:${requirerEndpoint ?? endpoint} ${own}`;
};

function visibleSecrets(world: World, unit: string, application: string): View['secrets'] {
  const visible: Record<string, StoredSecret> = {};
  for (const [id, secret] of Object.entries(world.secrets)) {
    const isGranted = secret.grants.some((relation) => {
      const found = world.relations[relation];
      return found !== undefined && remoteOf(found, application) !== application
        ? remoteOf(found, application) === secret.owner.split('/')[0]
        : false;
    });
    if (isGranted || secret.owner === unit || secret.owner === application) visible[id] = secret;
  }
  return visible;
}
