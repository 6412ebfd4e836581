import assert from 'node:assert/strict';
import type { Login } from '../../../../machines/index.ts';
import { type ConformanceCase, cases, done, refused } from '../../../testing/index.ts';
import { type Configuration, emptyConfiguration } from '../../pooler/configuration.ts';
import type { Pooler } from '../../ports.ts';

/** A pooler adapter, and what the suite needs to look behind it. */
export interface PoolerSubject {
  /** What one hook sees; asked for anew for each hook of a case, and released by it. */
  readonly hook: () => Pooler;
  /** The databases in force, sorted, found out by other means than the adapter's. */
  readonly databases: () => Promise<readonly string[]>;
  /** Where its entries may lead to; a PostgreSQL need not listen there. */
  readonly backend: { readonly host: string; readonly port: number };
}

/** What every pooler adapter holds to. */
export const poolerConformance = (make: () => Promise<PoolerSubject>): readonly ConformanceCase[] =>
  cases(make, {
    'apply puts a configuration in force': async (subject) => {
      await apply(subject, 'one', 'two');
      assert.deepEqual(await subject.databases(), ['one', 'two']);
    },
    'apply leaves alone what is in force': async (subject) => {
      await apply(subject, 'one', 'two');
      assert.equal(await apply(subject, 'one', 'two'), 'unchanged');
    },
    'apply takes away what is no longer wanted': async (subject) => {
      await apply(subject, 'one', 'two');
      assert.equal(await apply(subject, 'two'), 'applied');
      assert.deepEqual(await subject.databases(), ['two']);
    },
    'apply sees that only the verifier of a user has changed': async (subject) => {
      await apply(subject, 'one');
      const changed = {
        ...configuration(subject, 'one'),
        users: [{ name: 'user', verifier: { secret: another } }],
      };
      assert.equal(await during(subject, (pooler) => done(pooler.apply(changed))), 'applied');
    },
    'differences tells what apply would change, and changes nothing': async (subject) => {
      await apply(subject, 'one');
      const told = (...names: string[]) =>
        during(subject, (pooler) => differences(pooler, configuration(subject, ...names)));
      assert.notEqual(await told('one', 'two'), 'nothing');
      assert.deepEqual(await subject.databases(), ['one']);
      await apply(subject, 'one', 'two');
      assert.notEqual(await told('one', 'two'), 'something');
    },
    'apply can take everything away': async (subject) => {
      await apply(subject, 'one');
      await apply(subject);
      assert.deepEqual(await subject.databases(), []);
    },
    'admits nobody to a database that is not served': async (subject) => {
      await apply(subject, 'one');
      const login: Login = { user: 'nobody', password: { secret: 'nothing' } };
      await during(subject, (pooler) =>
        refused(pooler.admits(login, 'three'), 'LoginRefused', 'unavailable'),
      );
    },
  });

const configuration = ({ backend }: PoolerSubject, ...names: string[]): Configuration => ({
  ...emptyConfiguration,
  databases: names.map((name) => ({ name, ...backend, database: name })),
  users: [{ name: 'user', verifier: { secret: verifier } }],
});

/** Of passwords that nobody knows. */
const verifier =
  'SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$RlBBdF9jYW5ub3RfYmVfZ3Vlc3NlZF8wMTIzNDU2Nzg=:U2VydmVyS2V5X2Nhbm5vdF9iZV9ndWVzc2VkXzAxMjM=';
const another = verifier.replace('c2Fsd', 'dGFsd');

/** An adapter that cannot tell says neither. */
async function differences(
  pooler: Pooler,
  wanted: Configuration,
): Promise<'nothing' | 'something' | null> {
  if (pooler.differences === undefined) return null;
  return (await done(pooler.differences(wanted))).length === 0 ? 'nothing' : 'something';
}

const apply = (subject: PoolerSubject, ...names: string[]) =>
  during(subject, (pooler) => done(pooler.apply(configuration(subject, ...names))));

async function during<Result>(
  { hook }: PoolerSubject,
  body: (pooler: Pooler) => Promise<Result>,
): Promise<Result> {
  const pooler = hook();
  try {
    return await body(pooler);
  } finally {
    await pooler.release();
  }
}
