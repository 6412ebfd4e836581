import * as E from 'fp-ts/lib/Either.js';
import type { Audit, ConnectionInfo, Grant, HookEvent, HookName } from '../../../machines/index.ts';
import type { Fate } from './departing.ts';
import { sameInfo, succeed } from './endpoints.ts';
import { changedField } from './grant.ts';
import type { Ledger, LedgerRecord } from './ledger.ts';
import { type Refusal, renderRefusal } from './refusal.ts';
import type { DatabaseRequest } from './request.ts';

type Info = (grant: Grant) => ConnectionInfo;

/** All that decides what is left for the leader to do; wanted is read from the requests, published from the ledger. */
export interface LeaderView {
  /**
   * What this unit no longer sees may still be in use where it `leaves`; where all of it `ends`,
   * whatever there is goes while the backend can still be reached.
   */
  readonly fate: Fate;
  /**
   * Another unit has led since this one did: what it put on record may be of relations that this
   * unit has not entered yet. That a relation is not listed means nothing then.
   */
  readonly succeeding: boolean;
  readonly backendReady: boolean;
  readonly ledger: Ledger;
  /** The records that are not settled, and those of relations that Juju does not list. */
  readonly apart: readonly LedgerRecord[];
  /** The relations that Juju lists at present. */
  readonly relations: ReadonlySet<number>;
  readonly requests: ReadonlyMap<number, E.Either<Refusal, DatabaseRequest>>;
  /** Relations whose databag shows credentials though the ledger has no grant, and nobody asks for one. */
  readonly stale: readonly number[];
  /** Where clients reach each grant; null where nobody has moved. */
  readonly info: Info | null;
  /** The relations for which this unit's departing flag stands. */
  readonly flags: readonly number[];
  /** Null where the backend was not asked. */
  readonly audit: Audit | null;
  /** Whether the login of version 0.1 is of no more use to any unit. */
  readonly lookupIsIdle: boolean;
}

/** One thing that is left to do: the chart to go through, and what it is about. */
export interface Work {
  readonly hook: HookName;
  readonly event: HookEvent;
}

/** This unit's PgBouncer in step with the ledger; what is left to do goes round it. */
const configure: Work = { hook: 'ledger-moved', event: {} };

/**
 * The difference between what is wanted and what is, as charts: removals first, since a relation
 * made anew may want what an old one still holds; then provisioning; then re-publishing.
 */
export function reconcile(view: LeaderView): readonly Work[] {
  const { forget, remove } = removals(view);
  return [
    ...staleFlags(view),
    ...forget,
    configure,
    ...remove,
    ...view.stale.map((relation): Work => ({ hook: 'answer-outlived', event: { relation } })),
    ...(view.fate === 'ends' ? [] : [...requested(view), ...publications(view)]),
    ...(view.lookupIsIdle && view.backendReady
      ? [{ hook: 'lookup-idle', event: {} } as const]
      : []),
  ];
}

/** A unit that is not the leader puts its own flags and its own PgBouncer right, and nothing else. */
export const reconcileFollower = (
  view: Pick<LeaderView, 'flags' | 'relations'>,
): readonly Work[] => [...staleFlags(view), configure];

const staleFlags = ({ flags, relations }: Pick<LeaderView, 'flags' | 'relations'>): Work[] =>
  flags
    .filter((relation) => !relations.has(relation))
    .map((relation) => ({ hook: 'flag-left', event: { relation } }));

function removals(view: LeaderView) {
  const { fate, ledger, apart, relations, succeeding, backendReady, audit } = view;
  const forget: Work[] = [];
  const remove: Work[] = [];
  const isEnding = fate === 'ends';
  if (!isEnding && (fate === 'leaves' || succeeding)) return { forget, remove };
  for (const { relation, state } of isEnding ? ledger.records.values() : apart) {
    const isInUse = relations.has(relation) && !isAbandoned(view, relation, state);
    if (isInUse && !isEnding) continue;
    if (state === 'refused') forget.push({ hook: 'refusal-over', event: { relation } });
    else {
      if (state !== 'removing') forget.push({ hook: 'user-left', event: { relation } });
      if (backendReady) remove.push({ hook: 'removal-begun', event: { relation } });
    }
  }
  for (const { relation, user } of audit?.orphans ?? []) {
    const record = ledger.records.get(relation);
    // A relation that asks and has no record is about to be served; one that was refused is not.
    const isUnwanted =
      record === undefined
        ? !relations.has(relation) || isWithdrawn(view, relation)
        : record.state === 'refused';
    if (isUnwanted || isEnding) remove.push({ hook: 'role-strayed', event: { relation, user } });
  }
  return { forget, remove };
}

