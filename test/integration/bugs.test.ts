import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { reconcile, runChart } from './hooks.ts';
import {
  entries,
  files,
  login,
  logsIn,
  own,
  record,
  relate,
  type Servers,
  sql,
  unrelate,
  useServers,
} from './look.ts';

const [zero, leader, two] = ['pgbouncer-k8s/0', 'pgbouncer-k8s/1', 'pgbouncer-k8s/2'] as const;

let backend: Servers['backend'];
let world: Servers['world'];
useServers((servers) => {
  ({ world, backend } = servers);
});

afterEach(async () => {
  for (const relation of world.juju.relations) await unrelate(world, relation);
});

const status = (unit: string) => world.juju.status(unit);

/** PgBouncer reads its files from nothing, as after a reboot. */
async function coldStart(unit: string): Promise<void> {
  await world.pooler(unit).kill();
  await world.pooler(unit).start();
}

describe('names', () => {
  it.each([
    [54, 2],
    [55, 1],
    [63, 1],
  ])(
    'U-01: %i bytes are served after a cold start, with the alias only where it fits',
    async (length, count) => {
      const database = 'n'.repeat(length);
      const bag = await relate(world, length, { database });
      expect((await entries(world, leader)).filter((name) => name.startsWith('nnn')).length).toBe(
        count,
      );
      expect(JSON.stringify(bag).includes('_readonly')).toBe(false);
      await coldStart(leader);
      expect(await logsIn(bag)).toBe(true);
      await unrelate(world, length);
    },
  );

  it('U-01, U-02: 64 and 70 bytes are refused, files untouched, nobody’s data shared', async () => {
    const first = await relate(world, 1, { database: 'm'.repeat(63) });
    const before = files(world, leader);
    for (const [relation, length] of [
      [2, 64],
      [3, 70],
    ] as const) {
      world.juju.request(relation, { database: 'm'.repeat(length) });
      const run = await runChart(world, leader, 'database-requested', { relation });
      expect(run.end).toMatchObject({ _tag: 'Refused', why: { _tag: 'RequestInvalid' } });
      expect(Object.keys(own(world, relation))).toEqual(['status']);
      expect(status(leader)).toMatchObject({ name: 'blocked' });
    }
    expect(files(world, leader)).toEqual(before);
    expect(await logsIn(first)).toBe(true);
    for (const relation of [1, 2, 3]) await unrelate(world, relation);
    expect(status(leader)).toEqual({ name: 'active', message: '' });
  });

  it('U-09: where no replica is left, the alias leads to the primary', async () => {
    const bag = await relate(world, 4, { database: 'alias_db' });
    const isReplica = async () => {
      await world.replicated();
      const reader = await login(bag, {
        key: 'read-only-endpoints',
        database: 'alias_db_readonly',
      });
      const { rows } = await reader.query('SELECT pg_is_in_recovery() AS replica');
      await reader.end();
      return rows[0].replica;
    };
    expect(await isReplica()).toBe(true);
    const { replica } = world;
    world.replica = null;
    await world.settle();
    expect(await isReplica()).toBe(false);
    world.replica = replica;
    await unrelate(world, 4);
  });
});

