import { describe, expect, it } from 'vitest';
import { openLedger } from '../../../src/pgbouncer/commands/open-ledger.ts';
import { type LedgerRecord, unsettledIn } from '../../../src/pgbouncer/relation/ledger.ts';
import { aGrant } from '../../a-grant.ts';

const published = { endpoints: 'a:1', readOnlyEndpoints: '', version: '14.5' };
const settled = (relation: number) => aGrant(relation, { state: 'published', published });

describe('the ledger of a hook', () => {
  it('knows at any time which records are not settled, without looking at the others', () => {
    const records = new Map<number, LedgerRecord>([4, 5].map((id) => [id, settled(id)]));
    const ledger = openLedger({ records, lookup: null, unsettled: new Set() });
    const unsettled = () => [...(ledger.unsettled ?? [])];
    expect(unsettledIn(ledger)).toEqual([]);
    const begun = aGrant(7, { state: 'provisioning' });
    ledger.put(begun);
    expect([unsettled(), unsettledIn(ledger)]).toEqual([[7], [begun]]);
    const failed = { ...settled(4), error: 'no' };
    ledger.put(failed);
    ledger.put({ relation: 9, state: 'refused', error: 'no' });
    expect(unsettledIn(ledger).map(({ relation }) => relation)).toEqual([4, 7, 9]);
    ledger.put(settled(7));
    ledger.drop(9);
    expect([unsettled(), unsettledIn(ledger)]).toEqual([[4], [failed]]);
    ledger.drop(4);
    expect([unsettled(), unsettledIn(ledger)]).toEqual([[], []]);
  });
});