/**
 * A grant that nobody asks for, though its relation lives: a removal that was begun, and what was
 * never served. What was served stays, whatever becomes of the request.
 */
function isAbandoned(view: LeaderView, relation: number, state: LedgerRecord['state']): boolean {
  if (state === 'provisioning') return isWithdrawn(view, relation);
  if (state !== 'removing') return false;
  const request = view.requests.get(relation);
  return request !== undefined && E.isLeft(request);
}

function isWithdrawn({ requests }: LeaderView, relation: number): boolean {
  const request = requests.get(relation);
  return request !== undefined && E.isLeft(request) && request.left._tag === 'RequestWithdrawn';
}

function requested(view: LeaderView): Work[] {
  const work: Work[] = [];
  const damages = new Map(view.audit?.damaged.map(({ relation, what }) => [relation, what]));
  for (const [relation, request] of view.requests) {
    const damage = damages.get(relation) ?? null;
    const next = forRequest(view, relation, request, damage);
    if (next !== null) work.push(next);
    // A refusal goes on record as the relation stood before the hook; what is restored comes after.
    if (damage !== null && next?.hook !== 'database-requested')
      work.push({ hook: 'grant-damaged', event: { relation, damage } });
  }
  // Whoever makes its databag unreadable does not keep what it may not have.
  for (const [relation, damage] of damages)
    if (view.relations.has(relation) && !view.requests.has(relation))
      work.push({ hook: 'grant-damaged', event: { relation, damage } });
  return work;
}

function forRequest(
  { ledger, backendReady }: LeaderView,
  relation: number,
  request: E.Either<Refusal, DatabaseRequest>,
  damage: string | null,
): Work | null {
  const record = ledger.records.get(relation);
  if (E.isLeft(request)) {
    if (request.left._tag !== 'RequestWithdrawn') return refuseOnce(record, request.left);
    if (record?.state === 'refused') return { hook: 'refusal-over', event: { relation } };
    const isRefused = record?.state === 'published' && record.error !== null;
    return isRefused ? { hook: 'refusal-over', event: { relation } } : null;
  }
  if (record?.state === 'published') {
    const changed = changedField(request.right, record);
    if (changed !== null)
      return refuseOnce(record, { _tag: 'RequestChanged', class: 'refused', relation, ...changed });
    if (damage === null && isAnswered(request.right, record))
      return record.error === null ? null : { hook: 'refusal-over', event: { relation } };
  }
  if (!backendReady) return null;
  const event = damage === null ? { relation } : { relation, damage };
  return { hook: 'database-requested', event };
}

/** True where a request waits for nothing: it is served as it stands, refused on record, or withdrawn. */
export function isMet(
  record: LedgerRecord | undefined,
  request: E.Either<Refusal, DatabaseRequest>,
): boolean {
  if (E.isRight(request))
    return (
      record?.state === 'published' &&
      changedField(request.right, record) === null &&
      isAnswered(request.right, record)
    );
  return request.left._tag === 'RequestWithdrawn' || refuseOnce(record, request.left) === null;
}

/** A requirer of v1 that asks anew under another id waits for an answer that names it. */
const isAnswered = ({ reply }: DatabaseRequest, { requestId }: Grant): boolean =>
  (reply._tag === 'V1' ? reply.requestId : null) === requestId;

/** A refusal that is on record already is no work. */
function refuseOnce(record: LedgerRecord | undefined, refusal: Refusal): Work | null {
  return record?.error === renderRefusal(refusal)
    ? null
    : { hook: 'request-refused', event: { relation: refusal.relation, refusal } };
}

function publications({ ledger, apart, relations, info }: LeaderView): Work[] {
  const work: Work[] = [];
  // Where nobody has moved, all that is settled is told already where it is.
  for (const record of info === null ? apart : ledger.records.values()) {
    const { relation } = record;
    if (record.state === 'published' && relations.has(relation) && moved(record, info ?? asTold))
      work.push({ hook: 'connection-moved', event: { relation } });
  }
  return work.sort((one, other) => (one.event.relation ?? 0) - (other.event.relation ?? 0));
}

const nowhere: ConnectionInfo = { endpoints: null, readOnlyEndpoints: '', version: null };

const asTold: Info = (grant) => grant.published ?? nowhere;

/** Whether a relation is told another place than where its poolers are. */
export function moved(grant: Grant, info: Info): boolean {
  const { published } = grant;
  const now = info(grant);
  return now !== published && !sameInfo(published, succeed(published, now));
}
