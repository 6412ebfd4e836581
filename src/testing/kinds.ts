/** What may happen in a world, by kind, so that a number is enough to choose one of each. */
import type { Databag } from '../pgbouncer/engine.ts';
import type { Action } from './actions.ts';
import type { Interruption } from './hook-run.ts';
import { hooksOf, updateStatus } from './resolver.ts';
import { dueHooks } from './simulation.ts';
import { isPeer, provider, unitsOf, type World } from './world.ts';

/** Names of kinds, with how often each is to be chosen beside the others. */
export const kinds = {
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
  'postgres up or down': 3,
  'slow postgres': 1,
  'pooler up or down': 2,
} as const;

export type Kind = keyof typeof kinds;

/** What a history may do beside letting hooks run. */
export interface Surroundings {
  /** What requirers may ask for later on. */
  readonly requests: readonly Databag[];
  /** No more units than this. */
  readonly units: number;
  /** No more relations at a time than this. */
  readonly relations: number;
}

export const surroundings: Surroundings = {
  requests: [
    { database: 'shared' },
    { database: 'own', 'extra-user-roles': 'CREATEDB' },
    { database: 'not a name' },
    { database: 'own', 'extra-user-roles': 'SUPERUSER' },
    {},
  ],
  units: 4,
  relations: 3,
};

const interruptions: readonly Interruption['how'][] = [
  'killed',
  'outage',
  'deposed',
  'lost',
  'answer lost',
  'fails',
  'half',
  'commit lost',
];

/** Every action of a kind that may happen now; none where the kind has no sense in this world. */
export function actionsOf(
  world: World,
  kind: Kind,
  { requests, units: most, relations: mostRelations }: Surroundings = surroundings,
): readonly Action[] {
  const owner = world.applications[provider];
  const units = unitsOf(world, provider);
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
        action._tag === 'RunHook' && units.includes(action.unit)
          ? interruptions.flatMap((how) =>
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
        ...(owner?.life === 'alive' ? [provider] : []),
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
        ? [{ _tag: 'LoseLeader', application: provider }]
        : [];
    case 'elect':
      return owner?.leader === null ? units.map((unit) => ({ _tag: 'Elect', unit })) : [];
    case 'postgres up or down':
      return [{ _tag: world.postgres.isUp ? 'StopPostgres' : 'StartPostgres' }];
    case 'slow postgres':
      return [0, 10, 40].map((seconds) => ({ _tag: 'SlowPostgres', seconds }));
    case 'pooler up or down':
      return Object.entries(world.poolers).map(([unit, { isUp }]) => ({
        _tag: isUp ? 'StopPooler' : 'StartPooler',
        unit,
      }));
  }
}
