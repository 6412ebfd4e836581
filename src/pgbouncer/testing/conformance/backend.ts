import assert from 'node:assert/strict';
import type { Grant, Login } from '../../../../machines/index.ts';
import { type ConformanceCase, cases, done, refused } from '../../../testing/index.ts';
import type { Backend, Holdings } from '../../ports.ts';

/** A backend adapter, and what the suite needs to look behind it. */
export interface BackendSubject {
  /** What one hook of a deployment sees; asked for anew for each hook of a case, and released by it. */
  readonly hook: (owner: string) => Backend;
  /** Whether a client logs in to a database, found out by other means than the adapter's. */
  readonly admits: (login: Login, database: string) => Promise<boolean>;
}

let made = 0;

/**
 * What every backend adapter holds to. The suite makes roles and databases whose names begin with
 * `conformance_`, each case its own, so one server is enough for all of them.
 *
 * @example
 * ```ts
 * import { backendConformance } from 'hookchart/pgbouncer/testing';
 *
 * // In a suite of yours: for (const { name, run } of backendConformance(make)) it(name, run);
 * const cases = backendConformance(async () => {
 *   throw new Error('make a backend of yours here');
 * });
 * console.log(cases.length > 10);
 * // true
 * ```
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of cases, each short.
export const backendConformance = (
  make: () => Promise<BackendSubject>,
): readonly ConformanceCase[] =>
  cases(make, {
    'is ready, and says its version and where it listens': (subject) =>
      during(subject, async (backend) => {
        await done(backend.ready);
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
      await during(
        subject,
        (backend) => refused(backend.provision(foreign, holdings(foreign)), 'RoleTaken', 'refused'),
        foreign.owner,
      );
      assert.equal(await subject.admits(loginOf(grant), grant.database), true);
      assert.equal(await subject.admits(loginOf(foreign), foreign.database), false);
      const asked = { ...foreign, state: 'provisioning' as const };
      const { kept } = await provisioned(subject, asked);
      assert.notEqual(kept.user, grant.user, 'another name was to be found');
      assert.equal(await subject.admits(loginOf(grant), grant.database), true);
      assert.equal(
        await subject.admits(loginOf({ ...asked, user: kept.user }), asked.database),
        true,
      );
    },
    'provision leaves a database alone that another deployment made': async (subject) => {
      const grant = aGrant();
      await provisioned(subject, grant);
      const foreign = { ...aGrant(), database: grant.database, owner: 'another/pgbouncer' };
      await during(
        subject,
        (backend) =>
          refused(backend.provision(foreign, holdings(foreign)), 'DatabaseTaken', 'refused'),
        foreign.owner,
      );
      assert.equal(await subject.admits(loginOf(foreign), grant.database), false);
    },
    'remove takes the login away, and may be repeated': async (subject) => {
      const grant = aGrant();
      await provisioned(subject, grant);
      for (const _ of [1, 2])
        await during(subject, (backend) => done(backend.remove(grant, holdings())));
      assert.equal(await subject.admits(loginOf(grant), grant.database), false);
    },
    'remove leaves a role alone that another deployment made': async (subject) => {
      const grant = aGrant();
      await provisioned(subject, grant);
      const foreign = { ...grant, owner: 'another/pgbouncer' };
      await during(
        subject,
        (backend) => done(backend.remove(foreign, holdings(foreign))),
        foreign.owner,
      );
      assert.equal(await subject.admits(loginOf(grant), grant.database), true);
    },
    'provision takes back what a grant does not say': async (subject) => {
      const grant = { ...aGrant(), state: 'provisioning' as const };
      await provisioned(subject, grant);
      const { database } = aGrant();
      const { kept } = await provisioned(subject, { ...grant, database });
      const login = { ...loginOf(grant), user: kept.user };
      assert.equal(await subject.admits(login, database), true);
      assert.equal(await subject.admits(login, grant.database), false);
    },
    'audit finds roles that nobody has on record, and grants that are damaged': async (subject) => {
      const [bare, orphan, missing] = [aGrant(), aGrant(), aGrant()];
      await provisioned(subject, orphan);
      const { kept } = await provisioned(subject, bare);
      await during(subject, async (backend) => {
        const found = await done(backend.audit(holdings(kept, missing)));
        assert.ok(
          found.orphans.some(({ user }) => user === orphan.user),
          'the orphan is not found',
        );
        assert.ok(
          !found.orphans.some(({ user }) => user === kept.user),
          'a role on record is no orphan',
        );
        assert.deepEqual(
          found.damaged.map(({ relation }) => relation),
          [missing.relation],
        );
      });
    },
    'audit finds rights that differ from what is on record': async (subject) => {
      const { kept } = await provisioned(subject, aGrant());
      const audited = (grant: Grant) =>
        during(subject, (backend) => done(backend.audit(holdings(grant))));
      assert.deepEqual((await audited(kept)).damaged, []);
      const [damage] = (await audited({ ...kept, attributes: ['CREATEDB'] })).damaged;
      assert.equal(damage?.relation, kept.relation);
    },
    'a verifier that is on record stays, and says nothing of the password': async (subject) => {
      const grant = aGrant();
      const { kept } = await provisioned(subject, grant);
      const again = await provisioned(subject, { ...grant, verifier: kept.verifier });
      assert.deepEqual(again.kept.verifier, kept.verifier);
      assert.ok(!kept.verifier?.secret.includes(grant.password?.secret ?? ''));
    },
    'grantable knows nothing of a role that is not there': (subject) =>
      during(subject, async (backend) => {
        assert.equal(
          (await done(backend.grantable(['conformance_no_such_role'], holdings()))).size,
          0,
        );
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
    place: null,
    secrets: {},
    verifier: null,
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

/** What a ledger knows; it does not know what is not said. */
const holdings = (...grants: readonly Grant[]): Holdings => ({
  owner: grants[0]?.owner ?? owner,
  grants,
});

/** The grant, as a ledger keeps it after the provisioning. */
async function provisioned(subject: BackendSubject, grant: Grant) {
  const made = await during(
    subject,
    (backend) => done(backend.provision(grant, holdings(grant))),
    grant.owner,
  );
  return { kept: { ...grant, ...made, password: null } };
}

async function during<Result>(
  { hook }: BackendSubject,
  body: (backend: Backend) => Promise<Result>,
  deployment = owner,
): Promise<Result> {
  const backend = hook(deployment);
  try {
    return await body(backend);
  } finally {
    await backend.release();
  }
}
