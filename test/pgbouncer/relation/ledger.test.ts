import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import type { ConnectionInfo, Grant } from '../../../machines/index.ts';
import { recordKey } from '../../../src/pgbouncer/keys.ts';
import {
  encodeRecord,
  isServed,
  isSettled,
  type KeptLogin,
  type LedgerRecord,
  parseLedger,
  serving,
  servings,
} from '../../../src/pgbouncer/relation/ledger.ts';
import { record as schema } from '../../../src/pgbouncer/relation/record-schema.ts';
import { type RecordTail, recordReader } from '../../../src/pgbouncer/relation/record-text.ts';
import { aGrant } from '../../a-grant.ts';

const grant = aGrant(4, {
  state: 'published',
  published: { endpoints: 'a:1', readOnlyEndpoints: '', version: '14.5' },
});

const record = fc.record({
  relation: fc.nat(),
  state: fc.constantFrom('provisioning', 'published', 'removing'),
  user: fc.string(),
  database: fc.string(),
  attributes: fc.array(fc.string()),
  roles: fc.array(fc.string()),
  password: fc.option(fc.record({ secret: fc.string() })),
  secrets: fc.constant({}),
  place: fc.option(fc.string()),
  verifier: fc.option(fc.record({ secret: fc.string() })),
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

/** A record with its keys in the order in which the charm makes them. */
const inOrder = (relation: number): Grant => ({
  relation,
  state: 'published',
  user: `relation_id_${relation}`,
  database: 'shop',
  place: relation % 2 === 0 ? 'shop' : null,
  attributes: [],
  roles: [],
  password: null,
  secrets: relation % 3 === 0 ? {} : { user: `secret:${relation}`, tls: 'secret:tls' },
  verifier: { secret: `SCRAM-SHA-256$4096:${relation}==$a:b=` },
  requestId: relation % 2 === 0 ? null : 'a1b2',
  owner: 'model/pgbouncer',
  published: { endpoints: 'a:1', readOnlyEndpoints: 'b:1', version: '14.5' },
  error: null,
});

const everywhere: Required<ConnectionInfo> = {
  ...{ endpoints: 'a:1', readOnlyEndpoints: 'b:1', version: '14.5', authorities: 'c2' },
};

/** What a ledger is read as. */
const ledgerOf = (records: readonly LedgerRecord[], lookup: KeptLogin | null = null) =>
  E.right({
    records: new Map(records.map((one) => [one.relation, one])),
    lookup,
    unsettled: new Set(records.filter((one) => !isSettled(one)).map(({ relation }) => relation)),
  });

describe('the ledger', () => {
  it('reads its own keys and passes over those of others', () => {
    const lookup = { user: 'lookup', password: { secret: 's' }, secret: null };
    const refused: LedgerRecord = { relation: 7, state: 'refused', error: 'no' };
    const read = parseLedger({
      'relation-4': encodeRecord(grant),
      'relation-7': encodeRecord(refused),
      'auth-user': JSON.stringify({ ...lookup, proof: 'what version 0.1 knew it by' }),
      monitors: '{"x":1}',
    });
    expect(read).toEqual(ledgerOf([grant, refused], lookup));
  });

  it.each([
    ['relation-4', 'no json', 'it is not JSON'],
    ['relation-4', '{}', 'state is not as expected'],
    ['relation-4', encodeRecord({ ...grant, relation: 5 }), 'it speaks of relation 5'],
    ['relation-4', JSON.stringify({ ...grant, password: 'p' }), 'password is not as expected'],
    ['auth-user', '"x"', 'it is not as expected'],
    ['format', '2', 'it has the form "2", and this version of the charm knows 1'],
    ['format', 'b\u001b', 'it has the form "b\\u001b"'],
  ])('says which record cannot be read, and why: %s %s', (key, text, why) => {
    expect(parseLedger({ [key]: text })).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'LedgerUnreadable', key, why: expect.stringContaining(why) },
    });
  });

  it.each([{}, { format: '' }, { format: '0' }, { format: '1' }])(
    'reads a ledger of the form %j',
    (databag) => {
      expect(E.isRight(parseLedger(databag))).toBe(true);
    },
  );

  it('property: reads back every record that it writes', () => {
    fc.assert(
      fc.property(record, (one) => {
        const read = parseLedger({ [`relation-${one.relation}`]: encodeRecord(one) });
        expect(read).toEqual(ledgerOf([one]));
      }),
    );
  });

  it('reads records of the form in which they are written without taking them for any JSON', () => {
    const read = vi.spyOn(JSON, 'parse');
    try {
      const databag = Object.fromEntries(
        [1, 2, 3].map((relation) => [`relation-${relation}`, encodeRecord(inOrder(relation))]),
      );
      expect(parseLedger(databag)).toEqual(ledgerOf([1, 2, 3].map(inOrder)));
      // What is the same in all of them is read once.
      expect(read).toHaveBeenCalledTimes(1);
    } finally {
      read.mockRestore();
    }
  });

  it.each([
    ['of the form in which they are written', (key: string) => key],
    ['of another form', (key: string) => `"kept":"as it is",${key}`],
  ])(
    'reads records %s by the schema alone, whatever field they were written without',
    (_, first) => {
      const whole = { ...inOrder(2), published: everywhere } satisfies Required<Grant>;
      const { published, ...others } = whole;
      const without = (from: object, key: string) =>
        Object.fromEntries(Object.entries(from).filter(([name]) => name !== key));
      const earlier = [
        whole,
        ...Object.keys(others).map((key) => without(whole, key)),
        ...Object.keys(published).map((key) => ({ ...whole, published: without(published, key) })),
      ];
      expect(earlier.length).toBeGreaterThan(17);
      for (const one of earlier) {
        const said = v.safeParse(schema, one);
        const text = JSON.stringify(one).replace('"user":', first('"user":'));
        const read = parseLedger({ 'relation-2': text });
        const records = E.isRight(read) ? [...read.right.records.values()] : [];
        expect(records, text).toEqual(said.success ? [expect.objectContaining(said.output)] : []);
      }
    },
  );

  it('property: reads nothing otherwise than JSON would be, whatever was done to a record', () => {
    const readAsWritten = recordReader(
      (value): value is RecordTail =>
        value !== null && Object.keys(value as object).join() === 'owner,published,error',
    );
    const grants = fc.oneof(record, fc.nat(99).map(inOrder));
    const snippet = fc.constantFrom(
      ...[
        '',
        '"',
        '\\',
        '\\"',
        ',',
        '{',
        '}',
        ']',
        '0',
        '\n',
        'null',
        '"error":1',
        '"state":"removing",',
      ],
    );
    const edit = fc.tuple(fc.nat(700), fc.nat(12), snippet);
    let asWritten = 0;
    fc.assert(
      fc.property(grants, fc.array(edit, { maxLength: 2 }), (grant, edits) => {
        let text = encodeRecord(grant);
        for (const [at, length, put] of edits)
          text = text.slice(0, at) + put + text.slice(at + length);
        const read = readAsWritten(text);
        if (read === null) return;
        asWritten += 1;
        expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
    expect(asWritten).toBeGreaterThan(20);
  });

  it('reads anew what has changed since it was read last, and only that', () => {
    const [one, two] = [inOrder(1), inOrder(2)];
    const before = { 'relation-1': encodeRecord(one), 'relation-2': encodeRecord(two) };
    const first = parseLedger(before);
    if (E.isLeft(first)) throw new Error('it is readable');
    // Whoever has it may change it.
    first.right.records.delete(1);
    const after = { ...before, 'relation-2': encodeRecord({ ...two, state: 'removing' }) };
    expect(parseLedger(after)).toEqual(ledgerOf([one, { ...two, state: 'removing' }]));
    expect(parseLedger({ 'relation-2': 'no json' })).toMatchObject({ _tag: 'Left' });
    expect(parseLedger({})).toEqual(ledgerOf([]));
  });

  it('finds what it has read wherever that stands in the databag now', () => {
    const keys = [1, 2, 3, 4].map(recordKey);
    const texts = new Map(keys.map((key, at) => [key, encodeRecord(inOrder(at + 1))]));
    const read = (...those: readonly string[]) => {
      const databag = Object.fromEntries(those.map((key) => [key, texts.get(key) ?? '']));
      const ledger = parseLedger(databag);
      if (E.isLeft(ledger)) throw new Error('it is readable');
      expect([...ledger.right.records.keys()].map(recordKey)).toEqual(those);
      return [...ledger.right.records.values()];
    };
    const [one, two, three, four] = [...keys] as [string, string, string, string];
    let before = read(one, two, three);
    for (const those of [
      [one, three],
      [four, three, one],
      [one, two, three, four],
      [four, one, two, three],
      [three, four],
    ]) {
      const now = read(...those);
      for (const record of now) {
        const known = before.find(({ relation }) => relation === record.relation);
        if (known !== undefined) expect(record).toBe(known);
      }
      before = now;
    }
  });

  it('leaves out a password that a Juju secret keeps', () => {
    const kept = { ...grant, secrets: { user: 'secret:4' } };
    expect(encodeRecord(kept)).not.toContain('secret-4');
    expect(parseLedger({ 'relation-4': encodeRecord(kept) })).toEqual(
      ledgerOf([{ ...kept, password: null }]),
    );
  });

  it('reads records that were written before there were secrets, places and verifiers', () => {
    const { secrets: _, requestId: __, place: ___, verifier: ____, ...old } = grant;
    const proven = { ...old, proof: 'what version 0.1 knew the password by' };
    expect(parseLedger({ 'relation-4': JSON.stringify(proven) })).toEqual(ledgerOf([grant]));
  });

  it('says of each relation what is served, and to whom, in the order of their ids', () => {
    const known = { ...grant, verifier: { secret: 'SCRAM-SHA-256$one' } };
    const records = new Map<number, LedgerRecord>([
      [9, { ...known, relation: 9, state: 'provisioning', database: 'other' }],
      [4, grant],
      [5, { ...grant, relation: 5, state: 'removing' }],
      [7, { relation: 7, state: 'refused', error: 'no' }],
    ]);
    const said = servings({ records, lookup: null });
    expect(Object.keys(said)).toEqual(['4', '9']);
    expect(said[4]).toBe(grant.database);
    expect(said[9]).toMatch(/^other [0-9a-z]+$/);
    expect(said[9]).not.toContain('SCRAM');
    expect(serving({ ...known, verifier: { secret: 'SCRAM-SHA-256$two' } })).not.toBe(
      serving(known),
    );
  });

  it('serves what is provisioned or published', () => {
    expect(isServed(grant)).toBe(true);
    expect(isServed({ ...grant, state: 'provisioning' })).toBe(true);
    expect(isServed({ ...grant, state: 'removing' })).toBe(false);
    expect(isServed({ relation: 4, state: 'refused', error: '' })).toBe(false);
  });
});
