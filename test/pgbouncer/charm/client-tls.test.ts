import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hook } from '../../../src/testing/world.ts';
import { type Authority, authority } from '../../integration/certificates.ts';
import { CertificateGiver } from './certificate-giver.ts';
import { RealCharm } from './charm.ts';

const leader = 'pgbouncer/0';
const follower = 'pgbouncer/1';
const relation = 1;

let authorities: { readonly first: Authority; readonly second: Authority };
let charm: RealCharm;

beforeAll(async () => {
  authorities = { first: authority(), second: authority() };
  const requirers = Object.fromEntries(
    ['app', 'late'].map((name) => [name, { units: 1, request: { database: name } }]),
  );
  charm = await RealCharm.start({ units: 2, hasSecrets: true, requirers });
  await charm.settle();
  await charm.take({ _tag: 'Relate', application: 'app' });
  await charm.settle();
}, 60_000);
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
    expect(keyOf(leader)).not.toBe(keyOf(follower));
    const { mode, uid } = statSync(fileOf(leader, 'client-key.pem'));
    expect([mode & 0o777, uid]).toEqual([0o600, statSync(charm.home(leader)).uid]);
    expect(said()).toEqual({ tls: 'False', ca: undefined });
    expect(charm.statusOf(leader)).toBe('active: waiting for a certificate from certificates');
  });

  it('put in force cut no session, and are told of when all units that are named have one', async () => {
    const held = await login(null);
    await held.query('BEGIN');
    giver().give(authorities.first);
    await changed(leader);
    expect(charm.ini(leader)).toContain('client_tls_sslmode = allow\n');
    expect(said()).toEqual({ tls: 'False', ca: undefined });
    await changed(follower);
    expect(said()).toEqual({ tls: 'True', ca: authorities.first.ca });
    expect(await gets(authorities.first.ca)).toBe(1);
    expect(await gets(authorities.first.ca, 'read-only-endpoints')).toBe(1);
    await expect(gets(authorities.second.ca)).rejects.toThrow(/certificate/);
    expect(await gets(null)).toBe(1);
    expect((await held.query('COMMIT')).command).toBe('COMMIT');
    await held.end();
    expect(charm.statusOf(leader)).toBe('active: ');
  });
});
