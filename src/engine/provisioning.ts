import * as E from 'fp-ts/lib/Either.js';
import type { Command, Granted } from '../../machines/index.ts';
import { succeed } from '../domain/endpoints.ts';
import {
  authUserName,
  changedField,
  grantOf,
  knownPassword,
  ownUserName,
  providerDatabag,
  provision,
  userName,
} from '../domain/grant.ts';
import { type Refusal, renderRefusal } from '../domain/refusal.ts';
import type { DatabaseRequest } from '../domain/request.ts';
import { updatePooler } from './connection.ts';
import type { OpenLedger, Session } from './session.ts';
import { halt, right, take } from './steps.ts';

type Taught = Extract<Command, { granted: unknown }>;

/**
 * Reads the request and finds the password: the ledger's, else the one that is published, and only
 * then a new one. It refuses what it cannot serve before anything is done for it.
 */
export async function readRequest(session: Session, relation: number): Promise<Granted> {
  const { model, entropy } = session.adapters;
  if (!(await session.relations()).has(relation))
    halt({ _tag: 'RequestWithdrawn', class: 'refused', relation });
  const request = right(session.parse(relation, await session.remote(relation)));
  const ledger = await session.ledger();
  const record = ledger.records.get(relation);
  if (record?.state === 'published') {
    const changed = changedField(request, record);
    if (changed !== null) halt({ _tag: 'RequestChanged', class: 'refused', relation, ...changed });
  }
  const roles =
    request.roles.length === 0 ? [] : await spelledByBackend(session, relation, request);
  const password = knownPassword(record, await session.own(relation)) ?? entropy.password();
  const granted: Granted = {
    grant: provision(relation, { ...request, roles, owner: model.owner }, record, password),
    auth: ledger.auth ?? { user: authUserName(model.owner), password: entropy.password() },
  };
  ledger.adopt(granted);
  return granted;
}

/** Makes the role and the database; a name that another deployment took gives way to one of our own. */
export async function createUserAndDatabase(session: Session, command: Taught): Promise<Granted> {
  const { backend } = session.adapters;
  const ledger = await session.ledger();
  const granted = taught(ledger, command);
  const { grant, auth } = granted;
  const outcome = await backend.provision(grant, auth)();
  if (E.isRight(outcome)) return granted;
  const isTaken = outcome.left._tag === 'RoleTaken' && outcome.left.role === grant.user;
  if (!isTaken || grant.user !== userName(grant.relation) || grant.state === 'published')
    halt(outcome.left);
  const renamed = { auth, grant: { ...grant, user: ownUserName(grant.relation, grant.owner) } };
  await take(backend.provision(renamed.grant, auth));
  ledger.adopt(renamed);
  return renamed;
}

/** PgBouncer's configuration is a function of the ledger: what is on record is in the configuration. */
export async function addUser(session: Session, command: Taught): Promise<void> {
  taught(await session.ledger(), command);
}

/** Applies the configuration; a login that nobody has used yet is tried before anyone hears of it. */
export async function updatePgbouncer(session: Session, command: Taught): Promise<void> {
  const { user, password, database, state } = taught(await session.ledger(), command).grant;
  await updatePooler(session);
  if (state === 'provisioning' && password !== null)
    await take(session.adapters.pooler.admits({ user, password }, database));
}

/** Publishes everything at once, and last: a consumer hears of its database a single time. */
export async function updateDatabag(session: Session, command: Taught): Promise<void> {
  const ledger = await session.ledger();
  const { grant } = taught(ledger, command);
  const { relation, user, password } = grant;
  if (password === null) return;
  const info = succeed(grant.published, (await session.info())(grant));
  if (info.endpoints === null)
    halt({
      _tag: 'EndpointUnknown',
      class: 'unavailable',
      unit: session.adapters.model.unit,
    });
  session.write(
    { _tag: 'OwnApp', relation },
    providerDatabag(grant, { user, password }, info, await session.remote(relation)),
  );
  ledger.put({ ...grant, state: 'published', published: info, error: null });
}

/**
 * Puts a refusal where its operator sees it. What was published stays granted: an application that
 * spoils its request does not lose its database. What was only begun does not: PgBouncer would go
 * on serving a database that may be somebody else's.
 */
export async function recordRefusal(session: Session, refusal: Refusal): Promise<void> {
  const { relation } = refusal;
  if (refusal._tag === 'RequestWithdrawn') return;
  const ledger = await session.ledger();
  const before = grantOf(ledger.before(relation));
  const error = renderRefusal(refusal);
  ledger.put(
    before === null || before.state === 'provisioning'
      ? { relation, state: 'refused', error }
      : { ...before, error },
  );
}

/** What the command carries, on record again; or, where it carries nothing, what is on record. */
function taught(ledger: OpenLedger, { _tag, relation, granted }: Taught): Granted {
  if (granted !== null) {
    ledger.adopt(granted);
    return granted;
  }
  const { auth } = ledger;
  const grant = grantOf(ledger.records.get(relation));
  if (grant !== null && auth !== null) return { grant, auth };
  return halt({ _tag: 'NothingGranted', class: 'broken', command: _tag, relation });
}

async function spelledByBackend(
  session: Session,
  relation: number,
  { roles }: DatabaseRequest,
): Promise<readonly string[]> {
  const known = await take(session.adapters.backend.grantable(roles));
  return roles.map(
    (role) =>
      known.get(role) ?? halt({ _tag: 'RoleNotGrantable', class: 'refused', relation, role }),
  );
}
