import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { HookTools } from '../../../src/testing/hook-tools.ts';
import { viewOf } from '../../../src/testing/view.ts';
import { RealCharm } from './charm.ts';

interface Vector {
  readonly name: string;
  readonly library: string;
  readonly juju: string;
  readonly request: Databag;
  readonly steps: readonly { readonly provider: Databag; readonly events: readonly Databag[] }[];
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../testing/requirer-vectors.json', import.meta.url), 'utf8'),
);

/** What the interface's schema of the provider's side knows, and what it asks for. */
const schema = {
  required: ['database', 'username', 'password', 'endpoints'],
  known: [
    ...['database', 'username', 'password', 'endpoints', 'uris', 'read-only-endpoints', 'version'],
    ...['read-only-uris', 'subordinated', 'state', 'tls', 'tls-ca', 'entity-name'],
    ...['entity-password', 'prefix-databases'],
  ],
};

const leader = 'pgbouncer/0';
const ours = new Set(['requested-secrets', 'provided-secrets']);

/** A charm for one requirer after the other; each relation ends with its test. */
async function serve(charm: RealCharm, application: string): Promise<number> {
  const relation = charm.world.made.relations;
  await charm.take({ _tag: 'Relate', application });
  await charm.settle();
  return relation;
}

async function end(charm: RealCharm, relation: number): Promise<void> {
  await charm.take({ _tag: 'RemoveRelation', relation });
  await charm.settle();
  expect(await charm.roles()).toEqual([]);
}

/** What a requirer's unit is told of a secret. */
const secretOf = (charm: RealCharm, id: string): Databag =>
  new HookTools(viewOf(charm.world, 'application/0', { name: 'update-status' })).secrets.get(id);

