import * as E from 'fp-ts/lib/Either.js';
import { leavesAlone } from '../domain/departing.ts';
import { grantOf, ownUserName, removing, userName } from '../domain/grant.ts';
import { updatePooler } from './connection.ts';
import { type HookError, render } from './errors.ts';
import type { Attempt } from './ports.ts';
import { flagKey, type Session } from './session.ts';
import { steps, take } from './steps.ts';

/** Whether this unit leaves while the relation lives on for the others. */
export const isLeaving = (session: Session, flagged: boolean): Attempt<boolean> =>
  steps(async () =>
    leavesAlone({
      flagged,
      plannedUnits: await take(session.adapters.model.plannedUnits),
      units: await take(session.units),
    }),
  );

export const addFlag = (session: Session, relation: number): void =>
  session.write(
    { _tag: 'PeerUnit', unit: session.adapters.model.unit },
    { [flagKey(relation)]: session.adapters.model.unit },
  );

export const forgetFlag = (session: Session, relation: number): void =>
  session.write(
    { _tag: 'PeerUnit', unit: session.adapters.model.unit },
    { [flagKey(relation)]: '' },
  );

/** The removal is on record before anything is done, and the password leaves the ledger with it. */
export const markRemoving = (session: Session, relation: number): Attempt<void> =>
  steps(async () => {
    const grant = grantOf((await take(session.ledger)).records.get(relation));
    if (grant !== null && grant.state !== 'removing') await take(session.put(removing(grant)));
  });

/** Takes the relation out of PgBouncer. A pooler that cannot be reached does not stop the removal. */
export const removeData = (session: Session, relation: number): Attempt<void> =>
  steps(async () => {
    const grant = grantOf((await take(session.ledger)).records.get(relation));
    if (grant === null) return;
    await take(markRemoving(session, relation));
    await take(noteUnavailable(session, relation, updatePooler(session)));
  });

/** Deletes the role, then the record. What cannot be done now stays on record, with the reason. */
export const deleteUser = (session: Session, relation: number): Attempt<void> =>
  steps(async () => {
    const { backend } = session.adapters;
    const record = (await take(session.ledger)).records.get(relation);
    if (record === undefined) return;
    const grant = grantOf(record);
    if (grant === null) return take(session.drop(relation));
    await take(markRemoving(session, relation));
    const isGone = await take(noteUnavailable(session, relation, backend.remove(grant)));
    if (isGone) await take(session.drop(relation));
  });

/** Deletes a role that no record speaks of: its hook was lost, and then its relation. */
export const deleteOrphan = (session: Session, relation: number): Attempt<void> =>
  steps(async () => {
    const { backend, model } = session.adapters;
    const { owner } = model;
    for (const user of [userName(relation), ownUserName(relation, owner)])
      await take(backend.remove({ relation, user, owner }));
  });

/** True where it worked; where the world is not ready, the record says why. */
const noteUnavailable = (
  session: Session,
  relation: number,
  attempt: Attempt<unknown>,
): Attempt<boolean> =>
  steps(async () => {
    const outcome = await attempt();
    if (E.isRight(outcome)) return true;
    if (!isPassing(outcome.left)) await take(async () => outcome);
    const grant = grantOf((await take(session.ledger)).records.get(relation));
    if (grant !== null) await take(session.put({ ...grant, error: render(outcome.left) }));
    return false;
  });

/** A database that refuses for good is as good a reason to keep the record as one that is down. */
const isPassing = ({ _tag, class: kind }: HookError): boolean =>
  kind === 'unavailable' || _tag === 'SqlFailed' || _tag === 'ConfigRejected';