describe('sessions', () => {
  it('U-15, U-30: others come, go and share a database, and an open session lives on', async () => {
    const bag = await relate(world, 4, { database: 'shared' });
    const session = await login(bag);
    await session.query('CREATE TABLE t (a int)');
    const pid = (await session.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
    const other = await relate(world, 7, { database: 'shared' });
    await relate(world, 8, { database: 'another' });
    const guest = await login(other);
    await guest.query('INSERT INTO t VALUES (1)');
    await guest.query('CREATE TABLE of_guest (a int)');
    await unrelate(world, 8);
    await unrelate(world, 7);
    await expect(guest.query('SELECT 1')).rejects.toThrow();
    expect((await session.query('SELECT pg_backend_pid() AS pid')).rows[0].pid).toBe(pid);
    await session.query('ALTER TABLE of_guest ADD COLUMN b int');
    expect(await logsIn(bag)).toBe(true);
    expect(await logsIn(other)).toBe(false);
    await session.end();
    await unrelate(world, 4);
  });

  it('H18: whoever is removed is cut off at once, in the middle of a transaction', async () => {
    const bag = await relate(world, 4, { database: 'cut_off' });
    const session = await login(bag);
    await session.query('BEGIN; CREATE TABLE t (a int)');
    await unrelate(world, 4);
    await expect(session.query('COMMIT')).rejects.toThrow();
    expect(record(world, 4)).toBeNull();
  });
});

describe('files and processes', () => {
  it('U-12: files that vanished are there again before PgBouncer starts', async () => {
    const bag = await relate(world, 4, { database: 'vanished' });
    const before = files(world, leader);
    const { iniFile, settings } = world.pooler(leader).process;
    await world.pooler(leader).kill();
    for (const file of [iniFile, settings.userlistFile]) rmSync(file);
    const work = await reconcile(world, leader);
    expect(work[0]).toMatchObject({
      end: { _tag: 'Deferred', why: { _tag: 'PoolerUnavailable' } },
    });
    expect(files(world, leader)).toEqual(before);
    await world.pooler(leader).start();
    expect(await logsIn(bag)).toBe(true);
    await unrelate(world, 4);
  });

  it('U-13: after broken no unit serves the database, the leader included', async () => {
    await relate(world, 4, { database: 'gone' });
    await unrelate(world, 4);
    for (const unit of world.juju.units) expect(await entries(world, unit)).not.toContain('gone');
  });

  it('U-14: a unit whose process hangs is left out of the endpoints until it confirms', async () => {
    await world.pooler(two).kill();
    const bag = await relate(world, 4, { database: 'lagging' });
    const endpoint = (unit: string) => `${world.pooler(unit).host}:${world.pooler(unit).port}`;
    expect(bag['read-only-endpoints']).toBe(endpoint(zero));
    await world.pooler(two).start();
    await world.settle();
    expect(own(world, 4)['read-only-endpoints']?.split(',').sort()).toEqual(
      [endpoint(zero), endpoint(two)].sort(),
    );
    await unrelate(world, 4);
  });

  it('U-40: the verifiers in the userlist are those that PostgreSQL has', async () => {
    const bag = await relate(world, 4, { database: 'userlist' });
    const { userlist } = files(world, leader);
    const [role] = await sql(
      world,
      "SELECT rolpassword FROM pg_authid WHERE rolname = 'relation_id_4'",
    );
    expect(userlist).toMatch(/^"hookchart_admin" "SCRAM-SHA-256\$\S+"\n"relation_id_4" /);
    expect(userlist).toContain(`"relation_id_4" "${String(role?.rolpassword)}"\n`);
    await coldStart(zero);
    expect(await logsIn({ ...bag, endpoints: bag['read-only-endpoints'] ?? '' })).toBe(true);
    await unrelate(world, 4);
  });
});

describe('requests', () => {
  it('U-18: SQL in extra-user-roles reaches no statement; the status clears by itself', async () => {
    world.juju.request(4, {
      database: 'roles',
      'extra-user-roles': 'CREATEDB; create role injected superuser; --',
    });
    await runChart(world, leader, 'database-requested', { relation: 4 });
    expect(status(leader)).toMatchObject({ name: 'blocked' });
    expect(await sql(world, "SELECT 1 FROM pg_roles WHERE rolname = 'injected'")).toEqual([]);
    await unrelate(world, 4);
    expect(status(leader)).toEqual({ name: 'active', message: '' });
  });

  it('U-19: NOSUPERUSER makes nobody an administrator, of PostgreSQL or of the console', async () => {
    world.juju.request(4, { database: 'plain', 'extra-user-roles': 'NOSUPERUSER' });
    await runChart(world, leader, 'database-requested', { relation: 4 });
    expect(status(leader)).toMatchObject({ name: 'blocked' });
    const bag = await relate(world, 4, { database: 'plain', 'extra-user-roles': 'NOCREATEROLE' });
    const rows = await sql(world, "SELECT rolsuper FROM pg_roles WHERE rolname = 'relation_id_4'");
    expect(rows).toEqual([{ rolsuper: false }]);
    await expect(login(bag, { database: 'pgbouncer' })).rejects.toThrow();
    expect(files(world, leader).ini).toContain('admin_users = hookchart_admin\n');
    await unrelate(world, 4);
  });

  it('U-22, U-23: a request deferred by a leader that dies is served by the next, without input', async () => {
    await backend.primary.stop();
    world.juju.request(4, { database: 'rescued' });
    const run = await runChart(world, leader, 'database-requested', { relation: 4 });
    expect(run.end).toMatchObject({ _tag: 'Deferred' });
    world.juju.leader = zero;
    await backend.primary.start();
    await world.settle();
    expect(await logsIn(own(world, 4))).toBe(true);
    world.juju.leader = leader;
    await world.settle();
    await unrelate(world, 4);
  });

  it('U-24: replayed and retried, the password stays and so does its verifier', async () => {
    const bag = await relate(world, 4, { database: 'same' });
    const verifier = () =>
      sql(world, "SELECT rolpassword FROM pg_authid WHERE rolname = 'relation_id_4'");
    const before = await verifier();
    const session = await login(bag);
    for (const unit of [leader, zero])
      await runChart(world, unit, 'database-requested', { relation: 4 });
    await world.settle();
    expect(own(world, 4)).toEqual(bag);
    expect(await verifier()).toEqual(before);
    await session.query('SELECT 1');
    await session.end();
    await unrelate(world, 4);
  });

  it('U-28: when the leader dies, the next hook of its successor moves the endpoints', async () => {
    const bag = await relate(world, 4, { database: 'moving' });
    await world.pooler(leader).kill();
    world.juju.removeUnit(leader);
    world.juju.leader = zero;
    await reconcile(world, zero);
    const moved = own(world, 4);
    expect(moved.endpoints).toBe(`127.0.0.1:${world.pooler(zero).port}`);
    expect(moved['read-only-endpoints']).toBe(`127.0.0.1:${world.pooler(two).port}`);
    expect(moved.password).toBe(bag.password);
    expect(await logsIn(moved)).toBe(true);
    world.juju.addUnit(leader);
    world.juju.leader = leader;
    await world.pooler(leader).start();
    await world.settle();
    await unrelate(world, 4);
  });
});

describe('removals', () => {
  it('U-32: broken needs nothing of the remote databag', async () => {
    await relate(world, 4, { database: 'unread' });
    world.juju.request(4, {});
    await unrelate(world, 4);
    expect(await entries(world, leader)).toEqual([]);
    expect(record(world, 4)).toBeNull();
  });

  it('U-33, H20: a role that holds what is in another’s closed database stays on record, locked out, until it can go', async () => {
    await relate(world, 4, { database: 'mine', 'extra-user-roles': 'CREATEDB' });
    await sql(world, 'CREATE DATABASE locked');
    await sql(world, 'CREATE TABLE t (a int); ALTER TABLE t OWNER TO relation_id_4', 'locked');
    await sql(world, 'ALTER DATABASE locked ALLOW_CONNECTIONS false');
    await unrelate(world, 4);
    expect(await entries(world, leader)).not.toContain('mine');
    expect(record(world, 4)).toMatchObject({ state: 'removing', password: null });
    expect(status(leader)).toMatchObject({ name: 'waiting' });
    expect(status(leader)?.message).toContain('database "locked" is not currently accepting');
    const [role] = await sql(
      world,
      "SELECT rolcanlogin, rolpassword FROM pg_authid WHERE rolname = 'relation_id_4'",
    );
    expect(role).toEqual({ rolcanlogin: false, rolpassword: null });
    await sql(world, 'ALTER DATABASE locked ALLOW_CONNECTIONS true');
    await world.settle();
    expect(record(world, 4)).toBeNull();
    expect(status(leader)).toEqual({ name: 'active', message: '' });
  });

  it('H19: a lock on its tables delays the removal, bounded; the hook ends well', async () => {
    const bag = await relate(world, 4, { database: 'busy', 'extra-user-roles': 'CREATEDB' });
    const client = await login(bag);
    await client.query('CREATE TABLE t (a int)');
    await client.end();
    const blocker = await world.primary.connect('busy');
    await blocker.query('BEGIN; LOCK TABLE t');
    await unrelate(world, 4);
    expect(record(world, 4)).toMatchObject({ state: 'removing' });
    await blocker.query('ROLLBACK');
    await blocker.end();
    await world.settle();
    expect(record(world, 4)).toBeNull();
    expect(await sql(world, "SELECT 1 FROM pg_roles WHERE rolname = 'relation_id_4'")).toEqual([]);
  });

  it('H12: removed while PostgreSQL is down, deleted when it is back', async () => {
    await relate(world, 4, { database: 'down' });
    await backend.primary.stop();
    await unrelate(world, 4);
    expect(await entries(world, leader)).not.toContain('down');
    expect(record(world, 4)).toMatchObject({ state: 'removing', password: null });
    await backend.primary.start();
    await world.settle();
    expect(record(world, 4)).toBeNull();
    expect(await sql(world, "SELECT 1 FROM pg_roles WHERE rolname = 'relation_id_4'")).toEqual([]);
  });

  it('U-34: a relation that never asked leaves no trace and makes no statement', async () => {
    world.juju.request(4, {});
    const before = files(world, leader);
    await unrelate(world, 4);
    expect(files(world, leader)).toEqual(before);
    expect(Object.keys(world.juju.databag({ _tag: 'PeerApp' }))).toEqual(['format', 'leader']);
  });

  it('U-35, H6: the whole application goes: no role, no record, no secret', async () => {
    const bag = await relate(world, 4, { database: 'last' });
    const { units } = world.juju;
    for (const unit of units) world.juju.dying.add(unit);
    for (const unit of units)
      await runChart(world, unit, 'database-relation-departed', {
        relation: 4,
        departingUnit: unit,
      });
    world.juju.breaking(4);
    for (const unit of units)
      await runChart(world, unit, 'database-relation-broken', { relation: 4 });
    const bags = JSON.stringify(
      [world.juju.databag({ _tag: 'PeerApp' })].concat(
        units.map((unit) => world.juju.databag({ _tag: 'PeerUnit', unit })),
      ),
    );
    expect(bags).not.toContain(bag.password);
    expect(bags).not.toContain('relation-4');
    expect(await sql(world, "SELECT 1 FROM pg_roles WHERE rolname LIKE 'relation_id_%'")).toEqual(
      [],
    );
    world.juju.forget(4);
    // Others come in their place: a unit that was to go never stays.
    for (const unit of units) world.juju.removeUnit(unit);
    for (const unit of units) world.juju.addUnit(unit);
    world.juju.leader = leader;
  });
});

describe('a new backend', () => {
  it('U-39: both clients log in again, with the credentials they have', async () => {
    const bags = [
      await relate(world, 4, { database: 'first' }),
      await relate(world, 7, { database: 'second' }),
    ];
    for (const database of ['first', 'second'])
      await sql(world, `DROP DATABASE ${database} WITH (FORCE)`);
    const owners = await sql(
      world,
      "SELECT rolname FROM pg_roles WHERE rolname ~ '^hookchart_.{8}_(first|second)$'",
    );
    for (const role of ['relation_id_4', 'relation_id_7', ...owners.map((row) => row.rolname)])
      await sql(world, `DROP ROLE "${role}"`);
    await world.settle();
    for (const bag of bags) expect(await logsIn(bag)).toBe(true);
    expect([own(world, 4), own(world, 7)]).toEqual(bags);
    for (const relation of [4, 7]) await unrelate(world, relation);
  });
});
