import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import type { Hook, World } from '../../../src/testing/world.ts';
import { askedOf } from './an-action.ts';
import { CertificateGiver } from './certificate-giver.ts';
import { RealCharm } from './charm.ts';

const [leader, follower] = ['pgbouncer/0', 'pgbouncer/1'];
const known = 'it has the form "2", and this version of the charm knows 1';
const until = 'nothing is changed until the charm is upgraded again (juju refresh)';
const ofLedger = `the ledger was written by a later version: ${known}; ${until}`;
const ofState = `this unit’s state was written by a later version: ${known}; ${until}`;

const hooks: readonly Hook[] = [
  ...['update-status', 'upgrade-charm', 'config-changed', 'leader-elected', 'start'].map(
    (name) => ({ name }),
  ),
  { name: 'database-relation-changed', relation: 2, remoteApplication: 'late' },
  { name: 'pgb-peers-relation-changed', relation: 0, remoteUnit: 'pgbouncer/1' },
  { name: 'backend-database-relation-departed' },
  { name: 'backend-database-relation-created' },
  { name: 'backend-database-relation-broken' },
  { name: 'database-relation-departed', relation: 2, remoteApplication: 'late' },
  { name: 'database-relation-broken', relation: 2, remoteApplication: 'late' },
  { name: 'certificates-relation-created' },
  { name: 'certificates-relation-changed' },
  { name: 'secret-remove' },
  // A unit learns in them whose relation is whose.
  { name: 'database-relation-created', relation: 2, remoteApplication: 'late' },
  { name: 'pgb-peers-relation-created', relation: 0 },
  ...[
    'metrics-endpoint-relation-created',
    'charm-tracing-relation-created',
    'grafana-dashboard-relation-created',
    'logging-relation-changed',
  ].map((name) => ({ name, relation: 200_000, remoteApplication: 'seeing' })),
];

/** Hooks that are nothing to the charm: they are over before it is asked what is on record. */
const idle: readonly Hook[] = [
  {
    name: 'database-relation-joined',
    relation: 2,
    remoteApplication: 'late',
    remoteUnit: 'late/0',
  },
  { name: 'leader-settings-changed' },
];

let charm: RealCharm;
let session: pg.Client;
beforeAll(async () => {
  const requirers = {
    shop: { units: 1, request: { database: 'orders' } },
    late: { units: 1, request: { database: 'later' } },
  };
  charm = await RealCharm.start({ units: 2, hasSecrets: true, requirers });
  await charm.settle();
  await charm.take({ _tag: 'Relate', application: 'shop' });
  await charm.settle();
  session = await login(charm.answerOf(1));
  await charm.take({ _tag: 'Relate', application: 'late' });
  await charm.until(leader, 'database-relation-changed');
  charm.certificates = new CertificateGiver(100_001);
}, 60_000);
afterAll(async () => {
  await session?.end();
  await charm.stop();
});

const ledger = (): Databag => charm.world.relations[0]?.applications.pgbouncer ?? {};

/** Puts something in the place of the ledger, as another version would have left it. */
function leaves(bag: Databag): void {
  const { relations } = charm.world;
  const [peers] = Object.values(relations);
  if (peers === undefined) throw new Error('there are no peers');
  const applications = { ...peers.applications, pgbouncer: bag };
  charm.world = { ...charm.world, relations: { ...relations, 0: { ...peers, applications } } };
}

function remembers(unit: string, state: Databag): void {
  const { units } = charm.world;
  const one = units[unit];
  if (one === undefined) throw new Error(`there is no ${unit}`);
  charm.world = { ...charm.world, units: { ...units, [unit]: { ...one, state } } };
}

const filesOf = (unit: string) =>
  ['pgbouncer.ini', 'userlist.txt', 'pgbouncer.pid'].map((file) =>
    readFileSync(join(charm.home(unit), file), 'utf8'),
  );

/** All that a model holds but the statuses, and what hooks a unit has heard of. */
const held = ({ relations, secrets, units }: World) => ({
  bags: Object.values(relations).map((one) => [one.applications, one.units]),
  secrets,
  states: Object.values(units).map(({ state }) => state),
});