describe.each([
  ['2.9', false],
  ['3.6', true],
])('on Juju %s', (juju, hasSecrets) => {
  const some = vectors.filter((vector) => vector.juju.startsWith(juju));
  const applications = Object.fromEntries(some.map((vector, at) => [`vector-${at}`, vector]));
  let charm: RealCharm;
  beforeAll(async () => {
    const requirers = Object.entries(applications).map(([name, { request, library }]) => [
      name,
      {
        units: 1,
        request: Object.fromEntries(Object.entries(request).filter(([key]) => !ours.has(key))),
        options: { library: library.endsWith('v0.12') ? 'v0.12' : 'v0.59' },
      },
    ]);
    charm = await RealCharm.start({
      units: 2,
      hasSecrets,
      requirers: {
        ...Object.fromEntries(requirers),
        application: { units: 1, request: {}, options: { library: 'v0.12' } },
      },
    });
    await charm.settle();
  }, 60_000);
  afterAll(() => charm.stop());

  it.each(
    Object.entries(applications).map(
      ([application, vector]) => [vector.name, application] as const,
    ),
  )('"%s": the requirer is told once, with everything', async (_name, name) => {
    const vector = applications[name] as Vector;
    const relation = await serve(charm, name);
    // The request is the one that the real library was seen to write.
    expect(charm.world.relations[relation]?.applications[name]).toEqual(vector.request);
    const heard = charm.world.units[`${name}/0`]?.heard ?? [];
    const [created, ...later] = heard;
    const shown = vectors.find(({ name }) => name === 'everything in one hook');
    const fields = Object.keys(shown?.steps[0]?.events[0] ?? {}).filter((key) => key !== 'event');
    expect(created?.event).toBe('database_created');
    expect(Object.keys(created?.fields ?? {})).toEqual(
      expect.arrayContaining(fields.filter((field) => field !== 'read_only_endpoints')),
    );
    // Readers confirm in hooks of their own.
    expect(later.every(({ event }) => event === 'read_only_endpoints_changed')).toBe(true);
    expect(heard.at(-1)?.fields.read_only_endpoints).toBeDefined();

    const answer = charm.answerOf(relation);
    for (const key of schema.required) expect(answer[key], key).toBeTypeOf('string');
    const { data: _, 'secret-user': user, 'secret-tls': tls, ...rest } = answer;
    expect(Object.keys(rest).filter((key) => !schema.known.includes(key))).toEqual([]);
    expect([user !== undefined, tls !== undefined]).toEqual([hasSecrets, hasSecrets]);
    expect(answer).toMatchObject({ database: 'app_db', tls: 'False' });
    await (await login(answer)).end();
    await end(charm, relation);
  });

  const v1 = (change = {}) => ({
    version: 'v1',
    requests: JSON.stringify([
      {
        resource: 'mydb',
        'request-id': 'de015aa1e116ffda',
        salt: '0123456789abcdef',
        'extra-user-roles': 'CREATEDB',
        'extra-group-roles': null,
        'external-node-connectivity': false,
        'entity-type': null,
        ...change,
      },
    ]),
  });

  it('answers a requirer of v1 in v1, or refuses it visibly where Juju has no secrets', async () => {
    await charm.take({ _tag: 'Ask', application: 'application', request: v1() });
    const relation = await serve(charm, 'application');
    const bag = charm.world.relations[relation]?.applications.pgbouncer ?? {};
    if (!hasSecrets) {
      expect(JSON.parse(bag.requests ?? '')).toEqual([
        { resource: 'mydb', 'request-id': 'de015aa1e116ffda', salt: '0123456789abcdef' },
      ]);
      expect(bag.status).toContain('version is v1');
      expect(charm.statusOf(leader)).toMatch(/^blocked: relation \d+: version is v1/);
      return end(charm, relation);
    }
    expect(Object.keys(bag).sort()).toEqual(['data', 'requests', 'version']);
    expect(bag.version).toBe('v1');
    const asked = JSON.parse(v1().requests)[0];
    expect(JSON.parse(bag.data ?? '')).toEqual({ de015aa1e116ffda: asked });
    const [answer] = JSON.parse(bag.requests ?? '');
    expect(answer).toMatchObject({
      resource: 'mydb',
      'request-id': 'de015aa1e116ffda',
      salt: '0123456789abcdef',
      endpoints: expect.stringMatching(/^127/),
      'read-only-endpoints': expect.stringMatching(/^127/),
      version: expect.stringMatching(/^1\d\./),
    });
    const user = secretOf(charm, answer['secret-user']);
    expect(Object.keys(user).sort()).toEqual(['password', 'read-only-uris', 'uris', 'username']);
    expect(secretOf(charm, answer['secret-tls'])).toEqual({ tls: 'false' });
    const labels = Object.values(charm.world.secrets).map(({ label }) => label);
    expect(labels).toContain(`database.${relation}.de015aa1e116ffda.user.secret`);
    await (await login({ ...answer, database: 'mydb', ...user })).end();
    await end(charm, relation);
  });

  it('refuses visibly what it does not serve, and serves it once it is asked for right', async () => {
    const request = { database: 'app', 'entity-type': 'GROUP' };
    await charm.take({ _tag: 'Ask', application: 'application', request });
    const relation = await serve(charm, 'application');
    const why = 'entity-type is "GROUP", which is not served';
    expect(charm.world.relations[relation]?.applications.pgbouncer).toEqual({
      status: JSON.stringify([{ code: 4001, message: why, resolution: 'change the request' }]),
    });
    expect(charm.statusOf(leader)).toBe(
      `blocked: relation ${relation}: ${why}; change the request`,
    );
    await charm.take({
      _tag: 'Ask',
      application: 'application',
      request: { database: 'app', 'external-node-connectivity': 'true' },
    });
    await charm.settle();
    expect(charm.statusOf(leader)).toBe('active: ');
    await (await login(charm.answerOf(relation))).end();
    expect(charm.answerOf(relation).status).toBeUndefined();
    await end(charm, relation);
  });

  const lead = async (unit: string) => {
    await charm.take({ _tag: 'LoseLeader', application: 'pgbouncer' });
    await charm.take({ _tag: 'Elect', unit });
    await charm.settle();
  };

  it('makes no new revision of credentials when the leader moves, and says where it is', async () => {
    if (!hasSecrets) return;
    for (const request of [
      v1(),
      { database: 'mydb', 'requested-secrets': '["password","uris"]' },
    ]) {
      await charm.take({ _tag: 'Ask', application: 'application', request });
      const relation = await serve(charm, 'application');
      const bag = () => charm.world.relations[relation]?.applications.pgbouncer ?? {};
      const revisions = () =>
        Object.values(charm.world.secrets)
          .filter(({ label }) => label?.startsWith(`database.${relation}.`))
          .map((secret) => secret.revisions.length);
      const [before, made] = [bag(), revisions()];
      await lead('pgbouncer/1');
      expect(bag()).not.toEqual(before);
      expect(made.every((count) => count === 1)).toBe(true);
      expect(revisions()).toEqual(made);
      await lead(leader);
      await end(charm, relation);
    }
  });
});
