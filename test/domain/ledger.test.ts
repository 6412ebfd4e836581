import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { Grant } from '../../machines/index.ts';
import {
  encodeLogin,
  encodeRecord,
  isServed,
  type LedgerRecord,
  parseLedger,
} from '../../src/domain/ledger.ts';
import { aGrant } from '../a-grant.ts';

const grant = aGrant(4, {
  state: 'published',
  published: { endpoints: 'a:1', readOnlyEndpoints: '', version: '14.5' },
});

describe('the ledger', () => {
  it('reads its own keys and passes over those of others', () => {
    const auth = { user: 'lookup', password: { secret: 's' }, secret: null, proof: null };
    const refused: LedgerRecord = { relation: 7, state: 'refused', error: 'no' };
    const read = parseLedger({
      'relation-4': encodeRecord(grant),
      'relation-7': encodeRecord(refused),
      'auth-user': encodeLogin(auth),
      monitors: '{"x":1}',
    });
    expect(read).toEqual(
      E.right({
        records: new Map<number, LedgerRecord>([
          [4, grant],
          [7, refused],
        ]),
        auth,
      }),
    );
  });

  it.each([
    ['relation-4', 'no json', 'it is not JSON'],
    ['relation-4', '{}', 'state is not as expected'],
    ['relation-4', encodeRecord({ ...grant, relation: 5 }), 'it speaks of relation 5'],
    ['relation-4', JSON.stringify({ ...grant, password: 'p' }), 'password is not as expected'],
    ['auth-user', '"x"', 'it is not as expected'],
  ])('says which record cannot be read, and why: %s %s', (key, text, why) => {
    expect(parseLedger({ [key]: text })).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'LedgerUnreadable', key, why: expect.stringContaining(why) },
    });
  });

  it('property: reads back every record that it writes', () => {
    const record = fc.record({
      relation: fc.nat(),
      state: fc.constantFrom('provisioning', 'published', 'removing'),
      user: fc.string(),
      database: fc.string(),
      attributes: fc.array(fc.string()),
      roles: fc.array(fc.string()),
      password: fc.option(fc.record({ secret: fc.string() })),
      secrets: fc.constant({}),
      proof: fc.option(fc.string()),
      requestId: fc.option(fc.string()),
      owner: fc.string(),
      published: fc.option(
        fc.record({
          endpoints: fc.option(fc.string()),
          readOnlyEndpoints: fc.string(),
          version: fc.option(fc.string()),
        }),
      ),
      error: fc.option(fc.string()),
    }) as fc.Arbitrary<Grant>;
    fc.assert(
      fc.property(record, (one) => {
        const read = parseLedger({ [`relation-${one.relation}`]: encodeRecord(one) });
        expect(read).toEqual(E.right({ records: new Map([[one.relation, one]]), auth: null }));
      }),
    );
  });

  it('leaves out a password that a Juju secret keeps', () => {
    const kept = { ...grant, secrets: { user: 'secret:4' } };
    expect(encodeRecord(kept)).not.toContain('secret-4');
    expect(parseLedger({ 'relation-4': encodeRecord(kept) })).toEqual(
      E.right({ records: new Map([[4, { ...kept, password: null }]]), auth: null }),
    );
    const login = {
      user: 'lookup',
      password: { secret: 's3cret' },
      secret: 'secret:1',
      proof: 'p',
    };
    expect(encodeLogin(login)).not.toContain('s3cret');
  });

  it('reads records that were written before there were secrets', () => {
    const { secrets: _, proof: __, requestId: ___, ...old } = grant;
    expect(parseLedger({ 'relation-4': JSON.stringify(old) })).toEqual(
      E.right({ records: new Map([[4, grant]]), auth: null }),
    );
  });

  it('serves what is provisioned or published', () => {
    expect(isServed(grant)).toBe(true);
    expect(isServed({ ...grant, state: 'provisioning' })).toBe(true);
    expect(isServed({ ...grant, state: 'removing' })).toBe(false);
    expect(isServed({ relation: 4, state: 'refused', error: '' })).toBe(false);
  });
});
