import type { Granted } from '../../machines/index.ts';
import {
  isServed,
  type KeptLogin,
  type Ledger,
  type LedgerRecord,
  type ParsedLedger,
} from '../domain/ledger.ts';

/** The ledger with what this hook has put into it so far. */
export interface OpenLedger extends Ledger {
  /** The record as it was before this hook. */
  readonly before: (relation: number) => LedgerRecord | undefined;
  /** Whether this hook has changed what PgBouncer is to serve. */
  readonly hasMoved: () => boolean;
  readonly put: (record: LedgerRecord) => void;
  readonly drop: (relation: number) => void;
  /** The lookup login as it was before this hook. */
  readonly readAuth: KeptLogin | null;
  /** The lookup login, with what is known of it by now. */
  auth: KeptLogin | null;
  /** Makes sure that what a command carries is on record. */
  readonly adopt: (granted: Granted) => void;
}

/** The map that was read becomes the map that is written; what it held is kept where it changes. */
export function openLedger(
  { records, auth }: ParsedLedger,
  touched: Map<number, LedgerRecord | undefined>,
): OpenLedger {
  const touch = (relation: number) => {
    if (!touched.has(relation)) touched.set(relation, records.get(relation));
  };
  const open: OpenLedger & { records: Map<number, LedgerRecord> } = {
    records,
    auth,
    readAuth: auth,
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
    adopt: ({ grant, auth: { user, password } }: Granted) => {
      if (records.get(grant.relation) !== grant) open.put(grant);
      if (open.auth?.password?.secret !== password.secret)
        open.auth = { secret: null, proof: null, ...open.auth, user, password };
    },
  };
  return open;
}

const served = (record: LedgerRecord | undefined): string | null =>
  record !== undefined && isServed(record) ? record.database : null;
