import { type HookError, render } from './errors.ts';
import type { Adapters, Attempt } from './ports.ts';
import type { Rules } from './rules.ts';
import type { Reconciled, RunEnd } from './run.ts';
import { openSession, type Session } from './session.ts';
import { attempt, take } from './steps.ts';

/** What happens between the beginning of a Juju hook and its end, whose connections it lets go. */
export const inSession = <Result>(
  adapters: Adapters,
  rules: Rules,
  body: (session: Session) => Promise<Result>,
): Attempt<Result> =>
  attempt(async () => {
    try {
      return await body(openSession(adapters, rules));
    } finally {
      try {
        await adapters.backend.release();
      } finally {
        await adapters.pooler.release();
      }
    }
  });

export async function commit(
  session: Session,
  ...reasons: Parameters<Session['changes']>
): Promise<void> {
  await take(session.adapters.model.commit(await session.changes(...reasons)));
}

export const reasonToWait = (end: RunEnd): string | null =>
  end._tag === 'Deferred' ? reason(end.why) : null;

/** What the reconciliation could not do; a removal says so on its own record, and so does a refusal. */
export function reasonOfWork(reconciled: readonly Reconciled[]): string | null {
  for (const { work, error } of reconciled)
    if (error !== null && error.class !== 'refused' && work._tag !== 'DeleteUser')
      return reason(error);
  return null;
}

/** What only an operator can mend of all that kept a hook from its end; each once. */
export function mattersOfOperator(
  ends: readonly RunEnd[],
  reconciled: readonly Reconciled[],
): readonly string[] {
  const errors = [
    ...ends.map((end) => (end._tag === 'Deferred' ? end.why : null)),
    ...reconciled.map(({ error }) => error),
  ];
  return [
    ...new Set(errors.flatMap((error) => (error?._tag === 'PoolerUnusable' ? render(error) : []))),
  ];
}

/** A leader waits for its backend, whatever it was called for. */
export const reasonOfLeader = async (session: Session): Promise<string | null> => {
  if (!(await session.leader())) return null;
  const trouble = await session.backendTrouble();
  return trouble === null ? null : reason(trouble);
};

function reason(why: HookError | null): string {
  if (why === null) return 'waiting for the backend database';
  return why._tag === 'BackendUnavailable'
    ? `waiting for the backend database at ${why.where} (${why.why})`
    : render(why);
}
