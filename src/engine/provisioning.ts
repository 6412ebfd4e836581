import * as E from 'fp-ts/lib/Either.js';
import type { Command, Granted, Secret } from '../../machines/index.ts';
import { answer, answerDatabag } from '../domain/answer.ts';
import { succeed } from '../domain/endpoints.ts';
import {
  authUserName,
  changedField,
  grantOf,
  ownUserName,
  passwordIn,
  provision,
  userName,
} from '../domain/grant.ts';
import { type Refusal, renderRefusal } from '../domain/refusal.ts';
import type { DatabaseRequest, Reply } from '../domain/request.ts';
import { updatePooler } from './connection.ts';
import type { OpenLedger } from './open-ledger.ts';
import type { Proofs } from './ports.ts';
import { publishSecrets, removeSecrets } from './secrets.ts';
import type { Session } from './session.ts';
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
  if (request.reply._tag === 'V1' && model.secrets === null) {
    const why = 'is v1, which takes a Juju that has secrets';
    halt({ _tag: 'RequestInvalid', class: 'refused', relation, field: 'version', why });
  }
  session.look();
  const ledger = await session.ledger();
  const record = ledger.records.get(relation);
  if (record?.state === 'published') {
    const changed = changedField(request, record);
    if (changed !== null) halt({ _tag: 'RequestChanged', class: 'refused', relation, ...changed });
  }
  const roles =
    request.roles.length === 0 ? [] : await spelledByBackend(session, relation, request);
  const before = grantOf(record);
  const recorded = before === null ? null : await session.passwordOf(before);
  const password = recorded ?? (await publishedPassword(session, relation)) ?? entropy.password();
  const auth = await session.auth();
  const granted: Granted = {
    grant: provision(relation, { ...request, roles, owner: model.owner }, record, password),
    auth: auth ?? { user: authUserName(model.owner), password: entropy.password() },
  };
  ledger.adopt(granted);
  return granted;
}

/** What another charm has published before this one came to its place. */
async function publishedPassword(session: Session, relation: number): Promise<Secret | null> {
  const own = await session.own(relation);
  const { secrets } = session.adapters.model;
  const id = own['secret-user'];
  if (secrets === null || id === undefined) return passwordIn(own);
  const content = await secrets.read(id)();
  return E.isRight(content) ? passwordIn(content.right) : null;
}

/** Makes the role and the database; a name that another deployment took gives way to one of our own. */
export async function createUserAndDatabase(session: Session, command: Taught): Promise<Granted> {
  const { backend } = session.adapters;
  const ledger = await session.ledger();
  const granted = await taught(session, command);
  const { grant, auth } = granted;
  const outcome = await backend.provision(grant, auth)();
  if (E.isRight(outcome)) return proven(ledger, granted, outcome.right);
  const isTaken = outcome.left._tag === 'RoleTaken' && outcome.left.role === grant.user;
  if (!isTaken || grant.user !== userName(grant.relation) || grant.state === 'published')
    halt(outcome.left);
  const renamed = { auth, grant: { ...grant, user: ownUserName(grant.relation, grant.owner) } };
  return proven(ledger, renamed, await take(backend.provision(renamed.grant, auth)));
}

/** What the backend will know the passwords by is on record with the grant. */
function proven(ledger: OpenLedger, { grant, auth }: Granted, proofs: Proofs): Granted {
  const granted = {
    auth,
    grant: grant.proof === proofs.user ? grant : { ...grant, proof: proofs.user },
  };
  ledger.adopt(granted);
  if (ledger.auth !== null && ledger.auth.proof !== proofs.auth)
    ledger.auth = { ...ledger.auth, proof: proofs.auth };
  return granted;
}

/** PgBouncer's configuration is a function of the ledger: what is on record is in the configuration. */
export async function addUser(session: Session, command: Taught): Promise<void> {
  await taught(session, command);
}

/** Applies the configuration; a login that nobody has used yet is tried before anyone hears of it. */
export async function updatePgbouncer(session: Session, command: Taught): Promise<void> {
  const { user, password, database, state } = (await taught(session, command)).grant;
  await updatePooler(session);
  if (state === 'provisioning' && password !== null)
    await take(session.adapters.pooler.admits({ user, password }, database));
}

/** Publishes everything at once, and last: a consumer hears of its database a single time. */
export async function updateDatabag(session: Session, command: Taught): Promise<void> {
  const ledger = await session.ledger();
  const { grant } = await taught(session, command);
  const { relation, user, password } = grant;
  if (password === null) return;
  const info = succeed(grant.published, (await session.info())(grant));
  if (info.endpoints === null)
    halt({
      _tag: 'EndpointUnknown',
      class: 'unavailable',
      unit: session.adapters.model.unit,
    });
  const { secrets } = session.adapters.model;
  const remote = await session.remote(relation);
  const { reply } = right(session.parse(relation, remote));
  const own = await session.own(relation);
  const asked: Reply = secrets === null ? { _tag: 'V0', secretFields: [] } : reply;
  const answered = answer(grant, { user, password }, info, { reply: asked, remote, own });
  const ids = secrets === null ? {} : await publishSecrets(secrets, grant, answered.secrets);
  session.write({ _tag: 'OwnApp', relation }, answerDatabag(answered, ids, own));
  ledger.put({
    ...grant,
    state: 'published',
    secrets: { ...grant.secrets, ...ids },
    published: info,
    error: null,
  });
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
  if (before !== null && before.state !== 'provisioning') return ledger.put({ ...before, error });
  if (before !== null) await removeSecrets(session.adapters.model.secrets, before);
  ledger.put({ relation, state: 'refused', error });
}

/** What the command carries, on record again; or, where it carries nothing, what is on record. */
async function taught(session: Session, { _tag, relation, granted }: Taught): Promise<Granted> {
  const ledger = await session.ledger();
  if (granted !== null) {
    ledger.adopt(granted);
    return granted;
  }
  const auth = await session.auth();
  const grant = grantOf(ledger.records.get(relation));
  if (grant === null || auth === null)
    return halt({ _tag: 'NothingGranted', class: 'broken', command: _tag, relation });
  return { grant: { ...grant, password: await session.passwordOf(grant) }, auth };
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
