import * as E from 'fp-ts/lib/Either.js';
import type { Command, Grant, Granted } from '../../../machines/index.ts';
import type { Secret } from '../../hook/index.ts';
import { secretKey, userGroup } from '../keys.ts';
import { answer, answerDatabag, isAnswer, renewedSecret } from '../relation/answer.ts';
import { succeed } from '../relation/endpoints.ts';
import { notAllowed } from '../relation/extra-roles.ts';
import { changedField, grantOf, passwordIn, provision } from '../relation/grant.ts';
import { keptSecrets } from '../relation/ledger.ts';
import { type Refusal, renderRefusal } from '../relation/refusal.ts';
import type { DatabaseRequest, Reply } from '../relation/request.ts';
import { relieving } from '../relation/telling.ts';
import { expectSecrets, publishSecrets, removeSecrets, replaceSecret } from './secrets.ts';
import type { Session } from './session.ts';
import { attempt, halt, right, take } from './steps.ts';
import { tellRefusal } from './telling.ts';

type GrantCommand = Extract<Command, { granted: unknown }>;

/**
 * Reads the request and finds the password: the ledger's, else the one that is published, and only
 * then a new one. It refuses what it cannot serve before anything is done for it.
 */
export async function readRequest(session: Session, relation: number): Promise<Granted> {
  const { juju, entropy } = session;
  if (!(await session.relations()).has(relation))
    halt({ _tag: 'RequestWithdrawn', class: 'refused', relation });
  const request = right(session.parse(relation, await session.juju.remote(relation)));
  if (request.reply._tag === 'V1' && juju.secrets === null) {
    const why = 'is v1, which takes a Juju that has secrets';
    halt({ _tag: 'RequestInvalid', class: 'refused', relation, field: 'version', why });
  }
  const version = await take(session.backend.version);
  const role = notAllowed(request, session.policy, version);
  if (role !== null) halt(roleNotAllowed(relation, role));
  const ledger = session.ledger();
  const record = ledger.records.get(relation);
  if (grantOf(record) !== null) session.peers.prefetch();
  if (record?.state === 'published') {
    const changed = changedField(request, record);
    if (changed !== null) halt({ _tag: 'RequestChanged', class: 'refused', relation, ...changed });
  }
  const roles =
    request.roles.length === 0 ? [] : await spelledByBackend(session, relation, request);
  const before = grantOf(record);
  const recorded = before === null ? null : await session.passwordOf(before);
  const password = recorded ?? (await publishedPassword(session, relation)) ?? entropy.password();
  const { attributes, database, reply } = request;
  const wanted = { attributes, roles, database, reply, owner: juju.owner };
  const granted: Granted = { grant: provision(relation, wanted, record, password) };
  ledger.record(granted);
  // While the backend is at it there is nothing else to do.
  expectSecrets(juju.secrets, granted.grant, reply, ledger);
  return granted;
}

export const roleNotAllowed = (relation: number, role: string): Refusal => ({
  ...{ _tag: 'RoleNotAllowed', class: 'refused', relation, role, because: 'version' },
});

/** What another charm has published before this one came to its place. */
async function publishedPassword(session: Session, relation: number): Promise<Secret | null> {
  const own = await session.juju.own(relation);
  const { secrets } = session.juju;
  const id = own[secretKey(userGroup)];
  if (secrets === null || id === undefined) return passwordIn(own);
  const content = await secrets.read(id)();
  return E.isRight(content) ? passwordIn(content.right) : null;
}

/** Makes the role and the database. */
export async function createUserAndDatabase(
  session: Session,
  command: GrantCommand,
): Promise<Granted> {
  const grant = await grantedTo(session, command);
  return { grant: await provisioned(session, grant) };
}

