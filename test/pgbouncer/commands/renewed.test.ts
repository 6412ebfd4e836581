import { describe, expect, it } from 'vitest';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { MemoryWorld } from '../../memory-world.ts';

const relation = 4;
const leader = 'p/1';
const rotate = { hook: 'actions/rotate-password', relation };
const request: Databag = { database: 'app', 'requested-secrets': '["username", "password"]' };

/** What the requirer reads, in the databag or in the secret to which it points. */
const answer = (world: MemoryWorld): Databag => {
  const bag = world.own(relation);
  return { ...bag, ...world.juju.secrets.get(bag['secret-user'] ?? '')?.content };
};
const inForce = (world: MemoryWorld) => world.postgres.roles.get('relation_id_4')?.password;

describe.each([true, false])(
  'a password that is replaced, where Juju has secrets: %s',
  (hasSecrets) => {
    const served = async () => {
      const world = new MemoryWorld({ hasSecrets });
      await world.relate(relation, request);
      return world;
    };

    it('is another one everywhere at once, and nothing puts the old one back', async () => {
      const world = await served();
      const before = answer(world);
      const { charts } = await world.dispatch(leader, rotate);
      expect(charts.map(({ hook, end }) => [hook, end._tag])).toEqual([
        ['database-password-renewed', 'Returned'],
      ]);
      const now = answer(world);
      expect(now.password).not.toBe(before.password);
      expect(inForce(world)).toBe(now.password);
      expect(world.logsIn(now)).toBe(true);
      expect(world.logsIn({ ...now, password: before.password ?? '' })).toBe(false);
      await world.settle();
      expect(answer(world).password).toBe(now.password);
      expect(answer(world)['read-only-endpoints']?.split(',')).toHaveLength(2);
      expect(JSON.stringify([world.peer(), before])).not.toContain(
        hasSecrets ? now.password : 'x x',
      );
    });

    it('stands where it is kept though PgBouncer is down, and is told when it is up', async () => {
      const world = await served();
      const before = answer(world);
      world.pooler(leader).isUp = false;
      const { charts } = await world.dispatch(leader, rotate);
      expect(charts.map(({ end }) => end._tag)).toEqual(['Deferred']);
      expect(inForce(world)).not.toBe(before.password);
      const kept = hasSecrets
        ? answer(world).password
        : (world.record(relation)?.password as { secret: string } | null)?.secret;
      expect(kept).toBe(inForce(world));
      world.pooler(leader).isUp = true;
      await world.settle();
      expect(world.logsIn(answer(world))).toBe(true);
      expect(answer(world).password).toBe(inForce(world));
    });

    it('is the one before where nobody heard whether PostgreSQL has taken the new one', async () => {
      const world = await served();
      const before = answer(world);
      let isLost = false;
      world.postgres.tap = (name) => {
        if (isLost || name !== 'set password and rights') return null;
        isLost = true;
        return 'answer lost';
      };
      await world.dispatch(leader, rotate);
      expect(isLost).toBe(true);
      expect(inForce(world)).toBe(before.password);
      expect(world.logsIn(answer(world))).toBe(true);
    });

    it('is none where nothing was published, or the backend is down', async () => {
      const world = await served();
      const before = answer(world);
      world.postgres.isUp = false;
      await world.dispatch(leader, rotate);
      world.postgres.isUp = true;
      await world.settle();
      expect(answer(world)).toEqual(before);
      const { charts } = await world.dispatch(leader, { ...rotate, relation: 9 });
      expect(charts).toEqual([]);
      const other = await world.dispatch('p/0', rotate);
      expect(other.charts.map(({ path }) => path.at(-1))).toEqual(['rtn']);
      expect(answer(world)).toEqual(before);
    });
  },
);
