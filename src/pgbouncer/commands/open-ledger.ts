import type { Granted } from '../../../machines/index.ts';
import {
  isServed,
  type Ledger,
  type LedgerRecord,
  type ParsedLedger,
  serving,
} from '../relation/ledger.ts';

/** The ledger with what this hook has put into it so far. */
export interface OpenLedger extends Ledger {
  /** The record as it was before this hook. */
  readonly before: (relation: number) => LedgerRecord | undefined;
  /** Whether this hook has changed what PgBouncer is to serve. */
  readonly hasMoved: () => boolean;
  readonly put: (record: LedgerRecord) => void;
  readonly drop: (relation: number) => void;
  /** The login of version 0.1 is of no more use. */
  readonly retire: () => void;
  readonly hasRetired: () => boolean;
  /** Makes sure that what a command carries is on record. */
  readonly adopt: (granted: Granted) => void;
}

/** The map that was read becomes the map that is written; what it held is kept where it changes. */
export function openLedger(
  { records, lookup }: ParsedLedger,
  touched: Map<number, LedgerRecord | undefined>,
): OpenLedger {
  const touch = (relation: number) => {
    if (!touched.has(relation)) touched.set(relation, records.get(relation));
  };
  let isRetired = false;
  const open: OpenLedger = {
    records,
    get lookup() {
      return isRetired ? null : lookup;
    },
    retire: () => {
      isRetired = true;
    },
    hasRetired: () => isRetired,
    before: (relation: number) =>
      touched.has(relation) ? touched.get(relation) : records.get(relation),
    hasMoved: () =>
      [...touched].some(([relation, before]) => served(before) !== served(records.get(relation))),
    put: (record: LedgerRecord) => {
      touch(record.relation);
      records.set(record.relation, record);
    },
    drop: (relation: number) => {
      touch(relation);
      records.delete(relation);
    },
    adopt: ({ grant }: Granted) => {
      if (records.get(grant.relation) !== grant) open.put(grant);
    },
  };
  return open;
}

const served = (record: LedgerRecord | undefined): string | null =>
  record !== undefined && isServed(record) ? serving(record) : null;