/** The grant as the backend has it, on record. What it refuses to one relation is that one's own matter. */
async function provisioned(session: Session, grant: Grant): Promise<Grant> {
  const { backend } = session;
  const outcome = await backend.provision(grant, await session.holdings())();
  if (E.isLeft(outcome) && outcome.left._tag === 'SqlFailed') {
    const { statement: what, message, sqlState } = outcome.left;
    const why = `${message} (SQLSTATE ${sqlState})`;
    return notAccepted(grant.relation, 'PostgreSQL', what, why);
  }
  const { user, place, verifier } = right(outcome);
  const isKnown =
    grant.user === user && grant.place === place && grant.verifier?.secret === verifier.secret;
  const known = isKnown ? grant : { ...grant, user, place, verifier };
  session.ledger().record({ grant: known });
  return known;
}

/**
 * Gives a relation's user another password, and puts it where the old one is kept, all at once: what
 * else is to be done may be left to a later hook, in which nobody else would know it.
 */
export async function renewPassword(session: Session, relation: number): Promise<Granted> {
  const record = grantOf(session.ledger().records.get(relation));
  if (record?.state !== 'published')
    return halt({ _tag: 'RequestWithdrawn', class: 'refused', relation });
  const password = session.entropy.password();
  const renewed = await attempt(() => provisioned(session, { ...record, password }))();
  // PostgreSQL may have taken it nevertheless, and then nobody would know what is in force.
  if (E.isLeft(renewed)) await attempt(() => restoreGrant(session, relation))();
  const grant = right(renewed);
  const { secrets } = session.juju;
  const id = grant.secrets[userGroup];
  if (secrets !== null && id !== undefined)
    await replaceSecret(secrets, id, (content) => renewedSecret(content, password));
  return { grant };
}

/**
 * Gives a relation what it was granted before, as far as it may have it by now, whatever it asks
 * for. On record stays what was agreed: it is given again when it is allowed again.
 */
export async function restoreGrant(session: Session, relation: number): Promise<void> {
  const ledger = session.ledger();
  const agreed = grantOf(ledger.records.get(relation));
  const { grants } = await session.holdings();
  const grant = grants.find((one) => one.relation === relation);
  if (agreed?.state !== 'published' || grant === undefined) return;
  const password = await session.passwordOf(grant);
  const { user, place, verifier } = await provisioned(session, { ...grant, password });
  ledger.put({ ...agreed, user, place, verifier });
}

const notAccepted = (
  relation: number,
  by: 'PostgreSQL' | 'PgBouncer',
  what: string,
  why: string,
): never => halt({ _tag: 'NotAccepted', class: 'refused', relation, by, what, why });

/**
 * The chart draws a step of its own for this, and another one has done it: what is on record is in
 * PgBouncer's configuration, and `createUserAndDatabase` has put it there. It is put there once more
 * for who goes on at this node from a stored state, when that write may be lost.
 */
export function addUser(session: Session, command: GrantCommand): void {
  granteeOf(session, command);
}

/** Applies the configuration; a login that nobody has used yet is tried before anyone hears of it. */
export async function updatePgbouncer(session: Session, command: GrantCommand): Promise<void> {
  const { serving } = session;
  const grant = await grantedTo(session, command);
  const { relation, user, password, database, state } = grant;
  const outcome = await attempt(async () => {
    await serving.configure();
    await serving.confirm();
  })();
  if (E.isLeft(outcome) && outcome.left._tag === 'ConfigRejected' && state === 'provisioning')
    notAccepted(relation, 'PgBouncer', `take ${outcome.left.file}`, outcome.left.why);
  right(outcome);
  if (state === 'provisioning' && password !== null)
    await take(session.pooler.admits({ user, password }, database));
}

