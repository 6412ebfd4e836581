import type { PgbouncerState, PostgresState } from '../adapters/memory/index.ts';
import type { Databag } from '../engine/index.ts';
import { listedRelations } from './resolver.ts';
import {
  applicationNamed,
  type Hook,
  isPeer,
  provider,
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
export interface View {
  readonly unit: string;
  readonly application: string;
  readonly hook: Hook;
  readonly leader: boolean;
  /** The units of its application that are not going. */
  readonly plannedUnits: readonly string[];
  readonly endpoint: string | null;
  readonly state: Databag;
  readonly relations: Readonly<Record<string, RelationView>>;
  /** Whether this Juju has secrets; 2.9 has none. */
  readonly hasSecrets: boolean;
  /** The secrets that the unit's side owns, or that its application was granted. */
  readonly secrets: Readonly<Record<string, StoredSecret>>;
  readonly postgres: PostgresState;
  readonly postgresDelay: number;
  /** Null for a unit that is no pooler. */
  readonly pooler: PgbouncerState | null;
  readonly made: Omit<World['made'], 'relations'>;
}

export interface RelationView {
  readonly endpoint: string;
  readonly remote: string;
  readonly isPeer: boolean;
  readonly isListed: boolean;
  /** The remote units that have joined; the one that is departing no longer among them. */
  readonly members: readonly string[];
  /** By application or unit; of remote units what was last announced. */
  readonly bags: Readonly<Record<string, Databag>>;
}

const nothing: Databag = {};

export function viewOf(world: World, name: string, hook: Hook): View {
  const unit = unitNamed(world, name);
  const { application } = unit;
  const { leader, role } = applicationNamed(world, application);
  const listed = new Set(listedRelations(world, unit));
  const relations: Record<string, RelationView> = {};
  for (const [id, relation] of Object.entries(world.relations)) {
    const told = unit.told[id];
    const isSeen = told !== undefined || String(hook.relation) === id || isPeer(relation);
    if (!isSeen) continue;
    const remote = remoteOf(relation, application);
    const known: Record<string, Databag> = { ...told?.units };
    const joining = hook.name.endsWith('-joined') || hook.name.endsWith('-changed');
    if (joining && String(hook.relation) === id && hook.remoteUnit !== undefined)
      known[hook.remoteUnit] = relation.units[hook.remoteUnit] ?? nothing;
    relations[id] = {
      endpoint: relation.endpoint,
      remote,
      isPeer: isPeer(relation),
      isListed: isPeer(relation)
        ? told !== undefined
        : listed.has(Number(id)) || told === undefined,
      members: Object.keys(known)
        .sort()
        .filter((other) => !(hook.name.endsWith('-departed') && other === hook.remoteUnit)),
      bags: {
        ...known,
        [name]: relation.units[name] ?? nothing,
        [application]: relation.applications[application] ?? nothing,
        [remote]: relation.applications[remote] ?? nothing,
      },
    };
  }
  return {
    unit: name,
    application,
    hook,
    leader: leader === name,
    plannedUnits: unitsOf(world, application).filter(
      (other) => world.units[other]?.life === 'alive',
    ),
    endpoint: unit.endpoint,
    state: unit.state,
    relations,
    hasSecrets: world.hasSecrets,
    secrets: visibleSecrets(world, name, application),
    postgres: world.postgres,
    postgresDelay: world.postgresDelay,
    pooler: role === 'provider' ? (world.poolers[name] ?? null) : null,
    made: { secrets: world.made.secrets, passwords: world.made.passwords },
  };
}

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

/** The marks of a deployment's roles and databases on its PostgreSQL. */
export const ownerMark = `simulated/${provider}`;
