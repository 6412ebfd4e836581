import * as E from 'fp-ts/lib/Either.js';
import type { Audit } from '../../../machines/index.ts';
import { halt } from '../../hook/index.ts';
import { render } from '../errors.ts';
import { unverified } from '../pooler/configuration.ts';
import type { PoolerDifference } from '../ports.ts';
import { isAnswer } from '../relation/answer.ts';
import { notAllowed } from '../relation/extra-roles.ts';
import { grantOf } from '../relation/grant.ts';
import { type Ledger, type LedgerRecord, recordsApart } from '../relation/ledger.ts';
import { inOrder } from '../relation/looked.ts';
import { isMet, reconcile, reconcileFollower, type Work } from '../relation/reconcile.ts';
import type { Refusal } from '../relation/refusal.ts';
import type { ChartRun, Driven } from '../run.ts';
import { roleNotAllowed } from './provisioning.ts';
import type { Session } from './session.ts';
import { attempt } from './steps.ts';

/**
 * What is left to do at the end of a hook, one chart after the other; what the hook's own charts have
 * ordered is not tried a second time. A chart that fails does not keep the others from being gone
 * through; but nobody is told of a PgBouncer that is not in step with the ledger.
 */
export async function* leftToDo(
  session: Session,
  charts: readonly ChartRun[],
): AsyncGenerator<Work, void, Driven> {
  let isInStep = true;
  // What its own chart has found is not there any more is asked for anew, and nothing else.
  const hasAsked = charts.some(({ commands }) => commands.some(isAsking));
  if (!hasAsked && (await session.certificates.isLeft())) yield ofCertificates;
  // Nobody calls for that once a provider has revoked what it gave.
  if (await session.certificates.isToAskAnew()) yield ofCertificates;
  const { works, chosen } = await viewed(session, charts);
  for (const work of works) {
    if (wasTried(charts, work)) continue;
    if (work.hook === 'ledger-moved') {
      if (await session.serving.isInStep()) continue;
      const { end } = yield work;
      if (end._tag === 'Failed') halt(end.why);
      isInStep = end._tag === 'Returned';
    } else if (work.hook === 'connection-moved') {
      if (isInStep && session.moves.takeOne()) yield work;
    } else if (isInStep || !publishes.has(work.hook)) yield work;
  }
  if (chosen !== null) noteDoubts(session, chosen);
}

/** What is on record as served and is not met, or not to be read, is looked at again in the next hook. */
function noteDoubts({ ledger, looking, unreadable }: Session, chosen: Requests) {
  const { records } = ledger();
  const doubts = (relation: number, isDoubtful: boolean) =>
    looking.found(relation, isDoubtful && records.get(relation)?.state === 'published');
  for (const [relation, request] of chosen)
    doubts(relation, !isMet(records.get(relation), request));
  for (const relation of unreadable.keys()) doubts(relation, true);
}

const isAsking = ({ _tag }: { readonly _tag: string }): boolean =>
  _tag === 'RequestCertificate' || _tag === 'TakeCertificate';

const publishes: ReadonlySet<string> = new Set(['database-requested', 'connection-moved']);

/** By what command a hook's own chart has done the same, or tried to. */
const begunBy: ReadonlyMap<string, string> = new Map([
  ['database-requested', 'GetUser'],
  ['removal-begun', 'DeleteUser'],
]);

function wasTried(charts: readonly ChartRun[], { hook, event }: Work): boolean {
  const tag = begunBy.get(hook);
  return charts.some(({ commands }) =>
    commands.some(
      (command) =>
        command._tag === tag && 'relation' in command && command.relation === event.relation,
    ),
  );
}

const ofCertificates: Work = { hook: 'certificates-relation-changed', event: {} };

/** Work that a hook would find, and why, where its event does not say. */
export interface Left {
  readonly work: Work;
  readonly why?: string;
  /** In what PgBouncer differs, where that is the work. */
  readonly pooler?: readonly PoolerDifference[];
}

/** What a hook that began now would find left to do, the backend not audited; nothing is done. */
export async function leftNow(session: Session): Promise<readonly Left[]> {
  const why = await session.certificates.due();
  const { works } = await viewed(session, []);
  return [
    ...(why === null ? [] : [{ work: ofCertificates, why }]),
    ...(
      await Promise.all(
        works.map((work) => (work.hook === 'ledger-moved' ? moved(session, work) : [{ work }])),
      )
    ).flat(),
  ];
}

/** This unit's PgBouncer is looked at in each hook, and is work where that changes something. */
async function moved({ serving }: Session, work: Work): Promise<readonly Left[]> {
  const found = await attempt(() => serving.left())();
  if (E.isLeft(found)) return [{ work, why: render(found.left) }];
  if (found.right === null) return [{ work, why: 'it is not known in what PgBouncer differs' }];
  const { pooler, said } = found.right;
  const whys = [
    ...(pooler.length === 0 ? [] : ['PgBouncer is not as it is to be']),
    ...(said.length === 0 ? [] : [`the other units are told anew: ${said.join(', ')}`]),
  ];
  return whys.length === 0 ? [] : [{ work, why: whys.join('; '), pooler }];
}