/** Runs a hook that is to leave everything as it is. */
async function leavesAll(unit: string, hook: Hook, why: string): Promise<void> {
  const before = [held(charm.world), filesOf(unit)];
  const ended = await charm.hook(unit, hook);
  expect(ended, hook.name).toMatchObject({ code: 0, error: '' });
  expect(ended.out, hook.name).toContain(why);
  const writes = ended.calls.filter(({ tool }) => /-(set|add|remove|grant|delete)$/.test(tool));
  expect(writes.map(({ tool }) => tool)).toEqual(['status-set']);
  expect([held(charm.world), filesOf(unit)]).toEqual(before);
  expect(charm.statusOf(unit)).toBe(`blocked: ${why}`);
}

describe('what a later version has written', () => {
  it('is marked with its form by the leader, and in each unit’s state', () => {
    expect(ledger()).toMatchObject({ format: '1', leader });
    for (const unit of [leader, follower])
      expect(charm.world.units[unit]?.state).toMatchObject({ format: '1' });
  });

  it('in the ledger: no hook changes anything, and all of them say why', async () => {
    const before = ledger();
    // A record in a form that only the later version knows, and a served one that it has taken away.
    leaves({ format: '2', leader: 'pgbouncer/0', 'relation-3': '{"state":"paused"}' });
    for (const unit of [leader, follower])
      for (const hook of hooks) await leavesAll(unit, hook, ofLedger);
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await (await login(charm.answerOf(1))).end();
    expect(await charm.roles()).toEqual(['relation_id_1']);
    leaves(before);
  });

  it('in the ledger: a hook that is nothing to the charm is over at once, unless one waits', async () => {
    const [before, state] = [ledger(), charm.world.units[follower]?.state ?? {}];
    leaves({ ...before, format: '2' });
    for (const hook of idle) {
      const model = [held(charm.world), filesOf(follower)];
      const { code, error, calls } = await charm.hook(follower, hook);
      expect([code, error, calls.map(({ tool }) => tool)], hook.name).toEqual([
        ...[0, ''],
        ['state-get'],
      ]);
      expect([held(charm.world), filesOf(follower)]).toEqual(model);
    }
    const event = { hook: 'database-relation-changed', relation: 2 };
    const deferred = JSON.stringify([{ hook: 'database-requested', event }]);
    remembers(follower, { ...state, deferred });
    for (const hook of idle) await leavesAll(follower, hook, ofLedger);
    leaves(before);
    remembers(follower, state);
  });

  it.each(['show-relations', 'plan', 'resync'])('in the ledger: %s refuses', async (name) => {
    const before = ledger();
    leaves({ ...before, format: '2' });
    for (const unit of [leader, follower])
      expect(await askedOf(charm, unit, name)).toEqual({
        results: {},
        failure: ofLedger,
        writes: [],
      });
    leaves(before);
  });

  it('in a unit’s own state: that unit alone leaves all as it is, what it would learn as well', async () => {
    const before = charm.world.units[follower]?.state ?? {};
    remembers(follower, { ...before, format: '2', deferred: '[[1]]' });
    const created = { name: 'database-relation-created', relation: 2, remoteApplication: 'late' };
    for (const hook of [created, { name: 'update-status' }])
      await leavesAll(follower, hook, ofState);
    expect((await charm.hook(leader, { name: 'update-status' })).code).toBe(0);
    expect(charm.statusOf(leader)).not.toContain('later version');
    remembers(follower, before);
  });

  it('is gone when the charm is upgraded again: it goes on where it was', async () => {
    charm.certificates = null;
    for (const unit of [leader, follower])
      expect(await charm.hook(unit, { name: 'upgrade-charm' })).toMatchObject({
        code: 0,
        error: '',
      });
    await charm.settle();
    for (const unit of [leader, follower]) expect(charm.statusOf(unit)).toBe('active: ');
    for (const relation of [1, 2]) await (await login(charm.answerOf(relation))).end();
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('is left as it is by a unit that goes meanwhile', async () => {
    leaves({ ...ledger(), format: '2' });
    const { code, error, calls } = await charm.hook(follower, { name: 'stop' });
    expect([code, error]).toEqual([0, '']);
    const writes = calls.filter(({ tool }) => /-(set|add|remove|grant|delete)$/.test(tool));
    expect(writes.map(({ tool }) => tool)).toEqual(['status-set']);
  });
});
