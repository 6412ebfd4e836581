import * as kit from '../../hook/index.ts';
import type { HookError } from '../errors.ts';
import type { Attempt } from '../ports.ts';
import type { WireProblem } from '../wire/index.ts';
import { isElsewhere } from './login.ts';

/** Something that went wrong between here and PostgreSQL, and what it was to be good for. */
export class SqlProblem extends Error {
  readonly statement: string;
  readonly kind: WireProblem['kind'];
  readonly sqlState: string | null;
  constructor(statement: string, { kind, sqlState, message, detail }: WireProblem) {
    super(detail === null ? message : `${message}: ${detail}`);
    this.statement = statement;
    this.kind = kind;
    this.sqlState = sqlState;
  }
}

/** The one place where what is thrown in this room becomes what the charm has words for. */
export const attempt = <Result>(
  { where }: { readonly where: string },
  body: () => Promise<Result>,
): Attempt<Result> =>
  kit.attempt(async () => {
    try {
      return await body();
    } catch (problem) {
      if (problem instanceof SqlProblem) halt(translate(where, problem));
      throw problem;
    }
  });

/** Ends a body with one of the charm's own errors. */
export const halt: (error: HookError) => never = kit.halt;

function translate(where: string, problem: SqlProblem): HookError {
  const { sqlState, message, statement } = problem;
  const isPassing = isPassingState(sqlState ?? '') || isConcurrent(problem);
  if (sqlState !== null && problem.kind === 'refused' && !isPassing)
    return { _tag: 'SqlFailed', class: 'broken', statement, sqlState, message };
  return { _tag: 'BackendUnavailable', class: 'unavailable', where, why: message };
}

/**
 * States that end by themselves: connection trouble and logins not yet let in (08, 28), resources
 * (53), shutdown and cancellation (57), a primary that became a standby (25006), a lock or template0
 * in use by others (55P03, 55006), a deadlock or a lost race (40).
 */
const isPassingState = (sqlState: string): boolean =>
  /^(?:08|28|40|53|57)/.test(sqlState) || ['25006', '55P03', '55006'].includes(sqlState);

/** Whether a row of a catalog was changed meanwhile, for which PostgreSQL has no state of its own. */
const isConcurrent = ({ sqlState, message }: SqlProblem): boolean =>
  sqlState === 'XX000' && message.startsWith('tuple concurrently ');

/**
 * Whether somebody else was faster, so that the same done once more succeeds: what was not there a
 * moment ago is there by now, or a row was changed.
 */
const isLostRace = (problem: unknown): boolean =>
  problem instanceof SqlProblem &&
  (['42710', '23505'].includes(problem.sqlState ?? '') || isConcurrent(problem));

/** One of those who come at once always gets through, so this many are enough for as many units. */
const mostLost = 20;

/** Does once more what lost a race. */
export async function raced<Result>(body: () => Promise<Result>): Promise<Result> {
  for (let tries = mostLost; ; tries--) {
    try {
      return await body();
    } catch (problem) {
      if (tries === 0 || !isLostRace(problem)) throw problem;
    }
  }
}

/** Whether somebody has a lock that was waited for. */
export const isHeldUp = (problem: unknown): boolean =>
  problem instanceof SqlProblem && problem.sqlState === '55P03';

/** Whether a role is not there. */
export const isNobody = (problem: unknown): boolean =>
  problem instanceof SqlProblem && problem.sqlState === '42704';

/** Whether a database takes no connections. */
export const isClosed = (problem: unknown): boolean =>
  problem instanceof SqlProblem && problem.sqlState === '55000';

/** Whether something else is made of what was to be dropped. */
export const isNeeded = (problem: unknown): boolean =>
  problem instanceof SqlProblem && problem.sqlState === '2BP01';

/** For a login that is not there, or a database: no session then. */
export function unlessElsewhere(problem: unknown): null {
  if (problem instanceof SqlProblem && isElsewhere(problem.sqlState)) return null;
  throw problem;
}

/** For a database that somebody else has just made. */
export function unlessThere(problem: unknown): void {
  const isThere =
    problem instanceof SqlProblem && ['42P04', '23505'].includes(problem.sqlState ?? '');
  if (!isThere) throw problem;
}

/** For a role that cannot go yet. */
export const inUse = (role: string, why: string, isLockedOut: boolean): never =>
  halt({ _tag: 'RoleInUse', class: 'unavailable', role, why, isLockedOut });
