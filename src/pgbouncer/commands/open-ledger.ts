import type { Granted } from '../../../machines/index.ts';
import {
  isServed,
  isSettled,
  type Ledger,
  type LedgerRecord,
  type ParsedLedger,
  serving,
} from '../relation/ledger.ts';

/** The ledger with what this hook has put into it so far. */
export interface OpenLedger extends Ledger {
  /** The relations whose records this hook has changed, with what was on record before it. */
  readonly touched: ReadonlyMap<number, LedgerRecord | undefined>;
  /** The record as it was before this hook. */
  readonly before: (relation: number) => LedgerRecord | undefined;
  /** Whether this hook has changed what PgBouncer is to serve. */
  readonly hasMoved: () => boolean;
  /** Another number whenever something changes that PgBouncer's configuration depends on. */
  readonly revision: () => number;
  readonly put: (record: LedgerRecord) => void;
  readonly drop: (relation: number) => void;
  /** The login of version 0.1 is of no more use. */
  readonly retire: () => void;
  readonly hasRetired: () => boolean;
  /** Makes sure that what a command carries is on record. */
  readonly record: (granted: Granted) => void;
}

/** The map that was read becomes the map that is written; what it held is kept where it changes. */
export function openLedger({ records, lookup, unsettled }: ParsedLedger): OpenLedger {
  const touched = new Map<number, LedgerRecord | undefined>();
  const touch = (relation: number, next: LedgerRecord | undefined) => {
    const now = records.get(relation);
    if (!touched.has(relation)) touched.set(relation, now);
    if (!isServedAlike(now, next)) revision += 1;
    if (next === undefined || isSettled(next)) unsettled.delete(relation);
    else unsettled.add(relation);
  };
  let revision = 0;
  const open: OpenLedger & { lookup: Ledger['lookup'] } = {
    records,
    unsettled,
    touched,
    lookup,
    retire: () => {
      open.lookup = null;
      revision += 1;
    },
    hasRetired: () => open.lookup !== lookup,
    before: (relation: number) =>
      touched.has(relation) ? touched.get(relation) : records.get(relation),
    hasMoved: () => {
      for (const [relation, before] of touched)
        if (served(before) !== served(records.get(relation))) return true;
      return false;
    },
    revision: () => revision,
    put: (record: LedgerRecord) => {
      touch(record.relation, record);
      records.set(record.relation, record);
    },
    drop: (relation: number) => {
      touch(relation, undefined);
      records.delete(relation);
    },
    record: ({ grant }: Granted) => {
      if (records.get(grant.relation) !== grant) open.put(grant);
    },
  };
  return open;
}

const served = (record: LedgerRecord | undefined): string | null =>
  record !== undefined && isServed(record) ? serving(record) : null;

/** Whether PgBouncer's configuration is the same for both: all that `configure` reads of a record. */
function isServedAlike(one: LedgerRecord | undefined, other: LedgerRecord | undefined): boolean {
  const before = one !== undefined && isServed(one) ? one : null;
  const after = other !== undefined && isServed(other) ? other : null;
  if (before === null || after === null) return before === after;
  return (
    before.user === after.user &&
    before.database === after.database &&
    before.place === after.place &&
    before.verifier?.secret === after.verifier?.secret &&
    (before.attributes === after.attributes ||
      before.attributes.join() === after.attributes.join()) &&
    // Who has no verifier is looked up once it was published, and where it was told of this unit.
    (after.verifier !== null || before.published === after.published)
  );
}
