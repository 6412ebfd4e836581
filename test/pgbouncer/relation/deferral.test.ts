import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { hooks } from '../../../machines/index.ts';
import { type Deferral, encodeDeferrals, parseDeferrals } from '../../../src/juju/deferral.ts';
import type { Databag } from '../../../src/juju/index.ts';
import { stateSchemas } from '../../../src/pgbouncer/relation/stored-state.ts';

const read = (state: Databag) => parseDeferrals(state, Object.keys(hooks), stateSchemas.event);

const requested: Deferral = { hook: 'database-requested', event: { relation: 4 } };
const departed: Deferral = {
  hook: 'database-relation-departed',
  event: { relation: 7, departingUnit: 'p/0' },
};

describe('deferred hooks', () => {
  it('are read back as they were written, in order, equal ones once', () => {
    const state = encodeDeferrals([departed, requested, departed], {});
    expect(read(state)).toEqual(E.right([departed, requested]));
  });

  it('are no key where there is none', () => {
    expect(encodeDeferrals([], {})).toEqual({ deferred: '' });
    expect(read({})).toEqual(E.right([]));
    expect(read({ deferred: '' })).toEqual(E.right([]));
  });

  it('are as many as there may be, in values that Juju keeps', () => {
    const many = Array.from({ length: 5_000 }, (_, relation) => ({
      ...departed,
      event: { relation, departingUnit: 'ä/0' },
    }));
    const state = encodeDeferrals(many, {});
    for (const value of Object.values(state))
      expect(Buffer.byteLength(value)).toBeLessThanOrEqual(64 * 1024);
    expect(read(state)).toEqual(E.right(many));
    const fewer = encodeDeferrals(many.slice(0, 400), state);
    expect(Object.keys(fewer)).toEqual(Object.keys(state));
    const kept = Object.fromEntries(Object.entries(fewer).filter(([, value]) => value !== ''));
    expect(Object.keys(kept)).toEqual(['deferred', 'deferred-1']);
    expect(read(kept)).toEqual(E.right(many.slice(0, 400)));
  });

  it.each([
    ['x', 'it is not JSON'],
    ['{}', 'it is not as expected (Array)'],
    ['[{"hook":"database-requested"}]', '0.event is not as expected'],
    ['[{"hook":"other","event":{"relation":4}}]', '0.hook is none of database-requested, '],
    ['[{"hook":"database-requested","event":{"relation":"4"}}]', '0.event is not as expected'],
  ])('%s cannot be read: %s', (deferred, why) => {
    expect(read({ deferred })).toMatchObject({
      left: { _tag: 'DeferralsUnreadable', class: 'broken', why: expect.stringContaining(why) },
    });
  });
});
