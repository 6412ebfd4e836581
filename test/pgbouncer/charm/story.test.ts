import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { type Ended, RealCharm } from './charm.ts';

const [first, second] = [1, 2];
const leader = 'pgbouncer/0';
const units = [leader, 'pgbouncer/1', 'pgbouncer/2'];

let charm: RealCharm;
let session: pg.Client;
beforeAll(async () => {
  charm = await RealCharm.start({
    hasSecrets: true,
    requirers: {
      application: {
        units: 1,
        request: { database: 'first_database', 'extra-user-roles': 'CREATEDB,CREATEROLE' },
      },
      another: { units: 1, request: { database: 'second_database' } },
    },
  });
}, 60_000);
afterAll(async () => {
  await session?.end();
  await charm.stop();
});

const wrote = ({ calls }: Ended) =>
  calls.filter(({ tool }) => /-(set|add|grant|remove|delete)$/.test(tool));

describe('a charm on Juju, three units, from request to removal', () => {
  it('is up, and says what it waits for', async () => {
    await charm.settle();
    for (const unit of units) expect(charm.statusOf(unit)).toBe('active: ');
  });

  it('provisions in one hook of eighteen calls at most, and tells nobody a password', async () => {
    await charm.take({ _tag: 'Relate', application: 'application' });
    const hook = await charm.until(leader, 'database-relation-changed');
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
    expect(ended).toMatchObject({ code: 0, error: '' });
    const { password } = charm.answerOf(first);
    expect(password).toMatch(/^[A-Za-z0-9]{24}$/);
    expect(ended?.calls.length).toBeLessThanOrEqual(18);
    expect(ended?.out).toMatch(/update_databag \(\d+ ms\) > rtn2, returned/);
    expect(JSON.stringify([ended?.calls, ended?.out])).not.toContain(password);
    await charm.settle();
  });

  it('U-44: keeps what is secret in secrets, labelled and granted', () => {
    const bag = charm.world.relations[first]?.applications.pgbouncer ?? {};
    expect(Object.keys(bag).sort()).toEqual([
      'data',
      'database',
      'endpoints',
      'read-only-endpoints',
      'secret-tls',
      'secret-user',
      'version',
    ]);
    const labels = Object.values(charm.world.secrets)
      .map(({ label, owner, grants }) => ({ label, owner, grants }))
      .sort((one, other) => (String(one.label) < String(other.label) ? -1 : 1));
    expect(labels).toEqual([
      { label: 'database.1.tls.secret', owner: 'pgbouncer', grants: [first] },
      { label: 'database.1.user.secret', owner: 'pgbouncer', grants: [first] },
    ]);
    const { password } = charm.answerOf(first);
    const shown = {
      ...charm.world,
      secrets: {},
      units: { ...charm.world.units, 'application/0': 0 },
    };
    expect(JSON.stringify(shown)).not.toContain(password);
  });

  it('lets the client in through the leader, with the roles that it asked for', async () => {
    session = await login(charm.answerOf(first));
    await session.query("CREATE TABLE greeting AS SELECT 'hello' AS word");
    const { rows } = await session.query(
      'SELECT rolcreatedb AND rolcreaterole AS granted FROM pg_roles WHERE rolname = session_user',
    );
    expect(rows).toEqual([{ granted: true }]);
  });

  it('gives strings to connect by, of one host each, for writing and for reading', () => {
    const { uris, endpoints, username, password, ...answer } = charm.answerOf(first);
    expect(uris).toBe(`postgresql://${username}:${password}@${endpoints}/first_database`);
    expect(answer['read-only-uris']).toBe(
      `postgresql://${username}:${password}@${endpoints}/first_database_readonly`,
    );
    expect(answer['read-only-endpoints']?.split(',')).toHaveLength(2);
  });

  it('lets the client read from the replica through a follower', async () => {
    const reader = await login(charm.answerOf(first), {
      key: 'read-only-endpoints',
      database: 'first_database_readonly',
    });
    const read = async () => {
      const { rows } = await reader.query(
        "SELECT to_regclass('greeting') IS NOT NULL AS there, pg_is_in_recovery() AS replica",
      );
      return rows[0];
    };
    const until = performance.now() + 10_000;
    while (!(await read()).there && performance.now() < until);
    expect(await read()).toEqual({ there: true, replica: true });
    expect((await reader.query('SELECT word FROM greeting')).rows).toEqual([{ word: 'hello' }]);
    await reader.end();
  });

  it('leaves the first session alone when another application comes', async () => {
    await charm.take({ _tag: 'Relate', application: 'another' });
    await charm.settle();
    expect((await session.query('SELECT word FROM greeting')).rows).toEqual([{ word: 'hello' }]);
    await (await login(charm.answerOf(second))).end();
  });

  it('has nothing to write when nothing has changed, and asks fourteen things at most', async () => {
    const files = units.map((unit) => charm.ini(unit));
    const reloads = charm.reloads(leader);
    expect(reloads).toBeGreaterThan(0);
    const hook = { name: 'update-status' };
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
    if (ended === null) throw new Error('it did not run');
    expect(wrote(ended).map(({ tool }) => tool)).toEqual(['status-set']);
    expect(ended.calls.length).toBeLessThanOrEqual(14);
    expect(units.map((unit) => charm.ini(unit))).toEqual(files);
    expect(charm.reloads(leader)).toBe(reloads);
  });

  it('has nothing to do in a hook that nobody handles', async () => {
    const hook = { name: 'database-relation-joined', relation: first, remoteUnit: 'application/0' };
    expect(await charm.hook(leader, hook)).toMatchObject({
      code: 0,
      out: '',
      error: '',
      calls: [{ tool: 'state-get' }],
    });
  });

  it('U-28: moves the endpoints to another leader, and the client goes on as it is', async () => {
    const { password, endpoints } = charm.answerOf(first);
    await charm.take({ _tag: 'LoseLeader', application: 'pgbouncer' });
    await charm.take({ _tag: 'Elect', unit: 'pgbouncer/1' });
    await charm.settle();
    const moved = charm.answerOf(first);
    expect(moved.password).toBe(password);
    expect(moved.endpoints).not.toBe(endpoints);
    expect(moved['read-only-endpoints']).toContain(endpoints);
    // The old leader serves on: a new revision would be one for nothing.
    expect(moved.uris).toContain(endpoints);
    await (await login({ ...moved, endpoints: endpoints ?? '' })).end();
    await (await login(moved)).end();
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await session.end();
  });

  it('removes in one hook of fourteen calls at most what an application had', async () => {
    await charm.take({ _tag: 'RemoveRelation', relation: second });
    await charm.settle();
    const before = charm.answerOf(first);
    await charm.take({ _tag: 'RemoveRelation', relation: first });
    const hook = await charm.until('pgbouncer/1', 'database-relation-broken');
    const ended = await charm.take({ _tag: 'RunHook', unit: 'pgbouncer/1', hook });
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(ended?.calls.length).toBeLessThanOrEqual(14);
    await charm.settle();
    await expect(login(before)).rejects.toThrow();
  });

  it('leaves nothing', async () => {
    expect(await charm.roles()).toEqual([]);
    for (const unit of units) expect(charm.serving(unit)).toEqual([]);
    expect(Object.keys(charm.world.relations[0]?.applications.pgbouncer ?? {})).toEqual([
      'format',
      'leader',
    ]);
    expect(charm.world.secrets).toEqual({});
    // Whose relation was whose is forgotten when there is something to be kept.
    for (const unit of units)
      expect(Object.keys(charm.world.units[unit]?.state ?? {}).sort()).toEqual([
        'applications-0',
        'format',
        'known',
        ...(charm.world.applications.pgbouncer?.leader === unit ? ['looked'] : []),
        'settings',
      ]);
  });
});
