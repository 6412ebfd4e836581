import assert from 'node:assert/strict';
import type { Grant, Login } from '../../../machines/index.ts';
import type { Backend, KeptLogin } from '../../engine/index.ts';
import { type ConformanceCase, cases, done, refused } from './case.ts';

/** A backend adapter, and what the suite needs to look behind it. */
export interface BackendSubject {
  /** What one hook sees; asked for anew for each hook of a case, and released by it. */
  readonly hook: () => Backend;
  /** Whether a client logs in to a database, found out by other means than the adapter's. */
  readonly admits: (login: Login, database: string) => Promise<boolean>;
}

let made = 0;

/**
 * What every backend adapter holds to. The suite makes roles and databases whose names begin with
 * `conformance_`, each case its own, so one server is enough for all of them.
 */
export const backendConformance = (
  make: () => Promise<BackendSubject>,
): readonly ConformanceCase[] =>
  cases(make, {
    'is ready, and says its version and where it listens': (subject) =>
      during(subject, async (backend) => {
        assert.equal(await backend.ready(), true);
        assert.match(await done(backend.version), /^\d+(\.\d+)?/);
        const { host = '', port = 0 } = (await done(backend.endpoints))?.primary ?? {};
        assert.ok(host !== '' && port > 0);
      }),
    'provision lets the user log in': async (subject) => {
      const grant = aGrant();
      await provisioned(subject, grant);
      assert.equal(await subject.admits(loginOf(grant), grant.database), true);
    },
    'provision, once more, changes nothing for the user': async (subject) => {
      const grant = aGrant();
      await provisioned(subject, grant);
      await provisioned(subject, grant);
      assert.equal(await subject.admits(loginOf(grant), grant.database), true);
    },
    'provision puts right a password that differs': async (subject) => {
      const grant = aGrant();
      await provisioned(subject, grant);
      const changed = { ...grant, password: { secret: 'AnotherSecretOfTwentyTwo' } };
      await provisioned(subject, changed);
      assert.equal(await subject.admits(loginOf(changed), grant.database), true);
      assert.equal(await subject.admits(loginOf(grant), grant.database), false);
    },
    'provision leaves a role alone that another deployment made': async (subject) => {
      const grant = aGrant();
      await provisioned(subject, grant);
      const foreign = { ...aGrant(), user: grant.user, owner: 'another/pgbouncer' };
      await during(subject, (backend) =>
        refused(backend.provision(foreign, lookup(foreign)), 'RoleTaken', 'refused'),
      );
      assert.equal(await subject.admits(loginOf(grant), grant.database), true);
      assert.equal(await subject.admits(loginOf(foreign), foreign.database), false);
    },
    'provision leaves a database alone that another deployment made': async (subject) => {
      const grant = aGrant();
      await provisioned(subject, grant);
      const foreign = { ...aGrant(), database: grant.database, owner: 'another/pgbouncer' };
      await during(subject, (backend) =>
        refused(backend.provision(foreign, lookup(foreign)), 'DatabaseTaken', 'refused'),
      );
      assert.equal(await subject.admits(loginOf(foreign), grant.database), false);
    },
    'remove takes the login away, and may be repeated': async (subject) => {
      const grant = aGrant();
      await provisioned(subject, grant);
      for (const _ of [1, 2]) await during(subject, (backend) => done(backend.remove(grant)));
      assert.equal(await subject.admits(loginOf(grant), grant.database), false);
    },
    'remove leaves a role alone that another deployment made': async (subject) => {
      const grant = aGrant();
      await provisioned(subject, grant);
      await during(subject, (backend) =>
        done(backend.remove({ ...grant, owner: 'another/pgbouncer' })),
      );
      assert.equal(await subject.admits(loginOf(grant), grant.database), true);
    },
    'audit finds roles that nobody has on record, and grants that are damaged': async (subject) => {
      const [bare, orphan, missing] = [aGrant(), aGrant(), aGrant()];
      await provisioned(subject, orphan);
      const { kept, auth } = await provisioned(subject, bare);
      await during(subject, async (backend) => {
        const found = await done(backend.audit(kept.owner, [kept, missing], auth));
        assert.ok(found.orphans.includes(orphan.relation), 'the orphan is not found');
        assert.ok(!found.orphans.includes(kept.relation), 'a role on record is no orphan');
        assert.deepEqual(found.damaged, [missing.relation]);
      });
    },
    'audit finds a password that no longer is what is on record': async (subject) => {
      const grant = aGrant();
      const { kept, auth } = await provisioned(subject, grant);
      const audited = () =>
        during(subject, (backend) => done(backend.audit(grant.owner, [kept], auth)));
      assert.deepEqual((await audited()).damaged, []);
      const changed = { ...grant, password: { secret: 'AnotherSecretOfTwentyTwo' } };
      const again = await provisioned(subject, changed);
      assert.notEqual(again.kept.proof, kept.proof);
      assert.deepEqual((await audited()).damaged, [grant.relation]);
    },
    'provision gives proofs that say nothing of the passwords': async (subject) => {
      const grant = aGrant();
      const { kept, auth } = await provisioned(subject, grant);
      for (const proof of [kept.proof, auth.proof]) {
        assert.ok(proof !== null && proof !== '');
        for (const { secret } of [grant.password, lookup(grant).password])
          assert.ok(!proof.includes(secret), 'the proof holds the password');
      }
    },
    'grantable knows nothing of a role that is not there': (subject) =>
      during(subject, async (backend) => {
        assert.equal((await done(backend.grantable(['conformance_no_such_role']))).size, 0);
      }),
  });

const owner = 'conformance/pgbouncer';

function aGrant(): Grant & Pick<Login, 'password'> {
  made += 1;
  // Far from the ids of a model that may share the server.
  const relation = 900_000 + made;
  return {
    relation,
    state: 'published',
    user: `conformance_user_${relation}`,
    database: `conformance_db_${relation}`,
    attributes: [],
    roles: [],
    password: { secret: `SecretOfTwentyFour${relation}` },
    secrets: {},
    proof: null,
    requestId: null,
    owner,
    published: { endpoints: 'a:1', readOnlyEndpoints: '', version: null },
    error: null,
  };
}

const loginOf = ({ user, password }: Grant): Login => ({
  user,
  password: password ?? { secret: '' },
});

/** The login that looks users up: one for each deployment. */
const lookup = (grant: Grant): Login => ({
  user: grant.owner === owner ? 'conformance_lookup' : 'conformance_lookup_other',
  password: { secret: 'LookupSecretOfTwentyTwo' },
});

/** The grant, and the lookup login, as a ledger keeps them after the provisioning. */
async function provisioned(subject: BackendSubject, grant: Grant) {
  const login = lookup(grant);
  const proofs = await during(subject, (backend) => done(backend.provision(grant, login)));
  const auth: KeptLogin = { ...login, password: null, secret: null, proof: proofs.auth };
  return { kept: { ...grant, password: null, proof: proofs.user }, auth };
}

async function during<Result>(
  { hook }: BackendSubject,
  body: (backend: Backend) => Promise<Result>,
): Promise<Result> {
  const backend = hook();
  try {
    return await body(backend);
  } finally {
    await backend.release();
  }
}
