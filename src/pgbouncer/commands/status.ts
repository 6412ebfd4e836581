/** What a hook puts on record at its end, and what its unit's status says then. */

import type { PgbouncerWords } from '../../../machines/index.ts';
import type { Ended } from '../../juju/charm.ts';
import type { Status } from '../../juju/port.ts';
import { type HookError, render } from '../errors.ts';
import { formatKey, leaderKey, lookupKey, recordKey } from '../keys.ts';
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
  const ofCharts = reasonToWait(charts);
  const isLeading = session.leads();
  const ofLeader =
    ofCharts === null && isLeading ? reasonOfLeader(await session.backendTrouble()) : null;
  // No chart has said it: it is to be in the log as well.
  if (ofLeader !== null) juju.notes.push(ofLeader);
  const left = session.mayGo() ? await leftBehind(session, event.hook) : null;
  if (left !== null) juju.notes.push(left);
  await session.looking.remember();
  const moving = isLeading ? await session.moves.remember() : null;
  await record(session);
  const { certificates } = session;
  const [unfit, lack] = [await certificates.obstacle(), await certificates.lack()];
  const isShut = lack !== null && session.tls === 'require';
  const ledger = session.ledger();
  const waitingFor =
    ofCharts ??
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
  const values: Record<string, string> = {};
  for (const relation of open.touched.keys()) {
    const known = open.records.get(relation);
    const entry = secrets === null ? known : await kept(secrets, known, () => keptSecrets(open));
    const value = entry === undefined ? '' : encodeRecord(entry);
    values[recordKey(relation)] = value;
  }
  if (open.hasRetired()) values[lookupKey] = '';
  const hasChanged = open.touched.size > 0 || open.hasRetired() || juju.writes(peerAppBag);
  if (leads() && (hasChanged || said()[leaderKey] !== undefined)) {
    values[formatKey] = formatMark[formatKey] ?? '';
    values[leaderKey] = juju.name;
  }
  juju.write(peerAppBag, values);
}

/** Why the first of them waits that does; null where none does. */
function reasonToWait(charts: readonly { readonly end: ChartEnd }[]): string | null {
  for (const { end } of charts) if (end._tag === 'Deferred') return reason(end.why);
  return null;
}

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
const reasonOfLeader = (trouble: HookError | null): string | null =>
  trouble === null ? null : reason(trouble);

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
