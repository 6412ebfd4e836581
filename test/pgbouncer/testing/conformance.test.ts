import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { Juju } from '../../../src/juju/port.ts';
import { cryptoEntropy } from '../../../src/pgbouncer/entropy.ts';
import type { HookError } from '../../../src/pgbouncer/errors.ts';
import {
  MemoryIdentity,
  MemoryJuju,
  MemoryPgbouncer,
  MemoryPostgres,
  memoryAuthority,
  seededEntropy,
} from '../../../src/pgbouncer/memory/index.ts';
import type { Backend, Identity } from '../../../src/pgbouncer/ports.ts';
import {
  type BackendSubject,
  backendConformance,
  entropyConformance,
  type IdentitySubject,
  identityConformance,
  type PoolerSubject,
  poolerConformance,
} from '../../../src/pgbouncer/testing/index.ts';
import {
  type ConformanceCase,
  type JujuSubject,
  jujuConformance,
} from '../../../src/testing/conformance/index.ts';
import { simulatedJuju } from '../../../src/testing/simulated-juju.ts';
import { modelSubject } from '../../testing/model-subject.ts';

const memoryBackend = async (): Promise<BackendSubject> => {
  const postgres = new MemoryPostgres();
  return {
    hook: () => postgres.hook(),
    admits: async (login, database) => postgres.admits(login, database),
  };
};

const memoryPooler = async (): Promise<PoolerSubject> => {
  const pooler = new MemoryPgbouncer(new MemoryPostgres());
  return {
    hook: () => pooler.hook(),
    databases: async () => pooler.configuration.databases.map(({ name }) => name).sort(),
    backend: { host: '10.0.0.1', port: 5432 },
  };
};

const memoryJuju = async (hasSecrets: boolean): Promise<JujuSubject> => {
  const juju = new MemoryJuju({
    application: 'p',
    units: ['p/0', 'p/1'],
    leader: 'p/0',
    endpoint: () => 'here:6432',
    hasSecrets,
  });
  const request = { database: 'app' };
  juju.request(4, request);
  juju.join(4, { 'app/0': {} });
  return {
    leader: 'p/0',
    follower: 'p/1',
    endpoint: 'database',
    relation: 4,
    request,
    hook: (unit, body) => body(juju.hook(unit)),
  };
};

const memoryIdentity = async (): Promise<IdentitySubject> => {
  const identity = new MemoryIdentity('p/0', ['pooler.example', '10.0.0.7']);
  const { ca, certify } = memoryAuthority('first');
  return {
    hook: () => identity.hook(),
    authority: ca,
    stranger: memoryAuthority('second').ca,
    certify: async (request) => certify(request, { from: 0, until: 1 }),
  };
};

const suites: Readonly<Record<string, readonly ConformanceCase[]>> = {
  'the backend in memory': backendConformance(memoryBackend),
  'the pooler in memory': poolerConformance(memoryPooler),
  'the identity in memory': identityConformance(memoryIdentity),
  'the small Juju in memory': jujuConformance(() => memoryJuju(false)),
  'the small Juju with secrets': jujuConformance(() => memoryJuju(true)),
  'the simulated Juju': jujuConformance(() => modelSubject(false, simulatedJuju)),
  'the simulated Juju with secrets': jujuConformance(() => modelSubject(true, simulatedJuju)),
  'seeded entropy': entropyConformance(async () => seededEntropy(7)),
  'crypto entropy': entropyConformance(async () => cryptoEntropy),
};

describe.each(Object.entries(suites))('%s conforms', (_, all) => {
  it.each(all.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());
});

/** The names of the cases that an adapter fails. */
async function failures(all: readonly ConformanceCase[]): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { name, run } of all)
    await run().catch(() => {
      failed.push(name);
    });
  return failed;
}

const spoiledBackend = (spoil: (backend: Backend) => Partial<Backend>) =>
  backendConformance(async () => {
    const subject = await memoryBackend();
    return {
      ...subject,
      hook: (owner) => {
        const backend = subject.hook(owner);
        return { ...backend, ...spoil(backend) };
      },
    };
  });

const spoiledIdentity = (spoil: (identity: Identity) => Partial<Identity>) =>
  identityConformance(async () => {
    const subject = await memoryIdentity();
    return {
      ...subject,
      hook: () => {
        const identity = subject.hook();
        return { ...identity, ...spoil(identity) };
      },
    };
  });

/** What was granted once stays, whatever is granted next. */
const generousBackend = backendConformance(async () => {
  const postgres = new MemoryPostgres();
  return {
    hook: () => {
      const backend = postgres.hook();
      return {
        ...backend,
        provision: (grant) => async () => {
          const before = postgres.roles.get(grant.user)?.databases ?? [];
          const outcome = await backend.provision(grant, { owner: grant.owner, grants: [grant] })();
          const role = postgres.roles.get(grant.user);
          if (role !== undefined) {
            const databases = [...before, ...role.databases];
            postgres.roles.set(grant.user, { ...role, databases });
          }
          return outcome;
        },
      };
    },
    admits: async (login, database) => postgres.admits(login, database),
  };
});

const spoiledModel = (spoil: (model: Juju) => Partial<Juju>) =>
  jujuConformance(async () => {
    const subject = await memoryJuju(false);
    return {
      ...subject,
      hook: (unit, body) => subject.hook(unit, (model) => body({ ...model, ...spoil(model) })),
    };
  });