/** What the hook's charts have learned of what the backend holds; null where none has asked. */
function auditIn(charts: readonly ChartRun[]): Audit | null {
  for (const { steps } of charts)
    for (const { answer } of steps)
      if ('learned' in answer && answer.learned?.audit != null) return answer.learned.audit;
  return null;
}

interface Viewed {
  readonly works: readonly Work[];
  /** The requests that were looked at; null where this unit does not lead. */
  readonly chosen: Requests | null;
}

/** Looks at the world and says what is left to do; what decides nothing is not asked for. */
async function viewed(session: Session, charts: readonly ChartRun[]): Promise<Viewed> {
  const audited = auditIn(charts);
  const isLeader = session.leads();
  const relations = await (isLeader ? session.looking.listed() : session.relations());
  const flags = session.flags();
  if (!isLeader) return { works: reconcileFollower({ relations, flags }), chosen: null };
  const ledger = session.ledger();
  const { relations: looked } = await session.looking.look();
  const audit = audited === null ? null : sliced(audited, session.slices.look);
  const chosen = new Set<number>();
  const choose = (relation: number | undefined) => {
    if (relation !== undefined && relations.has(relation)) chosen.add(relation);
  };
  choose(session.looking.about);
  for (const { event } of charts) choose(event.relation);
  for (const relation of looked) choose(relation);
  for (const { relation } of audit?.orphans ?? []) choose(relation);
  for (const { relation } of audit?.damaged ?? []) choose(relation);
  const apart = recordsApart(ledger, relations);
  const isPublished = ({ state, relation }: LedgerRecord) =>
    state === 'published' && relations.has(relation);
  const published = apart.length < ledger.records.size || apart.some(isPublished);
  const removable =
    (audit?.orphans.length ?? 0) > 0 || apart.some((record) => !isPublished(record));
  const requests = await allowedRequests(session, inOrder(chosen));
  const backendReady = await session.backendReady();
  // An application that goes serves nobody anew, in whatever hook between those of its end.
  const isAsked = backendReady && asksAnew(requests, ledger);
  const mayGo = removable || isAsked || session.mayGo();
  const fate = mayGo ? await session.fate() : 'stays';
  const stale = hasRefused(requests) ? await staleAnswers(session, requests) : [];
  // Who serves moves in hooks that look at the other units; in any other one it has not moved.
  const { info, knownInfo } = session.peers;
  const who = session.moves.before() === null ? knownInfo : info;
  const told = published ? who() : null;
  const works = reconcile({
    fate,
    succeeding: session.succeeding(),
    backendReady,
    ledger,
    apart,
    relations,
    requests,
    stale,
    info: told === null ? null : await told,
    flags,
    audit: backendReady ? audit : null,
    lookupIsIdle: ledger.lookup !== null && (await lookupIsIdle(session)),
  });
  return { works, chosen: requests };
}

/** As much of it as one hook puts right; the next audit finds the rest. */
const sliced = ({ orphans, damaged }: Audit, most: number): Audit => ({
  orphans: orphans.slice(0, most),
  damaged: damaged.slice(0, most),
});

/** Whether a request that can be served has not been yet. */
function asksAnew(requests: Requests, { records }: Ledger): boolean {
  for (const [relation, request] of requests)
    if (E.isRight(request) && records.get(relation)?.state !== 'published') return true;
  return false;
}

type Requests = Awaited<ReturnType<Session['requests']>>;

/** A request for what this backend's version makes dangerous is refused, served or not. */
async function allowedRequests(session: Session, relations: readonly number[]): Promise<Requests> {
  const requests = await session.requests(relations);
  const version = await session.readyVersion();
  if (version === null) return requests;
  const refused: [number, E.Either<Refusal, never>][] = [];
  for (const [relation, request] of requests) {
    if (E.isLeft(request)) continue;
    const role = notAllowed(request.right, session.policy, version);
    if (role !== null) refused.push([relation, E.left(roleNotAllowed(relation, role))]);
  }
  return refused.length === 0 ? requests : new Map([...requests, ...refused]);
}

const hasRefused = (requests: Requests): boolean => [...requests.values()].some(E.isLeft);

/**
 * A relation that was suspended may come back without a request that can be served. Its databag
 * still shows what was removed meanwhile, and a consumer fails on a secret that is gone.
 */
async function staleAnswers(session: Session, requests: Requests): Promise<readonly number[]> {
  const { records } = session.ledger();
  const stale: number[] = [];
  for (const [relation, request] of requests)
    if (E.isLeft(request) && grantOf(records.get(relation)) === null)
      if (await shows(session, relation)) stale.push(relation);
  return stale;
}

/** Whether a relation's databag shows credentials; one that cannot be read shows none. */
async function shows(session: Session, relation: number): Promise<boolean> {
  const own = await attempt(() => session.juju.own(relation))();
  return E.isRight(own) && isAnswer(own.right);
}

/** Whether every unit that is planned has said that it needs the login of version 0.1 no more. */
async function lookupIsIdle({ juju, ledger, peers, serving }: Session): Promise<boolean> {
  const records = ledger();
  if (records.lookup === null || unverified(records).length > 0) return false;
  const saying = new Map((await peers.said()).map((peer) => [peer.unit, peer.listsUsers]));
  saying.set(juju.name, serving.listsUsers());
  return (await juju.plannedUnits()).every((unit) => saying.get(unit) === true);
}
