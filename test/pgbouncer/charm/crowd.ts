/** Relations that are served already: put into the model at once, instead of hook by hook. */
import { createHash } from 'node:crypto';
import * as E from 'fp-ts/lib/Either.js';
import type { Grant } from '../../../machines/index.ts';
import { applicationsKey } from '../../../src/juju/hook-tools/known.ts';
import { peerKeys, recordKey, secretLabel } from '../../../src/pgbouncer/keys.ts';
import { postgres } from '../../../src/pgbouncer/postgres/index.ts';
import { encodeRecord, serving } from '../../../src/pgbouncer/relation/ledger.ts';
import { provider } from '../../../src/pgbouncer/testing/index.ts';
import { peerRelation, unitsOf } from '../../../src/testing/world.ts';
import type { RealCharm } from './charm.ts';

/** The application to which all of them lead; a topology that has a crowd has it, without units. */
export const crowdApplication = 'crowd';

const owner = '5e1f3c7a-0000-4000-8000-000000000001/pgbouncer';
const first = 1_000;
const request = { database: 'crowd', 'requested-secrets': '["username","password","uris","tls"]' };

/** Whether PostgreSQL has their roles, which takes a while; who looks for none needs none. */
export type Kind = 'provisioned' | 'on record alone';

/** Adds so many; all of them share one database. */
export async function addCrowd(charm: RealCharm, size: number, kind: Kind): Promise<void> {
  const ids = Array.from({ length: size }, (_, at) => first + at);
  const grants = kind === 'provisioned' ? await provisioned(charm, ids) : ids.map(onRecord);
  const units = unitsOf(charm.world, provider);
  const { world } = charm;
  const peers = world.relations[peerRelation];
  if (peers === undefined) throw new Error('the units are no peers yet');
  const { leader } = world.applications[provider] ?? {};
  const addressOf = (unit: string) => peers.units[unit]?.[peerKeys.address] ?? '';
  const endpoints = addressOf(leader ?? '');
  const readers = units.filter((unit) => unit !== leader).map(addressOf);
  const published = { endpoints, readOnlyEndpoints: readers.sort().join(','), version: '18.4' };
  const records: Record<string, string> = {};
  const served: Record<number, string> = {};
  const relations = { ...world.relations };
  const secrets = { ...world.secrets };
  const told: Record<string, { application: object; units: object; changing: null }> = {};
  const names: Record<string, Record<string, string>> = {};
  for (const grant of grants) {
    const { relation, user, password, database } = grant;
    const ids: Record<string, string> = {};
    for (const group of ['user', 'tls']) {
      const id = `secret://simulated/${group}${String(relation).padStart(16, '0')}`;
      ids[group] = id;
      const uris = `postgresql://${user}:${password?.secret}@${endpoints}/${database}`;
      const content =
        group === 'tls' ? { tls: 'false' } : { username: user, password: password?.secret, uris };
      secrets[id] = {
        owner: provider,
        label: secretLabel(grant, group),
        revisions: [content as Record<string, string>],
        grants: [relation],
        tracked: {},
      };
    }
    records[recordKey(relation)] = encodeRecord({ ...grant, published, secrets: ids });
    served[relation] = serving(grant);
    relations[relation] = {
      endpoint: 'database',
      provider,
      requirer: crowdApplication,
      life: 'alive',
      wasSuspended: false,
      applications: {
        [crowdApplication]: request,
        [provider]: {
          data: JSON.stringify(request),
          database,
          endpoints,
          'read-only-endpoints': published.readOnlyEndpoints,
          version: '18.4',
          'secret-user': ids.user ?? '',
          'secret-tls': ids.tls ?? '',
        },
      },
      units: Object.fromEntries(units.map((unit) => [unit, {}])),
      scope: units,
    };
    told[relation] = { application: request, units: {}, changing: null };
    const key = applicationsKey(relation);
    names[key] ??= {};
    names[key][relation] = crowdApplication;
  }
  const peerUnits = { ...peers.units };
  const nextUnits = { ...world.units };
  for (const unit of units) {
    const bag = peers.units[unit] ?? {};
    const before = JSON.parse(bag[peerKeys.serving] ?? '{}');
    peerUnits[unit] = { ...bag, [peerKeys.serving]: JSON.stringify({ ...before, ...served }) };
  }
  const peerBag = { ...peers.applications[provider], ...records };
  const now = { ...peers, units: peerUnits, applications: { [provider]: peerBag } };
  for (const name of units) {
    const unit = world.units[name];
    if (unit === undefined) continue;
    const state = { ...unit.state };
    for (const [key, part] of Object.entries(names)) state[key] = JSON.stringify(part);
    const others = Object.fromEntries(
      units.filter((other) => other !== name).map((other) => [other, peerUnits[other] ?? {}]),
    );
    const ofPeers = { application: peerBag, units: others, changing: null };
    nextUnits[name] = {
      ...unit,
      state,
      told: { ...unit.told, ...told, [peerRelation]: ofPeers } as typeof unit.told,
    };
  }
  charm.world = {
    ...world,
    units: nextUnits,
    relations: { ...relations, [peerRelation]: now },
    secrets,
    made: { ...world.made, relations: first + size },
  };
}

const granted = (relation: number): Grant => ({
  relation,
  state: 'published',
  user: `relation_id_${relation}`,
  database: request.database,
  place: request.database,
  attributes: [],
  roles: [],
  password: { secret: hash('password', relation).slice(0, 24) },
  secrets: {},
  verifier: null,
  requestId: null,
  owner,
  published: null,
  error: null,
});

/** As if it had been provisioned; its verifier is nobody's, and looks like one. */
const onRecord = (relation: number): Grant => {
  const [salt, stored, server] = ['salt', 'stored', 'server'].map((what) => hash(what, relation));
  const secret = `SCRAM-SHA-256$4096:${salt?.slice(0, 22)}==$${stored}:${server}`;
  return { ...granted(relation), verifier: { secret } };
};

const hash = (what: string, relation: number): string =>
  createHash('sha256').update(`${what} ${relation}`).digest('base64');

async function provisioned(charm: RealCharm, ids: readonly number[]): Promise<readonly Grant[]> {
  const { host, port, login } = charm.backend.primary;
  const backend = postgres({ host, port, ...login, database: 'postgres', owner });
  const grants: Grant[] = [];
  try {
    for (const id of ids) {
      const grant = granted(id);
      const made = await backend.provision(
        { ...grant, state: 'provisioning' },
        { owner, grants },
      )();
      if (E.isLeft(made)) throw new Error(JSON.stringify(made.left));
      grants.push({ ...grant, ...made.right });
    }
    return grants;
  } finally {
    await backend.release();
  }
}