const right =
  <Value>(value: Value) =>
  async () =>
    E.right(value);

const down: HookError = {
  ...({ _tag: 'BackendUnavailable', class: 'unavailable' } as const),
  ...{ where: 'memory', why: 'it never is' },
};

describe('an adapter that does not conform is told so', () => {
  it.each<[string, readonly ConformanceCase[], string]>([
    [
      'a backend that is never ready',
      spoiledBackend(() => ({ ready: async () => E.left(down) })),
      'is ready, and says its version and where it listens',
    ],
    [
      'a backend that makes nothing',
      spoiledBackend(() => ({
        provision: () => right({ user: 'u', place: 'd', verifier: { secret: 'v' } }),
      })),
      'provision lets the user log in',
    ],
    [
      'a backend that removes nothing',
      spoiledBackend(() => ({ remove: () => right([]) })),
      'remove takes the login away, and may be repeated',
    ],
    [
      'a backend that removes whatever it is told',
      spoiledBackend((backend) => ({
        remove: (grant, holdings) =>
          backend.remove(grant, { ...holdings, owner: 'conformance/pgbouncer' }),
      })),
      'remove leaves a role alone that another deployment made',
    ],
    [
      'a backend that never finds anything',
      spoiledBackend(() => ({ audit: () => right({ orphans: [], damaged: [] }) })),
      'audit finds roles that nobody has on record, and grants that are damaged',
    ],
    [
      'a model that lets followers read everything',
      spoiledModel((model) => ({
        read: (bags) => async () => {
          const outcomes = await model.read(bags)();
          return outcomes.map((outcome) => (E.isRight(outcome) ? outcome : E.right({})));
        },
      })),
      'shows its own application databag to the leader alone',
    ],
    [
      'a backend that takes nothing back',
      generousBackend,
      'provision takes back what a grant does not say',
    ],
    [
      'a backend that looks at passwords alone',
      spoiledBackend((backend) => ({
        audit: (holdings) => async () => {
          const found = await backend.audit(holdings)();
          if (E.isLeft(found)) return found;
          const damaged = found.right.damaged.filter(({ what }) => !what.includes('rights'));
          return E.right({ ...found.right, damaged });
        },
      })),
      'audit finds rights that differ from what is on record',
    ],
    [
      'a model that reads all or nothing',
      spoiledModel((model) => ({
        read: (bags) => async () => {
          const outcomes = await model.read(bags)();
          const refused = outcomes.find(E.isLeft);
          return refused === undefined ? outcomes : outcomes.map(() => refused);
        },
      })),
      'reads the others where one is refused',
    ],
    [
      'a model that forgets state',
      spoiledModel(() => ({ state: right({}) })),
      'keeps the state of each unit, for that unit',
    ],
    [
      'an identity that keeps no key',
      spoiledIdentity(() => ({ key: right(null) })),
      'has kept the key by which it asks, for the next hook',
    ],
    [
      'an identity that has one already',
      spoiledIdentity(() => ({ key: right('mine') })),
      'has no key before one was asked for',
    ],
    [
      'an identity that makes a key for each request',
      spoiledIdentity((identity) => ({
        request: (names) => async () => {
          await identity.forget();
          return identity.request(names)();
        },
      })),
      'asks anew by the same key, and never in the same words',
    ],
    [
      'an identity that always asks in the same words',
      spoiledIdentity(() => ({ request: () => right({ request: 'certify me', key: 'mine' }) })),
      'asks anew by the same key, and never in the same words',
    ],
    [
      'an identity that forgets nothing',
      spoiledIdentity(() => ({ forget: right(undefined) })),
      'forgets its key, and may be told so twice',
    ],
    [
      'an identity that nobody finds',
      spoiledIdentity(() => ({ names: right([]) })),
      'names where clients come to it, sorted',
    ],
    [
      'an identity that asks for a name of its own',
      spoiledIdentity((identity) => ({ request: () => identity.request(['another']) })),
      'is certified for the names and the key with which it asks',
    ],
    [
      'an identity that trusts whoever has signed',
      spoiledIdentity((identity) => ({
        examine: (certificate, authorities) => {
          const facts = identity.examine(certificate, authorities);
          return facts && { ...facts, isIssued: true };
        },
      })),
      'knows who has signed a certificate',
    ],
    [
      'an identity whose clock stands still',
      spoiledIdentity(() => ({ now: () => -1 })),
      'says from when until when a certificate is in force',
    ],
    [
      'an identity that reads anything',
      spoiledIdentity((identity) => ({
        examine: (certificate, authorities) =>
          identity.examine(certificate, authorities) ?? {
            ...{ key: '', names: [], from: 0, until: 1 },
            ...{ isAuthority: false, isIssued: true },
          },
      })),
      'reads nothing where there is no certificate',
    ],
    [
      'entropy that repeats itself',
      entropyConformance(async () => ({
        password: () => ({ secret: 'AlwaysTheSameTwentyTwoLetters' }),
      })),
      'gives each password once',
    ],
    [
      'entropy that is short',
      entropyConformance(async () => ({ password: () => ({ secret: 'short' }) })),
      'gives letters and digits, at least 128 bits of them',
    ],
  ])('%s', async (_, all, expected) => {
    expect(await failures(all)).toContain(expected);
  });
});
