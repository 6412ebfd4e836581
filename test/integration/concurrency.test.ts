import { describe, expect, it } from 'vitest';
import { hooks } from '../../machines/index.ts';
import { postgres } from '../../src/pgbouncer/postgres/index.ts';
import { interpret } from '../interpret.ts';
import { reconcile, runChart } from './hooks.ts';
import { entries, logsIn, own, relate, type Servers, sql, unrelate, useServers } from './look.ts';

const [zero, leader] = ['pgbouncer-k8s/0', 'pgbouncer-k8s/1'] as const;

let world: Servers['world'];
useServers((servers) => {
  ({ world } = servers);
});

describe('units at the same time', () => {
  it('hooks of all units side by side leave one ledger and the same configuration everywhere', async () => {
    const relations = [10, 11, 12, 13];
    for (const relation of relations) {
      world.juju.request(relation, { database: `side_${relation}` });
      await Promise.all([
        ...world.juju.units.map((unit) =>
          runChart(world, unit, 'database-requested', { relation }),
        ),
      ]);
      const followers = world.juju.units.filter((unit) => unit !== leader);
      await Promise.all(followers.map((unit) => reconcile(world, unit)));
    }
    await world.settle();
    const expected = relations
      .flatMap((relation) => [`side_${relation}`, `side_${relation}_readonly`])
      .sort();
    for (const unit of world.juju.units)
      expect((await entries(world, unit)).sort()).toEqual(expected);
    for (const relation of relations) expect(await logsIn(own(world, relation))).toBe(true);

    await Promise.all(
      relations.map(async (relation) => {
        world.juju.breaking(relation);
        await runChart(world, zero, 'database-relation-broken', { relation });
      }),
    );
    for (const relation of relations) await unrelate(world, relation);
    for (const unit of world.juju.units) expect(await entries(world, unit)).toEqual([]);
    expect(Object.keys(world.juju.databag({ _tag: 'PeerApp' }))).toEqual(['format', 'leader']);
  });

  it('H15: a deposed leader and its successor provision at once; what is published logs in', async () => {
    for (const relation of [20, 21, 22, 23, 24]) {
      world.juju.request(relation, { database: `race_${relation}` });
      world.juju.leader = leader;
      const deposed = interpret(world.adapters(leader), {
        keep: (state) => async () => {
          if (state.node === 'create_user_and_db') world.juju.leader = zero;
          return { _tag: 'Right', right: undefined };
        },
      })(hooks['database-requested'])({ relation });
      const first = deposed();
      world.juju.leader = zero;
      const second = runChart(world, zero, 'database-requested', { relation });
      world.juju.leader = leader;
      const [outcome] = await Promise.allSettled([first, second]);
      expect(outcome.status).toBe('fulfilled');
      world.juju.leader = zero;
      await world.settle();
      expect(await logsIn(own(world, relation)), `relation ${relation}`).toBe(true);
      const roles = await sql(
        world,
        `SELECT rolname FROM pg_roles WHERE rolname LIKE 'relation_id_${relation}%'`,
      );
      expect(roles.length).toBe(1);
    }
  });

  it('that come to a PostgreSQL of which nobody has made anything yet make one home there', async () => {
    const { host, port, login, user, password } = world.primary;
    for (let deployment = 0; deployment < 12; deployment++) {
      const given = deployment % 2 === 0 ? login : { user, password };
      const units = Array.from({ length: 6 }, () =>
        postgres({ host, port, ...given, owner: `at-once-${deployment}` }),
      );
      const outcomes = await Promise.all(units.map((unit) => unit.ready()));
      expect(outcomes.map((outcome) => ('left' in outcome ? outcome.left : null))).toEqual(
        Array(6).fill(null),
      );
      await Promise.all(units.map((unit) => unit.release()));
    }
  });

  it('two hooks of one unit in two processes do not spoil its files', async () => {
    world.juju.leader = zero;
    const bag = await relate(world, 30, { database: 'twice' });
    await Promise.all([1, 2, 3].map(() => reconcile(world, leader)));
    expect(await entries(world, leader)).toContain('twice');
    expect(await logsIn(bag)).toBe(true);
  });
});
