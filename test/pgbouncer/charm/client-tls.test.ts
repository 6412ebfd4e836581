import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offeredCertificate } from '../../../src/pgbouncer/wire/index.ts';
import type { Hook } from '../../../src/testing/world.ts';
import { type Authority, authority, commonNameIn } from '../../integration/certificates.ts';
import { askedOf } from './an-action.ts';
import { CertificateGiver } from './certificate-giver.ts';
import { RealCharm } from './charm.ts';

const leader = 'pgbouncer/0';
const follower = 'pgbouncer/1';
const relation = 1;

let authorities: { readonly first: Authority; readonly second: Authority };
let charm: RealCharm;
/** A session, in a transaction, through all that happens here. */
let held: pg.Client;

beforeAll(async () => {
  authorities = { first: authority(), second: authority() };
  const requirers = Object.fromEntries(
    ['app', 'late'].map((name) => [name, { units: 1, request: { database: name } }]),
  );
  charm = await RealCharm.start({ units: 2, hasSecrets: true, requirers });
  await charm.settle();
  await charm.take({ _tag: 'Relate', application: 'app' });
  await charm.settle();
}, 180_000);
afterAll(async () => {
  await charm.stop();
  for (const { remove } of Object.values(authorities)) remove();
});

/** A hook that ends well, and all that follows from it. */
async function hook(unit: string, name: string) {
  const called: Hook = { name };
  const ended = await charm.hook(unit, called);
  expect(ended).toMatchObject({ code: 0, error: '' });
  await charm.settle();
  return ended;
}

const giver = (): CertificateGiver => {
  if (charm.certificates === null) throw new Error('nothing is related to certificates');
  return charm.certificates;
};

async function changed(...units: readonly string[]): Promise<void> {
  for (const unit of units) await hook(unit, 'certificates-relation-changed');
}

