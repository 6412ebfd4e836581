import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { RealCharm } from './charm.ts';
import { asVersion01Left, lookupLogin, topology, units } from './version-0.1.ts';

const [plain, maker, watcher] = [1, 2, 3];
const relations = [plain, maker, watcher];
const [leader, follower, last] = units;

let charm: RealCharm;
let answers: Databag[];
let sessions: { client: pg.Client; backend: unknown }[];
let processes: string[];
let verifiers: unknown;
beforeAll(async () => {
  charm = await RealCharm.start(topology);
  charm.giveSuperuser();
  await asVersion01Left(charm);
  answers = relations.map((relation) => charm.answerOf(relation));
  sessions = [];
  for (const answer of answers)
    for (const unit of units) {
      const client = await login(through(unit, answer));
      if (unit === leader)
        await client.query(`CREATE TABLE of_${answer.username} AS SELECT 1 AS one`);
      sessions.push({ client, backend: await backendOf(client) });
    }
  processes = units.map(processOf);
  verifiers = await verifiersNow();
}, 60_000);
afterAll(async () => {
  await Promise.all(sessions?.map(({ client }) => client.end()) ?? []);
  await charm.stop();
});

const through = (unit: string, answer: Databag): Databag => ({
  ...answer,
  endpoints: `127.0.0.1:${charm.config(unit).listen_port}`,
});
const backendOf = async (client: pg.Client) =>
  (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
const fileOf = (unit: string, name: string) => readFileSync(join(charm.home(unit), name), 'utf8');
const processOf = (unit: string) => fileOf(unit, 'pgbouncer.pid').trim();
const ledger = () => Object.keys(charm.world.relations[0]?.applications.pgbouncer ?? {}).sort();
const verifiersNow = () =>
  charm.sql(
    "SELECT rolname, rolpassword FROM pg_authid WHERE rolname ~ '^relation_id_[123]' ORDER BY 1",
  );

/** Everybody, through every unit: a PgBouncer of 0.1 may be told what ends it at the next login. */
async function everybodyLogsIn(): Promise<void> {
  for (const unit of units)
    for (const answer of answers) await (await login(through(unit, answer))).end();
}

async function hook(unit: string, name: string) {
  const ended = await charm.hook(unit, { name });
  expect(ended).toMatchObject({ code: 0, error: '' });
  return ended;
}

describe('a deployment of version 0.1, upgraded under open sessions', () => {
  it.each([follower, leader, last])('serves on with the new charm on %s', async (unit) => {
    await hook(unit, 'upgrade-charm');
    await charm.settle();
    await everybodyLogsIn();
    for (const { client, backend } of sessions) expect(await backendOf(client)).toBe(backend);
    for (const [at, relation] of relations.entries()) {
      const { status: _, ...answer } = charm.answerOf(relation);
      const { 'read-only-uris': several, uris, ...before } = answers[at] ?? {};
      expect(answer).toMatchObject({ ...before, uris });
      // It named several hosts, which few libraries read; the leader puts that right.
      const one = uris?.endsWith(`${'l'.repeat(60)}`) ? uris : `${uris}_readonly`;
      expect([several, one]).toContain(answer['read-only-uris']);
      // Whom it refuses it does not answer anew.
      if (unit !== follower && relation !== watcher) expect(answer['read-only-uris']).toBe(one);
    }
    expect(units.map(processOf)).toEqual(processes);
  });

  it('has taken the roles over as they were, each of which works as itself', async () => {
    expect(await verifiersNow()).toEqual(verifiers);
    expect(await charm.sql('SELECT setrole FROM pg_db_role_setting')).toEqual([]);
    expect(await charm.roles()).toEqual(answers.map(({ username }) => username));
    const { host, port } = charm.backend.primary;
    for (const answer of answers) {
      const client = await login({ ...answer, endpoints: `${host}:${port}` });
      const { rows } = await client.query('SELECT current_user = session_user AS self');
      expect(rows).toEqual([{ self: true }]);
      await client.query(`ALTER TABLE of_${answer.username} ADD COLUMN two int`);
      await client.end();
    }
  });

  it('takes back what it would not grant, and says so', async () => {
    expect(
      await charm.sql("SELECT pg_has_role('relation_id_3', 'pg_monitor', 'MEMBER') AS granted"),
    ).toEqual([{ granted: false }]);
    expect(charm.statusOf(leader)).toMatch(
      /^blocked: relation 3: extra-user-roles asks for "pg_monitor", which the option/,
    );
    const told = relations.map((relation) => charm.answerOf(relation).status ?? '');
    expect(told).toEqual(['', '', expect.stringContaining('asks for \\"pg_monitor\\"')]);
  });

  it('looks users up as long as a client of before may be there', () => {
    for (const unit of units) {
      expect(charm.ini(unit)).toContain(
        "auth_query = SELECT uname, phash FROM hookchart.user_lookup($1) WHERE uname IN ('relation_id_1', 'relation_id_2', 'relation_id_3')\n",
      );
      expect(fileOf(unit, 'userlist.txt')).toMatch(/^"hookchart_admin" "SCRAM-SHA-256\$/);
    }
    expect(ledger()).toContain('auth-user');
  });

  it('lists them once none is, and ends the login that looked them up', async () => {
    const [, username = '', password = ''] = lookupLogin.exec(fileOf(leader, 'userlist.txt')) ?? [];
    const { host, port } = charm.backend.primary;
    const lookup = { username, password, database: 'app', endpoints: `${host}:${port}` };
    await (await login(lookup)).end();
    await Promise.all(sessions.map(({ client }) => client.end()));
    for (const unit of [follower, last, leader]) await hook(unit, 'update-status');
    await charm.settle();
    await everybodyLogsIn();
    for (const unit of units) {
      expect(charm.ini(unit)).not.toMatch(/auth_(user|query)/);
      const listed = fileOf(unit, 'userlist.txt').match(/^"relation_id_\d" "SCRAM-SHA-256\$/gm);
      expect(listed).toHaveLength(3);
    }
    await expect(login(lookup)).rejects.toThrow(/password authentication failed/);
    expect(ledger()).toEqual(['format', 'leader', 'relation-1', 'relation-2', 'relation-3']);
    const labels = Object.values(charm.world.secrets).map(({ label }) => label);
    expect(labels).not.toContain('pgb-peers.auth.secret');
  });

  it('removes each relation as if it had been its own from the start', async () => {
    for (const relation of relations) await charm.take({ _tag: 'RemoveRelation', relation });
    await charm.settle();
    expect(await charm.roles()).toEqual([]);
    expect(ledger()).toEqual(['format', 'leader']);
    expect(charm.world.secrets).toEqual({});
  });
});
