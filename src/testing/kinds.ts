/** What may happen in a world, by kind, so that a number is enough to choose one of each. */

import type { Databag } from '../juju/index.ts';
import { type Action, type Interruption, interruptions, isHook } from './actions.ts';
import { isFull } from './added.ts';
import { aCharm, aWorld, given } from './given.ts';
import { hooksOf, updateStatus } from './resolver.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import { dueHooks, outsideActions } from './simulation.ts';
import { isPeer, unitsOf, type World } from './world.ts';

/** Kinds of what Juju knows, with how often each is to be chosen beside the others. */
const jujuKinds = {
  hook: 60,
  'interrupted hook': 6,
  'update-status': 8,
  relate: 4,
  'remove relation': 3,
  ask: 2,
  'suspend or resume': 2,
  'add unit': 1,
  'remove unit': 1,
  'remove application': 1,
  'lose pod': 1,
  'restart agent': 1,
  'lose leader': 2,
  elect: 6,
} as const;

type JujuKind = keyof typeof jujuKinds;

const isJujuKind = (kind: string): kind is JujuKind => Object.hasOwn(jujuKinds, kind);

/**
 * Every kind with its weight: Juju's, and each action of the charm's own outside.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { kindsOf } from 'hookchart/testing';
 *
 * console.log(kindsOf(simulated).some(([kind]) => kind === 'relate'));
 * // true
 * ```
 */
export function kindsOf(
  charm: SimulatedCharm,
): readonly (readonly [kind: string, weight: number])[] {
  given('kindsOf', 'the charm', charm, aCharm);
  const { shared, unit } = charm.outside;
  return [
    ...Object.entries(jujuKinds),
    ...[...Object.entries(shared.actions), ...Object.entries(unit.actions)].map(
      ([name, { weight = 2 }]) => [name, weight] as const,
    ),
  ];
}

/** What a history may do beside letting hooks run. */
export interface Surroundings {
  /** What requirers may ask for later on; by default what the charm says. */
  readonly requests?: readonly Databag[];
  /** No more units than this; 4 by default. */
  readonly units?: number;
  /** No more relations at a time than this; 3 by default. */
  readonly relations?: number;
}

const interruptionsOf = (charm: SimulatedCharm): readonly Interruption['how'][] => [
  ...interruptions,
  ...Object.keys(charm.faults),
];

/**
 * Every action of a kind that may happen now; none where the kind has no sense in this world.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { actionsOf, tell, worldOf } from 'hookchart/testing';
 *
 * const world = worldOf(simulated, { units: 1, requirers: { shop: { units: 1, request: {} } } });
 * const may = actionsOf(simulated, world, 'relate');
 * console.log(may.map((action) => tell(simulated, action)));
 * // [ 'shop is related' ]
 * ```
 */
export function actionsOf<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  world: World<Shared, Own>,
  kind: string,
  around: Surroundings = {},
): readonly Action[] {
  given('actionsOf', 'the charm', charm, aCharm);
  given('actionsOf', 'the world', world, aWorld);
  given('actionsOf', 'the kind', kind, 'text');
  const { requests = charm.requests, units: most = 4, relations: mostRelations = 3 } = around;
  if (!isJujuKind(kind))
    return outsideActions(charm, world).flatMap(({ action }) =>
      action._tag === kind ? [action] : [],
    );
  const { tested } = world;
  const requirers = Object.entries(world.applications).flatMap(([name, { role, life }]) =>
    role === 'requirer' && life === 'alive' ? [name] : [],
  );
  return actionsByKind[kind]({
    world,
    interruptions: interruptionsOf(charm),
    owner: world.applications[tested],
    units: unitsOf(world, tested),
    requirers,
    relatable: requirers.filter(
      (name) => !isFull(charm, world, world.applications[name]?.endpoint ?? ''),
    ),
    relations: Object.entries(world.relations).filter(([, relation]) => !isPeer(relation)),
    limits: { requests, units: most, relations: mostRelations },
  });
}

/** What there is in a world of which something may be done. */
interface Scene {
  readonly world: World;
  readonly interruptions: readonly Interruption['how'][];
  /** The application of the charm. */
  readonly owner: World['applications'][string] | undefined;
  readonly units: readonly string[];
  /** The applications on the other side that live. */
  readonly requirers: readonly string[];
  /** Those of them that Juju would relate now. */
  readonly relatable: readonly string[];
  readonly relations: readonly (readonly [id: string, relation: World['relations'][string]])[];
  readonly limits: Required<Surroundings>;
}

const actionsByKind: Readonly<Record<JujuKind, (scene: Scene) => readonly Action[]>> = {
  hook: ({ world }) => dueHooks(world),
  'interrupted hook': ({ world, units, interruptions }) =>
    dueHooks(world).flatMap((action) =>
      isHook(action) && units.includes(action.unit)
        ? interruptions.flatMap((how) =>
            [1, 2, 3, 4, 5, 6].map((at) => ({ ...action, interruption: { at, how } })),
          )
        : [],
    ),
  'update-status': ({ world, units }) =>
    units
      .filter((unit) => hooksOf(world, unit).length === 0)
      .map((unit) => ({ _tag: 'RunHook', unit, hook: updateStatus })),
  relate: ({ owner, relatable, relations, limits }) =>
    relations.length >= limits.relations || owner?.life !== 'alive'
      ? []
      : relatable.map((application) => ({ _tag: 'Relate', application })),
  'remove relation': ({ relations }) =>
    relations.flatMap(([id, { life }]): Action[] => {
      if (life === 'dying') return [];
      const relation = Number(id);
      return [
        { _tag: 'RemoveRelation', relation },
        { _tag: 'RemoveRelation', relation, force: true },
      ];
    }),
  ask: ({ requirers, limits }) =>
    requirers.flatMap((application) =>
      limits.requests.map((request): Action => ({ _tag: 'Ask', application, request })),
    ),
  'suspend or resume': ({ relations }) =>
    relations.flatMap(([id, { life }]): Action[] =>
      life === 'dying'
        ? []
        : [{ _tag: life === 'alive' ? 'Suspend' : 'Resume', relation: Number(id) }],
    ),
  'add unit': ({ world, owner, requirers, limits }) =>
    [...(owner?.life === 'alive' ? [world.tested] : []), ...requirers]
      .filter((application) => unitsOf(world, application).length < limits.units)
      .map((application) => ({ _tag: 'AddUnit', application })),
  'remove unit': ({ world, units, requirers }) => {
    const alive = units.filter((unit) => world.units[unit]?.life === 'alive');
    return [
      ...(alive.length > 1 ? alive : []),
      ...requirers.flatMap((name) => unitsOf(world, name)),
    ].flatMap((unit): Action[] => [
      { _tag: 'RemoveUnit', unit },
      { _tag: 'RemoveUnit', unit, force: true },
    ]);
  },
  'remove application': ({ requirers }) =>
    requirers.length > 1
      ? requirers.map((application) => ({ _tag: 'RemoveApplication', application }))
      : [],
  'lose pod': ({ units }) => units.map((unit) => ({ _tag: 'LosePod', unit })),
  'restart agent': ({ units }) => units.map((unit) => ({ _tag: 'RestartAgent', unit })),
  'lose leader': ({ world, owner }) =>
    owner !== undefined && owner.leader !== null
      ? [{ _tag: 'LoseLeader', application: world.tested }]
      : [],
  elect: ({ units, owner }) =>
    owner?.leader === null ? units.map((unit) => ({ _tag: 'Elect', unit })) : [],
};
