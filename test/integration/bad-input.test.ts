import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render } from '../../src/pgbouncer/errors.ts';
import type { Databag } from '../../src/pgbouncer/relation/request.ts';
import { runChart } from './hooks.ts';
import { entries, files, own, relate, type Servers, sql, useServers } from './look.ts';

const leader = 'pgbouncer-k8s/0';

let world: Servers['world'];
useServers(
  (servers) => {
    ({ world } = servers);
  },
  { units: 1, leader: 0 },
);

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('a,b', 'x\n[users]', '"', "'; DROP TABLE x; --", '\0', '{"a":', 'null', 'é', '*'),
  fc.integer({ min: 64, max: 300_000 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 1, max: 100_000 }).map((length) => '😀'.repeat(length)),
);

const name = text.filter((value) => !/^[A-Za-z0-9_.-]{1,63}$/.test(value));
const roles = text.filter((value) => /[^\sA-Za-z0-9_.$@,-]/.test(value));

/** Databags that ask for what cannot be given: a bad name, bad roles, or both, beside any other keys. */
const bad: fc.Arbitrary<Databag> = fc
  .tuple(
    fc.dictionary(text, text, { maxKeys: 5 }),
    fc.oneof(
      fc.record({ database: name }),
      fc.record({ database: name, 'extra-user-roles': text }),
      fc.record({ database: fc.constant('app'), 'extra-user-roles': roles }),
      fc.constant({}),
    ),
  )
  .map(([others, request]) => ({ ...others, ...request }))
  .filter((bag) => !('database' in bag && bag.database === 'app') || 'extra-user-roles' in bag);

describe('arbitrary databags', () => {
  it('property: each gets a clear refusal; nothing is created, the files stay and load from cold', async () => {
    const bag = await relate(world, 1, { database: 'served' });
    const before = files(world, leader);
    const census = () =>
      sql(
        world,
        `SELECT (SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles) AS roles,
                (SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database) AS databases`,
      );
    const made = await census();
    await fc.assert(
      fc.asyncProperty(bad, async (databag) => {
        world.juju.request(2, databag);
        const run = await runChart(world, leader, 'database-requested', { relation: 2 });
        expect(run.end._tag).toBe('Refused');
        const why = 'why' in run.end && run.end.why !== null ? render(run.end.why) : '';
        expect(why).toMatch(/^relation 2[\x20-\x7e…]{10,400}$/);
        const { status: _, ...shown } = own(world, 2);
        expect(shown).toEqual({});
        expect(files(world, leader)).toEqual(before);
      }),
      { numRuns: 150 },
    );
    expect(await census()).toEqual(made);
    await world.pooler(leader).kill();
    await world.pooler(leader).start();
    expect(await entries(world, leader)).toEqual(['served', 'served_readonly']);
    world.juju.forget(2);
    await world.settle();
    expect(own(world, 1)).toEqual(bag);
    expect(world.juju.status(leader)).toEqual({ name: 'active', message: '' });
  });
});
