import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { type Deferral, encodeDeferrals, parseDeferrals } from '../../src/domain/deferral.ts';

const requested: Deferral = { hook: 'database-requested', event: { relation: 4 } };
const departed: Deferral = {
  hook: 'database-relation-departed',
  event: { relation: 7, departingUnit: 'p/0' },
};

describe('deferred hooks', () => {
  it('are read back as they were written, in order, equal ones once', () => {
    const state = encodeDeferrals([departed, requested, departed]);
    expect(parseDeferrals(state)).toEqual(E.right([departed, requested]));
  });

  it('are no key where there is none', () => {
    expect(encodeDeferrals([])).toEqual({ deferred: '' });
    expect(parseDeferrals({})).toEqual(E.right([]));
    expect(parseDeferrals({ deferred: '' })).toEqual(E.right([]));
  });

  it.each([
    ['x', 'it is not JSON'],
    ['{}', 'it is not as expected (Array)'],
    ['[{"hook":"database-requested"}]', '0.event is not as expected'],
    ['[{"hook":"other","event":{"relation":4}}]', '0.hook is not as expected'],
    ['[{"hook":"database-requested","event":{"relation":"4"}}]', '0.event.relation is not'],
  ])('%s cannot be read: %s', (deferred, why) => {
    expect(parseDeferrals({ deferred })).toMatchObject({
      left: { _tag: 'DeferralsUnreadable', class: 'broken', why: expect.stringContaining(why) },
    });
  });
});
