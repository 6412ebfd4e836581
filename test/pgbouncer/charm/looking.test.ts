import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askedOf } from './an-action.ts';
import { RealCharm } from './charm.ts';

const [leader, follower] = ['pgbouncer/0', 'pgbouncer/1'];
const made = /hookchart_(login|home)_[0-9a-f]{12}/;

let charm: RealCharm;
beforeAll(async () => {
  const requirers = { shop: { units: 1, request: { database: 'orders' } } };
  charm = await RealCharm.start({ units: 2, hasSecrets: true, requirers });
}, 60_000);
afterAll(() => charm.stop());

/** All that a deployment could have made on the server, and where it has settled. */
async function there(): Promise<readonly unknown[]> {
  const names = await charm.sql(
    'SELECT oid, rolname AS name FROM pg_roles UNION ALL SELECT oid, datname FROM pg_database ORDER BY 1, 2',
  );
  const own = names.filter(({ name }) => made.test(String(name)));
  return [names, own.length];
}

describe.each(['a login of its own', 'a superuser'])(
  'before anything is made, with %s',
  (login) => {
    beforeAll(() => {
      if (login === 'a superuser') charm.giveSuperuser();
    });

    it.each(['plan', 'show-relations'])(
      '%s says what the next hook makes on PostgreSQL, and makes nothing',
      async (name) => {
        const before = await there();
        for (const unit of [leader, follower]) {
          const { results, failure, writes } = await askedOf(charm, unit, name);
          expect([failure, writes]).toEqual([null, []]);
          const role = login === 'a superuser' ? 'role "hookchart_login_[0-9a-f]{12}", ' : '';
          expect(results.backend).toMatch(
            new RegExp(
              `^ready; the next hook makes ${role}database "hookchart_home_[0-9a-f]{12}"$`,
            ),
          );
        }
        expect(await there()).toEqual(before);
        expect(before.at(-1)).toBe(0);
      },
    );
  },
);

describe('once the deployment is there', () => {
  beforeAll(() => charm.settle(), 60_000);

  it.each(['plan', 'show-relations'])('%s finds nothing to make', async (name) => {
    const before = await there();
    expect(before.at(-1)).toBe(2);
    for (const unit of [leader, follower])
      expect((await askedOf(charm, unit, name)).results.backend).toBe('ready');
    expect(await there()).toEqual(before);
  });

  it('plan says what is to be put right where the home is there, and the login is not', async () => {
    const { name } =
      (await charm.sql("SELECT rolname AS name FROM pg_roles WHERE rolname ~ '_login_'"))[0] ?? {};
    await charm.sql(`ALTER ROLE "${name}" PASSWORD 'another'`);
    const { results } = await askedOf(charm, leader, 'plan');
    expect(results.backend).toMatch(
      /^ready; the next hook makes role .*, which is there and is put right/,
    );
    await expect(charm.hook(leader, { name: 'update-status' })).resolves.toMatchObject({ code: 0 });
    expect((await askedOf(charm, leader, 'plan')).results.backend).toBe('ready');
  });
});