/** Publishes everything at once, and last: a consumer hears of its database a single time. */
export async function updateDatabag(session: Session, command: GrantCommand): Promise<void> {
  const ledger = session.ledger();
  const grant = await grantedTo(session, command);
  const { relation, user, password } = grant;
  if (password === null) return;
  const own = await session.juju.own(relation);
  if (session.service !== null && grant.state === 'provisioning') await allServe(session, grant);
  // Of what this hook has granted no other unit can have heard, unless it was published before.
  const isNew = grantOf(ledger.before(relation)) === null && !isAnswer(own);
  const places = isNew ? session.peers.alone : session.peers.info;
  const info = succeed(grant.published, (await places())(grant));
  if (info.endpoints === null)
    halt({
      _tag: 'EndpointUnknown',
      class: 'unavailable',
      unit: session.juju.name,
    });
  const { secrets } = session.juju;
  const remote = await session.juju.remote(relation);
  const { reply } = right(session.parse(relation, remote));
  const asked: Reply = secrets === null ? { _tag: 'V0', secretFields: [] } : reply;
  const authorities = await session.peers.authoritiesOf(info);
  const said = { reply: asked, remote, own, authorities };
  const answered = answer(grant, { user, password }, info, said);
  const onRecord = keptSecrets(ledger);
  const ids =
    secrets === null
      ? {}
      : await publishSecrets(secrets, grant, answered.secrets, { info, onRecord });
  const databag = relieving(own, answerDatabag(answered, ids, own));
  session.juju.write({ _tag: 'OwnApp', relation }, databag);
  ledger.put({
    ...grant,
    state: 'published',
    secrets: { ...grant.secrets, ...ids },
    published: info,
    error: null,
  });
}

/** A service leads to any unit: nobody is sent to it before each of them serves. */
async function allServe({ peers }: Session, grant: Grant): Promise<void> {
  const units = await peers.lagging(grant);
  const { relation } = grant;
  if (units.length > 0) halt({ _tag: 'UnitsLag', class: 'unavailable', relation, units });
}

/**
 * Puts a refusal where its operator sees it. What was published stays granted: an application that
 * spoils its request does not lose its database. What was only begun does not: PgBouncer would go
 * on serving a database that may be somebody else's.
 */
export async function recordRefusal(session: Session, refusal: Refusal): Promise<void> {
  const { relation } = refusal;
  if (refusal._tag === 'RequestWithdrawn') return;
  const ledger = session.ledger();
  const before = grantOf(ledger.before(relation));
  const error = renderRefusal(refusal);
  if (before !== null && before.state !== 'provisioning') ledger.put({ ...before, error });
  else {
    if (before !== null) await removeSecrets(session.juju.secrets, before);
    ledger.put({ relation, state: 'refused', error });
  }
  await tellRefusal(session, refusal, before?.state === 'published');
}

/** A request that was refused is no more, or was put right: nothing on record says otherwise. */
export async function clearRefusal(session: Session, relation: number): Promise<void> {
  const ledger = session.ledger();
  const record = ledger.records.get(relation);
  if (record?.state === 'refused') ledger.drop(relation);
  else if (record !== undefined) ledger.put({ ...record, error: null });
}

/** What the command carries, on record again; or, where it carries nothing, what is on record. */
function granteeOf(session: Session, { _tag, relation, granted }: GrantCommand): Grant {
  const ledger = session.ledger();
  if (granted === null)
    return (
      grantOf(ledger.records.get(relation)) ??
      halt({ _tag: 'NothingGranted', class: 'broken', command: _tag, relation })
    );
  ledger.record(granted);
  return granted.grant;
}

/** The same with its password, which may have to be read. */
function grantedTo(session: Session, command: GrantCommand): Grant | Promise<Grant> {
  const grant = granteeOf(session, command);
  if (command.granted !== null) return grant;
  return session.passwordOf(grant).then((password) => ({ ...grant, password }));
}

async function spelledByBackend(
  session: Session,
  relation: number,
  { roles }: DatabaseRequest,
): Promise<readonly string[]> {
  const holdings = await session.holdings();
  const known = await take(session.backend.grantable(roles, holdings));
  return roles.map(
    (role) =>
      known.get(role) ?? halt({ _tag: 'RoleNotGrantable', class: 'refused', relation, role }),
  );
}
