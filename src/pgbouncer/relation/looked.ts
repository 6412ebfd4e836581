/**
 * What a unit knows to be looked at: whose request it need not read again. What is on record as served
 * was read; Juju tells the leader of each change of a databag, and a hook that was killed is run again.
 * Whatever casts a doubt on that takes the mark away, and all is looked at anew.
 */
import * as v from 'valibot';
import { fingerprint } from '../../juju/hook-tools/fingerprint.ts';
import { lookedKey } from '../keys.ts';
import { latest } from './latest.ts';
import type { Ledger, LedgerRecord } from './ledger.ts';
import type { Policy } from './request.ts';

export interface Looked {
  /** By which rules all was looked at, or is being; null while that is to begin. */
  readonly mark: string | null;
  /** The relation that was looked at last of those that are served. */
  readonly again: number;
  /** The same of those who wait. */
  readonly waited: number;
  /** Those that are on record as served, and whose request could not be read or is not met. */
  readonly doubtful: readonly number[];
}

export const nothingLooked: Looked = { mark: null, again: -1, waited: -1, doubtful: [] };

const looked = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    mark: v.nullable(v.string()),
    again: v.number(),
    waited: v.number(),
    doubtful: v.array(v.number()),
  }),
);

/** What cannot be read is no knowledge. */
export const parseLooked = (text = ''): Looked =>
  text === '' ? nothingLooked : readLooked(lookedKey, text);

const readLooked = latest(1, (text: string, _key: string): Looked => {
  const parsed = v.safeParse(looked, text);
  return parsed.success ? parsed.output : nothingLooked;
});

export const encodeLooked = ({ mark, again, waited, doubtful }: Looked): string => {
  const isNothing = mark === null && again === -1 && waited === -1 && doubtful.length === 0;
  return isNothing ? '' : JSON.stringify({ mark, again, waited, doubtful });
};

/** What decides on a request beside the request. */
export const markOf = (policy: Policy, version: string): string => marks(policy, version);

const marks = latest(8, (version: string, { extraRoles, isReachedFromOutside }: Policy) =>
  fingerprint(JSON.stringify([extraRoles, isReachedFromOutside, version])),
);

/** The next few after the one that was last, beginning anew at the end. */
export function inTurn(all: readonly number[], last: number, most: number): readonly number[] {
  if (all.length <= most) return all;
  const later = all.filter((relation) => relation > last);
  const earlier = all.filter((relation) => relation <= last);
  return [...later, ...earlier].slice(0, most);
}

/** Sorted, without a call for each two of thousands that are compared. */
export function inOrder(relations: Iterable<number>): readonly number[] {
  const all = [...relations];
  return all.length < 2 ? all : [...Float64Array.from(all).sort()];
}

/** The relations that may wait for something, or are in doubt, in their order. */
export function whoMayWait(
  relations: ReadonlySet<number>,
  records: Ledger['records'],
  doubtful: Looked['doubtful'],
): readonly number[] {
  const doubts = doubtful.length === 0 ? none : new Set(doubtful);
  const waiting: number[] = [];
  for (const id of relations) if (doubts.has(id) || mayWait(records.get(id))) waiting.push(id);
  return inOrder(waiting);
}

const none: ReadonlySet<number> = new Set();

/** Whether a relation with this record may wait for something. */
const mayWait = (record: LedgerRecord | undefined): boolean =>
  record?.state !== 'published' || record.error !== null;
