import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort, Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import { type Authority, authority, commonNameIn } from '../../integration/certificates.ts';
import { type APebble, startPebble } from './a-pebble.ts';
import { CertificateGiver } from './certificate-giver.ts';
import { RealCharm } from './charm.ts';
import { dies } from './kept.ts';

const leader = 'pgbouncer/0';
const pod = 'pgbouncer-0.pgbouncer-endpoints.test.svc.cluster.local';
const service = 'pgbouncer.test.svc.cluster.local';

const workspace = new Workspace();
const home = join(workspace.path, 'of-kubernetes');
let pebbles: APebble;
let ca: Authority;
let charm: RealCharm;

beforeAll(async () => {
  chmodSync(workspace.path, 0o711);
  pebbles = await startPebble(workspace.path);
  ca = authority();
  const requirers = { app: { units: 1, request: { database: 'app' } } };
  charm = await RealCharm.start({ units: 1, hasSecrets: true, requirers });
  await charm.settle();
  await charm.take({ _tag: 'Relate', application: 'app' });
  await charm.settle();
  // From here on its PgBouncer is another one, in a container.
  Object.assign(charm.config(leader), { listen_port: await freePort() });
  await hook('config-changed');
}, 180_000);
afterAll(async () => {
  dies({ iniFile: join(home, 'pgbouncer.ini') });
  await pebbles.stop();
  await charm.stop();
  ca.remove();
  workspace.remove();
});

async function hook(name: string): Promise<void> {
  const variables = {
    JUJU_MACHINE_ID: '',
    HOOKCHART_HOME: home,
    HOOKCHART_PEBBLE_SOCKET: pebbles.socket,
  };
  const ended = await charm.hook(leader, { name }, { variables });
  expect(ended).toMatchObject({ code: 0, error: '' });
}

/** A client that knows the unit by this name or address; names lead here, whatever they are. */
async function gets(name: string | null): Promise<unknown> {
  const { username = '', password = '', 'tls-ca': authorities = '' } = charm.answerOf(1);
  const verified = { ca: authorities, rejectUnauthorized: true };
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: Number(charm.config(leader).listen_port), database: 'app' },
    ...{ user: username, password },
    ...(name === null
      ? {}
      : { ssl: name === '127.0.0.1' ? verified : { ...verified, servername: name } }),
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query('SELECT 1 AS one')).rows[0].one;
  } finally {
    await client.end().catch(() => {});
  }
}

const giver = (): CertificateGiver => {
  charm.certificates ??= new CertificateGiver(100_001);
  return charm.certificates;
};

it('clients verify a unit by its pod’s name and address, and by its application’s service', async () => {
  giver();
  await hook('certificates-relation-created');
  expect(commonNameIn(giver().requestOf(leader) ?? '')).toBe(pod);
  giver().give(ca);
  await hook('certificates-relation-changed');
  expect(charm.answerOf(1)).toMatchObject({ tls: 'True', 'tls-ca': ca.ca });
  expect(charm.answerOf(1).endpoints).toMatch(new RegExp(`^${pod}:`));
  for (const name of [pod, '127.0.0.1', service, 'pgbouncer.test.svc', 'pgbouncer.test'])
    expect(await gets(name)).toBe(1);
  await expect(gets('another.test.svc.cluster.local')).rejects.toThrow(/altnames/);
  const { mode } = statSync(join(home, 'client-key.pem'));
  expect(mode & 0o777).toBe(0o600);
});

it('the charm comes in where nobody may without TLS, over the network as it does there', async () => {
  charm.config(leader).tls = 'require';
  await hook('config-changed');
  await expect(gets(null)).rejects.toThrow('SSL required');
  await hook('update-status');
  expect(charm.statusOf(leader)).toBe('active: ');
  expect(await gets(pod)).toBe(1);
});

it('a certificate for the pod alone is told to nobody who is told the service', async () => {
  giver().say([]);
  giver().give(ca, { names: `DNS:${pod}` });
  await hook('certificates-relation-changed');
  expect(charm.answerOf(1)).toMatchObject({ tls: 'True' });
  expect(await gets(pod)).toBe(1);
  Object.assign(charm.config(leader), { endpoint: 'service', tls: 'allow' });
  await hook('config-changed');
  const port = charm.config(leader).listen_port;
  expect(charm.answerOf(1)).toMatchObject({ endpoints: `${service}:${port}`, tls: 'False' });
  expect(charm.statusOf(leader)).toBe(
    `blocked: certificates gives no certificate that this unit can use: its certificate does not name ${service}, where clients are sent; see to its provider`,
  );
  expect(readFileSync(join(home, 'pgbouncer.ini'), 'utf8')).not.toContain('client_tls');
  giver().say([]);
  giver().give(ca);
  await hook('certificates-relation-changed');
  expect(charm.answerOf(1)).toMatchObject({ endpoints: `${service}:${port}`, tls: 'True' });
  expect(charm.statusOf(leader)).toBe('active: ');
  expect(await gets(service)).toBe(1);
  Object.assign(charm.config(leader), { endpoint: 'unit', tls: 'require' });
  await hook('config-changed');
});

it('a pod that is lost is shut until its new key has a certificate, and says so', async () => {
  const key = readFileSync(join(home, 'client-key.pem'), 'utf8');
  const request = giver().requestOf(leader);
  dies({ iniFile: join(home, 'pgbouncer.ini') });
  for (const file of readdirSync(home)) rmSync(join(home, file));
  await hook('pgbouncer-pebble-ready');
  expect(charm.answerOf(1)).toMatchObject({ tls: 'False' });
  expect(charm.answerOf(1)).not.toHaveProperty('tls-ca');
  expect(readFileSync(join(home, 'client-key.pem'), 'utf8')).not.toBe(key);
  expect(giver().requestOf(leader)).not.toBe(request);
  await expect(gets(null)).rejects.toThrow();
  await hook('update-status');
  expect(charm.statusOf(leader)).toBe(
    'waiting: waiting for a certificate from certificates; until then nobody comes in over the network',
  );
  giver().give(ca);
  await hook('certificates-relation-changed');
  expect(await gets(pod)).toBe(1);
  await expect(gets(null)).rejects.toThrow('SSL required');
  expect(charm.statusOf(leader)).toBe('active: ');
});
