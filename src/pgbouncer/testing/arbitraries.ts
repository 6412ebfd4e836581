import type * as FastCheck from 'fast-check';
import { given } from '../../hook/index.ts';
import type { Fc, Topology } from '../../testing/index.ts';
import type { Databag } from '../relation/request.ts';

/** Databags of any content, well-formed requests now and then among them. */
export const databags = (fc: Fc): FastCheck.Arbitrary<Databag> => {
  given('databags', 'fc', fc, { integer: 'function', tuple: 'function' });
  return fc.oneof(
    requests(fc),
    fc.dictionary(
      fc.oneof(fc.constantFrom('database', 'extra-user-roles', 'entity-type', 'data'), fc.string()),
      fc.string(),
    ),
  );
};

/** Requests that are to be served. */
export const requests = (fc: Fc): FastCheck.Arbitrary<Databag> => {
  given('requests', 'fc', fc, { integer: 'function', tuple: 'function' });
  return fc
    .tuple(
      fc.stringMatching(/^[a-z][a-z0-9_]{0,20}[a-z0-9]$/),
      fc.subarray(['CREATEDB', 'CREATEROLE']),
    )
    .map(([database, roles]) => ({
      database: database.replace(/_readonly$/, ''),
      ...(roles.length === 0 ? {} : { 'extra-user-roles': roles.join(',') }),
    }));
};

/** Providers of one to five units, with one to three requirers. */
export const topologies = (fc: Fc): FastCheck.Arbitrary<Topology> => {
  given('topologies', 'fc', fc, { integer: 'function', tuple: 'function' });
  return fc
    .tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.array(
        fc.record({
          units: fc.integer({ min: 0, max: 3 }),
          request: requests(fc),
          options: fc.record({ library: fc.constantFrom('v0.12', 'v0.59') }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      fc.boolean(),
    )
    .map(([units, all, hasSecrets]) => ({
      units,
      hasSecrets,
      requirers: Object.fromEntries(all.map((one, number) => [`app${number}`, one])),
    }));
};