/** As a careful client: it verifies by what the databag says alone. */
async function login(ca: string | null, key = 'endpoints'): Promise<pg.Client> {
  const bag = charm.answerOf(relation);
  const [host = '', port] = (bag[key] ?? '').split(':');
  const client = new pg.Client({
    ...{ host, port: Number(port), database: 'app' },
    ...{ user: bag.username ?? '', password: bag.password ?? '' },
    ...(ca === null ? {} : { ssl: { ca, rejectUnauthorized: true } }),
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function gets(ca: string | null, key?: string): Promise<unknown> {
  const client = await login(ca, key);
  try {
    return (await client.query('SELECT 1 AS one')).rows[0].one;
  } finally {
    await client.end();
  }
}

const said = () => {
  const { tls, 'tls-ca': ca } = charm.answerOf(relation);
  return { tls, ca };
};

const bagOf = (id: number) => charm.world.relations[id]?.applications.pgbouncer ?? {};

/** The certificate that a unit shows to who comes by TLS. */
const shownBy = (unit: string) =>
  offeredCertificate({ host: '127.0.0.1', port: Number(charm.config(unit).listen_port) }, 5_000);

/** What is in a unit's folder of keys and certificates. */
const filesOf = (unit: string) =>
  readdirSync(charm.home(unit)).filter((name) => name.startsWith('client-'));

const fileOf = (unit: string, name: string) => join(charm.home(unit), name);
const keyOf = (unit: string) => readFileSync(fileOf(unit, 'client-key.pem'), 'utf8');

describe('certificates', () => {
  it('that nobody gives change nothing', () => {
    expect(charm.ini(leader)).not.toContain('client_tls');
    expect(said()).toEqual({ tls: 'False', ca: undefined });
    expect(existsSync(fileOf(leader, 'client-key.pem'))).toBe(false);
  });

  it('are asked for by each unit, with a key of its own that nobody else reads', async () => {
    charm.certificates = new CertificateGiver(100_001);
    for (const unit of [leader, follower]) await hook(unit, 'certificates-relation-created');
    expect(giver().requestOf(leader)).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----/);
    expect(giver().requestOf(follower)).not.toBe(giver().requestOf(leader));
    // Providers take a common name for a host's, and units on machines are known by addresses alone.
    expect(commonNameIn(giver().requestOf(leader) ?? '')).toBe(null);
    expect(keyOf(leader)).not.toBe(keyOf(follower));
    const { mode, uid } = statSync(fileOf(leader, 'client-key.pem'));
    expect([mode & 0o777, uid]).toEqual([0o600, statSync(charm.home(leader)).uid]);
    expect(said()).toEqual({ tls: 'False', ca: undefined });
    expect(charm.statusOf(leader)).toBe('active: waiting for a certificate from certificates');
  });

  it('are in the plan of what the next hook would do, and none is carried out by it', async () => {
    const why = async () => {
      const { results, failure, writes } = await askedOf(charm, leader, 'plan');
      expect([failure, writes]).toEqual([null, []]);
      const left = results.left as readonly { readonly chart: string; readonly why?: string }[];
      return left.filter(({ chart }) => chart === 'certificates-relation-changed');
    };
    const chart = 'certificates-relation-changed';
    expect(await why()).toEqual([{ chart, why: 'certificates has given no certificate yet' }]);
    giver().give(authorities.first);
    const given = 'the certificate that was given is looked at, and taken where it fits';
    expect(await why()).toEqual([{ chart, why: given }]);
    giver().revoke();
    const revoked =
      'the certificate was revoked: key and certificate go, and another one is asked for';
    expect(await why()).toEqual([{ chart, why: revoked }]);
    const there = giver();
    charm.certificates = null;
    const gone = 'nobody gives certificates any more: key and certificate go';
    expect(await why()).toEqual([{ chart, why: gone }]);
    charm.certificates = there;
    there.say([]);
    expect(charm.ini(leader)).not.toContain('client_tls');
  });

  it('that are refused are said so in the provider’s words, as long as it refuses', async () => {
    const refused = {
      code: 102,
      name: 'DOMAIN_NOT_ALLOWED',
      message: 'Not\nby my \u001b[31mrole.',
    };
    const why =
      'certificates refuses the request: 102 DOMAIN_NOT_ALLOWED: Not by my \\u001b[31mrole';
    giver().refuse({ ...refused, reason: 'one of many', provider: 'vault', endpoint: null });
    const status = `blocked: ${why} (one of many); see to its provider`;
    await changed(leader);
    expect(charm.statusOf(leader)).toBe(status);
    const departed = { name: 'database-relation-departed', relation, remoteApplication: 'app' };
    const other = { ...departed, remoteUnit: 'app/9', departingUnit: 'app/9' };
    for (const called of [other, { name: 'update-status' }]) {
      const { code, calls } = await charm.hook(leader, called);
      expect([code, calls.some(({ tool }) => tool === 'relation-get')]).toEqual([0, true]);
      expect(charm.statusOf(leader)).toBe(status);
    }
    giver().refuse(refused);
    const { results } = await askedOf(charm, leader, 'plan');
    expect(results.left).toContainEqual({ chart: 'certificates-relation-changed', why });
    giver().refuse(null);
    await changed(leader);
    expect(charm.statusOf(leader)).toBe('active: waiting for a certificate from certificates');
    giver().refuse(refused);
  });

  it('put in force cut no session, and are told of when all units that are named have one', async () => {
    held = await login(null);
    await held.query('BEGIN');
    giver().give(authorities.first);
    await changed(leader);
    expect((await askedOf(charm, leader, 'plan')).results.left).not.toContainEqual(
      expect.objectContaining({ chart: 'certificates-relation-changed' }),
    );
    expect(charm.ini(leader)).toContain('client_tls_sslmode = allow\n');
    expect(said()).toEqual({ tls: 'False', ca: undefined });
    await changed(follower);
    expect(said()).toEqual({ tls: 'True', ca: authorities.first.ca });
    expect(await gets(authorities.first.ca)).toBe(1);
    expect(await gets(authorities.first.ca, 'read-only-endpoints')).toBe(1);
    await expect(gets(authorities.second.ca)).rejects.toThrow(/certificate/);
    expect(await gets(null)).toBe(1);
    expect(charm.statusOf(leader)).toBe('active: ');
  });

  it('are told of from the beginning to who comes later', async () => {
    await charm.take({ _tag: 'Relate', application: 'late' });
    await charm.settle();
    expect(charm.answerOf(2)).toMatchObject({ tls: 'True', 'tls-ca': authorities.first.ca });
    const { 'secret-tls': id = '' } = bagOf(2);
    expect(charm.secret(id)?.revisions).toHaveLength(1);
  });

  it('that do not fit are not taken, and the status says why', async () => {
    const before = await shownBy(leader);
    const [entry] = giver().give(authorities.first);
    if (entry === undefined) throw new Error('nothing was given');
    const { certificate } = authorities.first.sign('IP:127.0.0.1');
    const elsewhere = authorities.first.certify(entry.certificate_signing_request, {
      names: 'DNS:elsewhere',
    });
    const refused = [
      [{ ...entry, certificate }, 'its certificate is of another key than this unit has'],
      [{ ...entry, ca: authorities.second.ca, chain: [] }, 'is not signed by the authority'],
      [{ ...entry, certificate: elsewhere }, 'does not name 127.0.0.1, where clients are sent'],
      [{ ...entry, certificate: 'nonsense' }, 'what it says is no PEM'],
      [{ certificate }, 'what it says is no list of certificates'],
    ] as const;
    for (const [said, why] of refused) {
      giver().say([said]);
      await changed(leader);
      expect(charm.statusOf(leader)).toMatch(/^blocked: certificates gives no certificate that/);
      expect(charm.statusOf(leader)).toContain(why);
      expect(await shownBy(leader)).toEqual(before);
    }
    giver().say([entry]);
    await changed(leader);
    expect(charm.statusOf(leader)).toBe('active: ');
    giver().give(authorities.first);
  });

  it('of another authority are told of together with those that are still in force', async () => {
    const { first, second } = authorities;
    giver().give(second);
    await changed(leader);
    expect(said().ca).toBe([first.ca, second.ca].sort().join(''));
    for (const key of ['endpoints', 'read-only-endpoints'])
      expect(await gets(said().ca ?? '', key)).toBe(1);
    await changed(follower);
    expect(said().ca).toBe(second.ca);
    expect(await gets(second.ca, 'read-only-endpoints')).toBe(1);
    await expect(gets(first.ca)).rejects.toThrow(/certificate/);
  });
});

describe('a certificate that ends', () => {
  it.each([
    ['a third of its time before', { passed: 19 }, { passed: 21 }],
    [
      'when its provider would have it so',
      { passed: 1, hours: 28 * 24 },
      { passed: 3, hours: 28 * 24 },
    ],
  ])('is renewed %s, and stays in force until then', async (_, early, late) => {
    const { first, second } = authorities;
    const next = said().ca === first.ca ? second : first;
    giver().give(next, early);
    await changed(leader, follower);
    const request = giver().requestOf(leader);
    await hook(leader, 'update-status');
    expect(giver().requestOf(leader)).toBe(request);
    giver().give(next === first ? second : first, late);
    await changed(leader, follower);
    const before = await shownBy(leader);
    const key = keyOf(leader);
    await hook(leader, 'update-status');
    expect(giver().requestOf(leader)).not.toBe(request);
    // A provider takes back first what is asked for no more.
    giver().say([]);
    await changed(leader);
    expect(await shownBy(leader)).toEqual(before);
    expect(await gets(said().ca ?? '')).toBe(1);
    await hook(leader, 'update-status');
    giver().give(next);
    await changed(leader);
    expect(await shownBy(leader)).not.toEqual(before);
    expect(keyOf(leader)).toBe(key);
    giver().give(next);
    await changed(leader, follower);
    await hook(follower, 'update-status');
    giver().give(next);
    await changed(follower);
    expect(said().ca).toBe(next.ca);
    expect(await gets(next.ca, 'read-only-endpoints')).toBe(1);
  });

  it('is used no more where it was revoked, nor is its key', async () => {
    const [key, request] = [keyOf(leader), giver().requestOf(leader)];
    giver().revoke();
    await changed(leader);
    expect(charm.ini(leader)).not.toContain('client_tls');
    expect(said()).toEqual({ tls: 'False', ca: undefined });
    expect(keyOf(leader)).not.toBe(key);
    const anew = giver().requestOf(leader);
    expect(anew).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----/);
    expect(anew).not.toBe(request);
    expect(charm.statusOf(leader)).toBe('active: waiting for a certificate from certificates');
    await hook(leader, 'update-status');
    expect(giver().requestOf(leader)).toBe(anew);
    // Whoever was not told looks for itself.
    await hook(follower, 'update-status');
    expect(giver().requestOf(follower)).not.toBe(null);
    giver().give(authorities.first);
    await changed(leader, follower);
    expect(said()).toEqual({ tls: 'True', ca: authorities.first.ca });
    expect(await gets(authorities.first.ca)).toBe(1);
  });
});

describe('a hook that is killed', () => {
  it('at any call loses no key that is in force, and no session', async () => {
    const before = await shownBy(leader);
    const key = keyOf(leader);
    giver().give(authorities.second);
    const called = { name: 'certificates-relation-changed' };
    for (let call = 1; ; call++) {
      const { signal } = await charm.hook(leader, called, { killedAt: call });
      expect(keyOf(leader)).toBe(key);
      expect(statSync(fileOf(leader, 'client-key.pem')).mode & 0o777).toBe(0o600);
      expect(await shownBy(leader)).toBeDefined();
      if (signal === null) break;
    }
    await charm.settle();
    expect(await shownBy(leader)).not.toEqual(before);
    await changed(follower);
    expect(said().ca).toBe(authorities.second.ca);
    expect(await gets(authorities.second.ca)).toBe(1);
  }, 120_000);
});

describe('the option tls', () => {
  const set = async (tls: string) => {
    for (const unit of [leader, follower]) charm.config(unit).tls = tls;
    for (const unit of [leader, follower]) await hook(unit, 'config-changed');
  };

  it('at require lets nobody in without TLS, and the charm itself still', async () => {
    await set('require');
    expect(charm.statusOf(leader)).toBe('active: ');
    await expect(gets(null)).rejects.toThrow('SSL required');
    expect(await gets(authorities.second.ca)).toBe(1);
    expect((await held.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('at something else is refused, and what was in force stays', async () => {
    await set('sometimes');
    expect(charm.statusOf(leader)).toBe(
      'blocked: config tls is "sometimes": set it to off, allow or require; require stays in force',
    );
    await expect(gets(null)).rejects.toThrow('SSL required');
  });

  it('at off takes all of it back, and asks for nothing', async () => {
    await set('off');
    expect(charm.ini(leader)).not.toContain('client_tls');
    expect(giver().requestOf(leader)).toBe(null);
    expect(filesOf(leader)).toEqual([]);
    expect(said()).toEqual({ tls: 'False', ca: undefined });
    expect(await gets(null)).toBe(1);
    expect(charm.statusOf(leader)).toBe('active: ');
  });

  it('at allow has it asked for again', async () => {
    await set('allow');
    giver().give(authorities.first);
    await changed(leader, follower);
    expect(said()).toEqual({ tls: 'True', ca: authorities.first.ca });
    expect(await gets(authorities.first.ca)).toBe(1);
  });
});

describe('who gives certificates', () => {
  it('and goes leaves nothing behind, and cuts no session', async () => {
    for (const unit of [leader, follower]) await hook(unit, 'certificates-relation-broken');
    charm.certificates = null;
    for (const unit of [leader, follower]) {
      expect(charm.ini(unit)).not.toContain('client_tls');
      expect(filesOf(unit)).toEqual([]);
      expect(charm.world.units[unit]?.state.certificate).toBeUndefined();
    }
    expect(said()).toEqual({ tls: 'False', ca: undefined });
    expect(JSON.stringify(charm.world.relations)).not.toContain('CERTIFICATE');
    expect((await held.query('COMMIT')).command).toBe('COMMIT');
    await held.end();
  });

  it('is missing where tls is require: nobody comes in over the network, and the status says so', async () => {
    charm.config(leader).tls = 'require';
    await hook(leader, 'config-changed');
    expect(charm.statusOf(leader)).toMatch(
      /^blocked: config tls is require, and certificates is related to nothing: relate it/,
    );
    await expect(gets(null)).rejects.toThrow();
    await expect(gets(authorities.first.ca)).rejects.toThrow();
    charm.config(leader).tls = 'allow';
    await hook(leader, 'config-changed');
    expect(await gets(null)).toBe(1);
  });

  it('may go without a word, as by force', async () => {
    charm.certificates = new CertificateGiver(100_002);
    for (const unit of [leader, follower]) await hook(unit, 'certificates-relation-created');
    giver().give(authorities.first);
    await changed(leader, follower);
    expect(said().tls).toBe('True');
    charm.certificates = null;
    for (const unit of [leader, follower]) await hook(unit, 'update-status');
    await hook(leader, 'update-status');
    expect(said()).toEqual({ tls: 'False', ca: undefined });
    expect(filesOf(leader)).toEqual([]);
  });
});
