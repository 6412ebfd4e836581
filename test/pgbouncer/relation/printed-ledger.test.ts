import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it, vi } from 'vitest';
import type { Grant } from '../../../machines/index.ts';
import { leaderKey } from '../../../src/pgbouncer/keys.ts';
import {
  encodeRecord,
  type LedgerRecord,
  parseLedger,
  readPrintedLedger,
} from '../../../src/pgbouncer/relation/ledger.ts';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { aGrant } from '../../a-grant.ts';

/** As Juju prints a databag: with its keys sorted, and what is HTML escaped. */
const printedBy = (databag: Databag): string => {
  const sorted = Object.entries(databag).sort(([one], [other]) => (one < other ? -1 : 1));
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(Object.fromEntries(sorted)).replace(/[<>&]/g, escaped)}\n`;
};

const published = { endpoints: 'a:1', readOnlyEndpoints: 'b:1', version: '14.5' };

const served = (relation: number, change: Partial<Grant> = {}): Grant => ({
  relation,
  state: 'published',
  user: `relation_id_${relation}`,
  database: 'shop',
  place: 'shop',
  attributes: [],
  roles: [],
  password: null,
  secrets: { user: `secret:${relation}`, tls: 'secret:tls' },
  verifier: { secret: `SCRAM-SHA-256$4096:${relation}==$a:b=` },
  requestId: null,
  owner: 'model/pgbouncer',
  published,
  error: null,
  ...change,
});

const text = fc.oneof(fc.string(), fc.constantFrom('a"b', '\\', '<b>', 'ä', '', 'a,b', '}"'));
const change: fc.Arbitrary<Partial<Grant>> = fc.record(
  {
    state: fc.constantFrom('provisioning', 'published', 'removing'),
    user: text,
    database: text,
    place: fc.option(text),
    attributes: fc.array(fc.constantFrom('CREATEDB', 'CREATEROLE', 'a"b'), { maxLength: 2 }),
    roles: fc.array(text, { maxLength: 2 }),
    password: fc.option(fc.record({ secret: text })),
    secrets: fc.constantFrom({}, { user: 'secret:1' }, { tls: 'secret:2' }),
    verifier: fc.option(fc.record({ secret: text })),
    requestId: fc.option(text),
    published: fc.constantFrom(null, published, { ...published, authorities: 'x' }),
    error: fc.option(text),
  },
  { requiredKeys: [] },
);
const record = (relation: number): fc.Arbitrary<LedgerRecord> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(served(relation)) },
    { weight: 3, arbitrary: change.map((changed) => served(relation, changed)) },
    fc.constant<LedgerRecord>({ relation, state: 'refused', error: 'no' }),
  );
const others = fc.dictionary(fc.constantFrom('auth', 'leader', 'looking', 'zeal', '_x'), text);

/** A ledger as somebody has put it on record. */
const databags: fc.Arbitrary<Databag> = fc
  .tuple(
    fc
      .uniqueArray(fc.oneof(fc.nat(30), fc.nat(99_999)), { maxLength: 6 })
      .chain((relations) => fc.tuple(...relations.map(record))),
    others,
  )
  .map(([records, beside]) => ({
    ...beside,
    ...Object.fromEntries(records.map((one) => [`relation-${one.relation}`, encodeRecord(one)])),
  }));

/** What a ledger says, in its order. */
const saidBy = (databag: Databag) => {
  const read = parseLedger(databag);
  if (E.isLeft(read)) return read;
  const { records, lookup, unsettled } = read.right;
  return { records: [...records], lookup, unsettled: [...unsettled] };
};

const asJson = (printed: string): Databag => JSON.parse(printed);

describe('a ledger that Juju has printed', () => {
  it('property: is read as its JSON would be, in the same order', () => {
    let quickly = 0;
    fc.assert(
      fc.property(databags, (databag) => {
        const printed = printedBy(databag);
        const read = readPrintedLedger(printed);
        if (read === null) {
          expect(databag).toEqual({});
          return;
        }
        quickly += 1;
        expect(saidBy(read)).toEqual(saidBy(asJson(printed)));
      }),
      { numRuns: 300 },
    );
    expect(quickly).toBeGreaterThan(200);
  });

  it('property: says what its JSON says to whoever asks it as a databag', () => {
    fc.assert(
      fc.property(databags, fc.boolean(), (databag, isListedFirst) => {
        const printed = printedBy(databag);
        const read = readPrintedLedger(printed) ?? {};
        const whole = asJson(printed);
        const asked = [...Object.keys(whole), 'relation-', 'relation-7', 'looking', 'toString'];
        if (isListedFirst) expect({ ...read }).toEqual(whole);
        for (const key of asked) expect(read[key]).toBe(whole[key]);
        expect(Object.keys(read)).toEqual(Object.keys(whole));
        for (const key of asked) expect(key in read).toBe(key in whole);
        expect({ ...read }).toEqual(whole);
      }),
    );
  });

  it('property: is never read otherwise than JSON would be, whatever was done to it', () => {
    const snippet = fc.constantFrom(
      ...['', '"', '\\', '\\"', ',', '{', '}', ':', '0', '\n', '\u0000', 'null', '[]', '"a":"b",'],
      ...['\\"error\\":1', '\\"state\\":\\"removing\\",', '\\u0041', '\\x', '"relation-1":"{}",'],
    );
    const edit = fc.tuple(fc.nat(1_500), fc.nat(12), snippet);
    let read = 0;
    fc.assert(
      fc.property(databags, fc.array(edit, { maxLength: 2 }), (databag, edits) => {
        let printed = printedBy(databag);
        for (const [at, length, put] of edits)
          printed = printed.slice(0, at) + put + printed.slice(at + length);
        const found = readPrintedLedger(printed);
        if (found === null) return;
        read += 1;
        expect(saidBy(found)).toEqual(saidBy(asJson(printed)));
        expect({ ...found }).toEqual(asJson(printed));
      }),
      { numRuns: 1_000 },
    );
    expect(read).toBeGreaterThan(200);
  });

  it('is read no further than it is asked, and each record by itself', () => {
    const records = Array.from({ length: 50 }, (_, at) => served(at));
    const printed = printedBy({
      [leaderKey]: 'p/0',
      ...Object.fromEntries(records.map((one) => [`relation-${one.relation}`, encodeRecord(one)])),
    });
    const parse = vi.spyOn(JSON, 'parse');
    try {
      const databag = readPrintedLedger(printed) ?? {};
      const ledger = parseLedger(databag);
      if (E.isLeft(ledger)) throw new Error(ledger.left.why);
      expect(ledger.right.records.get(7)).toEqual(served(7));
      expect(ledger.right.records.has(49)).toBe(true);
      expect(databag[leaderKey]).toBe('p/0');
      expect([...ledger.right.unsettled]).toEqual([]);
      const given = parse.mock.calls.map(([text]) => text.length);
      expect(Math.max(...given)).toBeLessThan(printed.length / 10);
      // The key of the leader, its name, and what all records end with.
      expect(given.length).toBeLessThan(8);
      expect(databag['relation-7']).toBe(encodeRecord(served(7)));
      expect(Math.max(...parse.mock.calls.map(([text]) => text.length))).toBeLessThan(1_000);
    } finally {
      parse.mockRestore();
    }
  });

  it('belongs to whoever has parsed it, and the databag stays as Juju holds it', () => {
    const kept = encodeRecord(served(4));
    const printed = printedBy({ 'relation-4': kept, 'relation-5': encodeRecord(served(5)) });
    const databag = readPrintedLedger(printed) ?? {};
    const first = parseLedger(databag);
    if (E.isLeft(first)) throw new Error(first.left.why);
    const { records, unsettled } = first.right;
    const removing = served(5, { state: 'removing' });
    records.set(5, removing);
    records.delete(4);
    records.set(9, served(9));
    unsettled.add(5);
    expect([...records.keys()]).toEqual([5, 9]);
    expect(records.size).toBe(2);
    expect([...records.values()]).toEqual([removing, served(9)]);
    records.set(4, served(4));
    records.delete(9);
    const told: number[] = [];
    records.forEach((_, relation) => {
      told.push(relation);
    });
    expect(told).toEqual([5, 4]);
    expect(records.has(9)).toBe(false);
    expect(records.get(5)).toBe(removing);
    expect(databag['relation-4']).toBe(kept);
    expect(saidBy(databag)).toEqual(saidBy(asJson(printed)));
  });

  it.each([
    ['{}'],
    ['{"relation-4":1}'],
    [`{"relation-4":${JSON.stringify(encodeRecord(served(5)))}}`],
    [`{"relation-04":${JSON.stringify(encodeRecord(served(4)))}}`],
    [`{"relation-4":${JSON.stringify(encodeRecord(served(4)))},}`],
    [`{"relation-4":${JSON.stringify(encodeRecord(served(4)))}`],
    [`{"relation-4":${JSON.stringify(encodeRecord(served(4)))}} {}`],
    ['{"relation-4":"no json"}'],
    ['{"__proto__":"a"}'],
    ['{ "leader": "p/0" }'],
    ['not json'],
    [''],
  ])('leaves %s to JSON', (printed) => {
    expect(readPrintedLedger(printed)).toBeNull();
  });

  it('finds the text of one after many were asked for, and none for one that is not there', () => {
    const all = Array.from({ length: 30 }, (_, relation) => aGrant(relation));
    const bag = Object.fromEntries(
      all.map((one) => [`relation-${one.relation}`, encodeRecord(one)]),
    );
    const databag = readPrintedLedger(printedBy(bag)) ?? {};
    for (const key in bag) expect(databag[key]).toBe(bag[key]);
    expect(databag['relation-30']).toBeUndefined();
    expect(databag['relation-']).toBeUndefined();
  });
});
