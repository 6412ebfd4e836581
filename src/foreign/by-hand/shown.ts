/** What Juju shows of a unit, of options and of secrets: as data in its own shape. */
import { stringify } from 'yaml';
import { isPeer, type Relation, type StoredSecret } from '../../testing/index.ts';
import { sorted } from '../answers.ts';
import { addressesOf, addressOf } from '../unit-address.ts';
import type { HandModel } from './model.ts';
import { endpointIn } from './relating.ts';

/** As `juju show-unit` has it. */
export function unitShown(model: HandModel, name: string): object {
  const { world } = model;
  const unit = world.units[name];
  const { application = '', life } = unit ?? {};
  const own = Object.entries(world.relations).filter(
    ([, { provider, requirer }]) => provider === application || requirer === application,
  );
  const state = unit?.state ?? {};
  return {
    [name]: {
      'opened-ports': world.outside.units[name]?.beside.ports ?? [],
      charm: `local:${model.charmOf(application).name}-0`,
      leader: world.applications[application]?.leader === name,
      life,
      'relation-info': own.map(([id, relation]) =>
        relationInfo(Number(id), relation, name, application),
      ),
      address: addressOf(name),
      // These Juju shows nobody.
      state: sorted(state),
      containers: Object.fromEntries(
        Object.entries(world.outside.units[name]?.containers ?? {}).map(([container, one]) => [
          container,
          { ready: one.isUp, services: Object.keys(one.running) },
        ]),
      ),
      files: [...(world.outside.units[name]?.files.entries() ?? [])].map(([path]) => path),
    },
  };
}

function relationInfo(id: number, relation: Relation, unit: string, application: string): object {
  const { provider, requirer, applications, units, scope } = relation;
  const remote = provider === application ? requirer : provider;
  const bagOf = (who: string) => ({
    'in-scope': scope.includes(who),
    data: sorted({ ...addressesOf(who), ...units[who] }),
  });
  const others = [...new Set([...scope, ...Object.keys(units)])]
    .filter((who) => who !== unit && who.split('/')[0] === remote)
    .sort();
  const ownData = isPeer(relation)
    ? {}
    : { 'local-application-data': sorted(applications[application] ?? {}) };
  return {
    'relation-id': id,
    endpoint: endpointIn(relation, application),
    'related-endpoint': endpointIn(relation, remote),
    'application-data': sorted(applications[remote] ?? {}),
    ...ownData,
    'local-unit': bagOf(unit),
    ...(others.length === 0
      ? {}
      : { 'related-units': Object.fromEntries(others.map((who) => [who, bagOf(who)])) }),
  };
}

/** As `juju config` has all options of an application. */
export function configShown(model: HandModel, application: string): object {
  const charm = model.charmOf(application);
  const set = model.world.applications[application]?.config ?? {};
  return {
    application,
    charm: charm.name,
    settings: Object.fromEntries(
      [...charm.options]
        .sort((one, other) => (one.name < other.name ? -1 : 1))
        .map(({ name, type, description, default: preset }) => [
          name,
          {
            ...(preset === undefined || preset === null ? {} : { default: preset }),
            description: description.trim(),
            source: set[name] === undefined ? 'unset' : set[name] === preset ? 'default' : 'user',
            type,
            ...(set[name] === undefined ? {} : { value: set[name] }),
          },
        ]),
    ),
  };
}

/** A secret's id as operators type it. */
const idOf = (uri: string): string => uri.replace(/^secret:(\/\/[^/]*\/)?/, '');

/** The secret of an id, in whichever form it is given; null where there is none. */
export function secretOf(model: HandModel, given: string): StoredSecret | null {
  const found = Object.entries(model.world.secrets).find(
    ([id, { label }]) => idOf(id) === idOf(given) || label === given,
  );
  return found?.[1] ?? null;
}

/** As `juju secrets` lists them, and `juju show-secret` shows one. */
export function secretsShown(
  model: HandModel,
  given: string | null = null,
  isRevealed = false,
): Readonly<Record<string, SecretShown>> {
  const asked = given === null ? null : secretOf(model, given);
  return Object.fromEntries(
    Object.entries(model.world.secrets).flatMap(([id, secret]) => {
      if (given !== null && secret !== asked) return [];
      const { owner, label, revisions, grants, tracked, pruned = [], rotate = 'never' } = secret;
      const access = grants.flatMap((granted) => {
        const relation = model.world.relations[granted];
        if (relation === undefined) return [];
        const own = owner.split('/')[0] ?? '';
        const target = relation.provider === own ? relation.requirer : relation.provider;
        return [{ target, scope: `${endpointIn(relation, own)}:${granted}`, role: 'view' }];
      });
      const shown: SecretShown = {
        revision: revisions.length,
        owner,
        ...(label === null ? {} : { label }),
        rotation: rotate,
        ...(access.length === 0 ? {} : { access }),
        tracked,
        ...(pruned.length === 0 ? {} : { removed: pruned }),
        ...(isRevealed ? { content: sorted(revisions.at(-1) ?? {}) } : {}),
      };
      return [[idOf(id), shown]];
    }),
  );
}

export interface SecretShown {
  readonly revision: number;
  readonly owner: string;
  readonly label?: string;
  readonly rotation: string;
  readonly access?: readonly object[];
  /** The revision that each unit tracks, which Juju shows nobody. */
  readonly tracked: Readonly<Record<string, number>>;
  /** Revisions of which nothing is left. */
  readonly removed?: readonly number[];
  readonly content?: Readonly<Record<string, string>>;
}

/** As Juju prints it where no other format is asked for. */
export const asYaml = (value: unknown): string => stringify(value);
