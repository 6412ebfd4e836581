/** What a hook puts on record at its end, and what its unit's status says then. */

import type { PgbouncerWords } from '../../../machines/index.ts';
import type { Ended } from '../../juju/charm.ts';
import type { Status } from '../../juju/port.ts';
import { type HookError, render } from '../errors.ts';
import { leaderKey, lookupKey, recordKey } from '../keys.ts';
import { formatMark } from '../relation/format.ts';
import { encodeRecord, keptSecrets } from '../relation/ledger.ts';
import { statusOf } from '../relation/status.ts';
import type { ChartEnd, Driven } from '../run.ts';
import { peerAppBag } from './application-bag.ts';
import type { Progress } from './moves.ts';
import { leftBehind } from './removal.ts';
import { kept } from './secrets.ts';
import type { Session } from './session.ts';

/**
 * Puts the ledger on record, says what waits and for what, and what only an operator can mend.
 */
export async function conclude(
  session: Session,
  { event, charts, reconciled }: Ended<PgbouncerWords, HookError>,
  /** What an operator must see to, of which neither machine nor ledger knows. */
  obstacles: () => Promise<readonly string[]>,
): Promise<Status> {
  const { juju } = session;
  const ofCharts = charts.flatMap(({ end }) => reasonToWait(end) ?? []);
  const isLeading = session.leads();
  const ofLeader = ofCharts.length === 0 && isLeading ? await reasonOfLeader(session) : null;
  // No chart has said it: it is to be in the log as well.
  if (ofLeader !== null) juju.notes.push(ofLeader);
  const left = await leftBehind(session, event.hook);
  if (left !== null) juju.notes.push(left);
  await session.looking.remember();
  const moving = isLeading ? await session.moves.remember() : null;
  await record(session);
  const { certificates } = session;
  const [unfit, lack] = [await certificates.obstacle(), await certificates.lack()];
  const isShut = lack !== null && session.tls === 'require';
  const ledger = session.ledger();
  const waitingFor =
    ofCharts[0] ??
    (isShut ? lack : null) ??
    reasonOfLeft(reconciled) ??
    ofLeader ??
    reasonOfUnreadable(session) ??
    reasonOfMoves(moving);
  return statusOf(
    ledger,
    waitingFor,
    [
      ...(left === null ? [] : [left]),
      ...(await obstacles()),
      ...(unfit === null ? [] : [unfit]),
      ...mattersOfOperator([...charts, ...reconciled]),
    ],
    lack === null ? session.remarks : [...session.remarks, lack],
  );
}

/** Writes what the hook has changed in the ledger. */
async function record({ juju, ledger, leads, said }: Session): Promise<void> {
  const open = ledger();
  const { secrets } = juju;
  for (const relation of open.touched.keys()) {
    const known = open.records.get(relation);
    const entry = secrets === null ? known : await kept(secrets, known, () => keptSecrets(open));
    const value = entry === undefined ? '' : encodeRecord(entry);
    juju.write(peerAppBag, { [recordKey(relation)]: value });
  }
  if (open.hasRetired()) juju.write(peerAppBag, { [lookupKey]: '' });
  const isOnRecord = juju.writes(peerAppBag) || said()[leaderKey] !== undefined;
  if (!isOnRecord || !leads()) return;
  juju.write(peerAppBag, formatMark);
  juju.write(peerAppBag, { [leaderKey]: juju.name });
}

const reasonToWait = (end: ChartEnd): string | null =>
  end._tag === 'Deferred' ? reason(end.why) : null;

/** What is left to do still; a removal says so on its own record, and so does a refusal. */
function reasonOfLeft(reconciled: readonly Driven[]): string | null {
  for (const { hook, end } of reconciled) {
    const why = end._tag === 'Deferred' || end._tag === 'Failed' ? end.why : null;
    if (why !== null && hook !== 'removal-begun') return reason(why);
  }
  return null;
}

/** What only an operator can mend of all that kept a chart from its end; each once. */
function mattersOfOperator(charts: readonly Pick<Driven, 'end'>[]): readonly string[] {
  const matters: string[] = [];
  for (const { end } of charts) {
    if (end._tag !== 'Deferred' || end.why?._tag !== 'PoolerUnusable') continue;
    const matter = render(end.why);
    if (!matters.includes(matter)) matters.push(matter);
  }
  return matters;
}

/** A leader waits for its backend, whatever it was called for. */
async function reasonOfLeader(session: Session): Promise<string | null> {
  const trouble = await session.backendTrouble();
  return trouble === null ? null : reason(trouble);
}

function reasonOfUnreadable({ unreadable }: Session): string | null {
  const [first] = unreadable;
  return first === undefined
    ? null
    : `the databag of relation ${first[0]} cannot be read (${render(first[1])})`;
}

const reasonOfMoves = (moving: Progress | null): string | null =>
  moving === null ? null : `republishing: ${moving.of - moving.left} of ${moving.of}`;

function reason(why: HookError | null): string {
  if (why === null) return 'waiting for the backend database';
  return why._tag === 'BackendUnavailable'
    ? `waiting for the backend database at ${why.where} (${why.why})`
    : render(why);
}
