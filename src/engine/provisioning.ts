import * as E from 'fp-ts/lib/Either.js';
import type { Command, Grant, Granted } from '../../machines/index.ts';
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
import type { Attempt } from './ports.ts';
import type { Session } from './session.ts';
import { right, steps, take } from './steps.ts';

type Taught = Extract<Command, { granted: unknown }>;

/**
 * Reads the request and finds the password: the ledger's, else the one that is published, and only
 * then a new one. It refuses what it cannot serve before anything is done for it.
 */
export const readRequest = (session: Session, relation: number): Attempt<Granted> =>
  steps(async () => {
    const { model, entropy } = session.adapters;
    if (!(await take(session.relations)).has(relation))
      return take(refused({ _tag: 'RequestWithdrawn', class: 'refused', relation }));
    const [remote = {}] = await take(session.remote([relation]));
    const request = right(session.parse(relation, remote));
    const { records, auth } = await take(session.ledger);
    const record = records.get(relation);
    if (record?.state === 'published') {
      const changed = changedField(request, record);
      if (changed !== null)
        await take(refused({ _tag: 'RequestChanged', class: 'refused', relation, ...changed }));
    }
    const roles = await take(spelledByBackend(session, relation, request));
    const password = knownPassword(record, await take(session.own(relation))) ?? entropy.password();
    const granted: Granted = {
      grant: provision(relation, { ...request, roles, owner: model.owner }, record, password),
      auth: auth ?? { user: authUserName(model.owner), password: entropy.password() },
    };
    await take(session.adopt(granted));
    return granted;
  });

/** Makes the role and the database; a name that another deployment took gives way to one of our own. */
export const createUserAndDatabase = (session: Session, command: Taught): Attempt<Granted> =>
  steps(async () => {
    const { backend } = session.adapters;
    const granted = await take(taught(session, command));
    const { grant, auth } = granted;
    const outcome = await backend.provision(grant, auth)();
    if (E.isRight(outcome)) return granted;
    const another = ownUserName(grant.relation, grant.owner);
    const isTaken = outcome.left._tag === 'RoleTaken' && outcome.left.role === grant.user;
    if (!isTaken || grant.user !== userName(grant.relation) || grant.state === 'published')
      return right<never>(outcome);
    const renamed = { auth, grant: { ...grant, user: another } };
    await take(backend.provision(renamed.grant, auth));
    await take(session.adopt(renamed));
    return renamed;
  });

/** PgBouncer's configuration is a function of the ledger: what is on record is in the configuration. */
export const addUser = (session: Session, command: Taught): Attempt<void> =>
  steps(async () => {
    await take(taught(session, command));
  });

/** Applies the configuration; a login that nobody has used yet is tried before anyone hears of it. */
export const updatePgbouncer = (session: Session, command: Taught): Attempt<void> =>
  steps(async () => {
    const { grant } = await take(taught(session, command));
    await take(updatePooler(session));
    if (grant.state === 'provisioning' && grant.password !== null)
      await take(
        session.adapters.pooler.admits(
          { user: grant.user, password: grant.password },
          grant.database,
        ),
      );
  });

/** Publishes everything at once, and last: a consumer hears of its database a single time. */
export const updateDatabag = (session: Session, command: Taught): Attempt<void> =>
  steps(async () => {
    const { grant } = await take(taught(session, command));
    const { relation, user, password } = grant;
    if (password === null) return;
    const [remote = {}] = await take(session.remote([relation]));
    const info = succeed(grant.published, (await take(session.info))(grant.database));
    session.write(
      { _tag: 'OwnApp', relation },
      providerDatabag(grant, { user, password }, info, remote),
    );
    await take(session.put({ ...grant, state: 'published', published: info, error: null }));
  });

/**
 * Puts a refusal where its operator sees it. What was granted before stays granted: an application
 * that spoils its request does not lose its database.
 */
export const recordRefusal = (session: Session, refusal: Refusal): Attempt<void> =>
  steps(async () => {
    const { relation } = refusal;
    if (refusal._tag === 'RequestWithdrawn') return;
    const before: Grant | null = grantOf(await take(session.recorded(relation)));
    const error = renderRefusal(refusal);
    await take(
      session.put(before === null ? { relation, state: 'refused', error } : { ...before, error }),
    );
  });

const refused =
  (refusal: Refusal): Attempt<never> =>
  async () =>
    E.left(refusal);

/** What the command carries, on record again; or, where it carries nothing, what is on record. */
const taught = (session: Session, { _tag, relation, granted }: Taught): Attempt<Granted> =>
  steps(async () => {
    if (granted !== null) {
      await take(session.adopt(granted));
      return granted;
    }
    const { records, auth } = await take(session.ledger);
    const grant = grantOf(records.get(relation));
    if (grant !== null && auth !== null) return { grant, auth };
    return right(
      E.left({ _tag: 'NothingGranted', class: 'broken', command: _tag, relation } as const),
    );
  });

const spelledByBackend = (
  session: Session,
  relation: number,
  { roles }: DatabaseRequest,
): Attempt<readonly string[]> =>
  steps(async () => {
    if (roles.length === 0) return roles;
    const known = await take(session.adapters.backend.grantable(roles));
    const missing = roles.find((role) => !known.has(role));
    if (missing !== undefined)
      await take(refused({ _tag: 'RoleNotGrantable', class: 'refused', relation, role: missing }));
    return roles.map((role) => known.get(role) ?? role);
  });
