/** What may happen in a world, by kind, so that a number is enough to choose one of each. */
import type { Databag } from '../juju/index.ts';
import { type Action, type Interruption, isHook } from './actions.ts';
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

/** Every kind with its weight: Juju's, and each action of the charm's own outside. */
export const kindsOf = ({
  outside: { shared, unit },
}: SimulatedCharm): readonly (readonly [kind: string, weight: number])[] => [
  ...Object.entries(jujuKinds),
  ...[...Object.entries(shared.actions), ...Object.entries(unit.actions)].map(
    ([name, { weight = 2 }]) => [name, weight] as const,
  ),
];

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
  ...['killed', 'deposed', 'commit lost'],
  ...Object.keys(charm.faults),
];

/** Every action of a kind that may happen now; none where the kind has no sense in this world. */
export function actionsOf<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  world: World<Shared, Own>,
  kind: string,
  { requests = charm.requests, units: most = 4, relations: mostRelations = 3 }: Surroundings = {},
): readonly Action[] {
  if (!isJujuKind(kind))
    return outsideActions(charm, world).flatMap(({ action }) =>
      action._tag === kind ? [action] : [],
    );
  const { tested } = world;
  const owner = world.applications[tested];
  const units = unitsOf(world, tested);
  const alive = units.filter((unit) => world.units[unit]?.life === 'alive');
  const requirers = Object.entries(world.applications).filter(
    ([, { role }]) => role === 'requirer',
  );
  const relations = Object.entries(world.relations).filter(([, relation]) => !isPeer(relation));
  const livingRequirers = requirers.filter(([, { life }]) => life === 'alive');
  switch (kind) {
    case 'hook':
      return dueHooks(world);
    case 'interrupted hook':
      return dueHooks(world).flatMap((action) =>
        isHook(action) && units.includes(action.unit)
          ? interruptionsOf(charm).flatMap((how) =>
              [1, 2, 3, 4, 5, 6].map((at) => ({ ...action, interruption: { at, how } })),
            )
          : [],
      );
    case 'update-status':
      return units
        .filter((unit) => hooksOf(world, unit).length === 0)
        .map((unit) => ({ _tag: 'RunHook', unit, hook: updateStatus }));
    case 'relate':
      if (relations.length >= mostRelations || owner?.life !== 'alive') return [];
      return livingRequirers.map(([application]) => ({ _tag: 'Relate', application }));
    case 'remove relation':
      return relations.flatMap(([id, { life }]): Action[] => {
        if (life === 'dying') return [];
        const relation = Number(id);
        return [
          { _tag: 'RemoveRelation', relation },
          { _tag: 'RemoveRelation', relation, force: true },
        ];
      });
    case 'ask':
      return livingRequirers.flatMap(([application]) =>
        requests.map((request): Action => ({ _tag: 'Ask', application, request })),
      );
    case 'suspend or resume':
      return relations.flatMap(([id, { life }]): Action[] =>
        life === 'dying'
          ? []
          : [{ _tag: life === 'alive' ? 'Suspend' : 'Resume', relation: Number(id) }],
      );
    case 'add unit':
      return [
        ...(owner?.life === 'alive' ? [tested] : []),
        ...livingRequirers.map(([name]) => name),
      ]
        .filter((application) => unitsOf(world, application).length < most)
        .map((application) => ({ _tag: 'AddUnit', application }));
    case 'remove unit':
      return [
        ...(alive.length > 1 ? alive : []),
        ...livingRequirers.flatMap(([name]) => unitsOf(world, name)),
      ].flatMap((unit): Action[] => [
        { _tag: 'RemoveUnit', unit },
        { _tag: 'RemoveUnit', unit, force: true },
      ]);
    case 'remove application':
      return livingRequirers.length > 1
        ? livingRequirers.map(([application]) => ({ _tag: 'RemoveApplication', application }))
        : [];
    case 'lose pod':
      return units.map((unit) => ({ _tag: 'LosePod', unit }));
    case 'restart agent':
      return units.map((unit) => ({ _tag: 'RestartAgent', unit }));
    case 'lose leader':
      return owner !== undefined && owner.leader !== null
        ? [{ _tag: 'LoseLeader', application: tested }]
        : [];
    case 'elect':
      return owner?.leader === null ? units.map((unit) => ({ _tag: 'Elect', unit })) : [];
  }
}
