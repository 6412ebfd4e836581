import { describe, expect, it } from 'vitest';
import { emptyConfiguration } from '../../../src/pgbouncer/pooler/configuration.ts';
import { goingOn } from '../../../src/pgbouncer/pooler/lookup.ts';

const of01 = 'auth_query = SELECT uname, phash FROM hookchart.user_lookup($1)\n';
const onlyA = `${of01.trim()} WHERE uname IN ('a')\n`;
const user = (name: string, secret = name) => ({ name, verifier: { secret } });
const login = { user: 'lookup', password: { secret: 'x' } };
const wholly = {
  ...emptyConfiguration,
  users: [user('a'), user('b'), user('c')],
  lookup: { ...login, users: [] as string[], told: ['a', 'b'] },
};
const quiet = { ini: '', userlist: '', seen: new Set<string>() };

/** Who is looked up, and who is listed. */
const split = (running: Partial<typeof quiet>, configuration = wholly) => {
  const { lookup, users } = goingOn(configuration, { ...quiet, ...running });
  return [lookup?.users, users.map(({ name }) => name)];
};

describe('a PgBouncer that runs', () => {
  it('of version 0.1 looks up whose clients were told of it, and who has logged in', () => {
    expect(split({ ini: of01 })).toEqual([['a', 'b'], ['c']]);
    expect(split({ ini: of01, seen: new Set(['c', 'lookup']) })).toEqual([['a', 'b', 'c'], []]);
  });

  it('looks up those of before and nobody who came later', () => {
    expect(split({ ini: onlyA })).toEqual([['a'], ['b', 'c']]);
    expect(split({})).toEqual([[], ['a', 'b', 'c']]);
  });

  it('lists on whom it lists, though an older leader has lost the verifier', () => {
    expect(split({ userlist: '"a" "a"\n', seen: new Set(['a']) })).toEqual([[], ['a', 'b', 'c']]);
    const lost = { ...wholly, users: [user('b')], lookup: { ...wholly.lookup, users: ['a', 'd'] } };
    expect(split({ userlist: '"a" "kept"\n' }, lost)).toEqual([['d'], ['a', 'b']]);
    expect(goingOn(lost, { ...quiet, userlist: '"a" "kept"\n' }).users[0]).toEqual(
      user('a', 'kept'),
    );
  });

  it('is given what is wanted where nobody is to be looked up any more', () => {
    const done = { ...wholly, lookup: null };
    expect(goingOn(done, { ...quiet, ini: of01 })).toBe(done);
  });
});
