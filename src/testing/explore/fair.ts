import type { Move } from './successors.ts';

/**
 * True for what a fair world does sooner or later by itself: hooks that are due run, nobody stays
 * behind, PostgreSQL comes up, somebody leads. What operators do and what goes wrong is not of it.
 */
export function isFair({ action }: Move): boolean {
  switch (action._tag) {
    case 'RunHook':
      return action.interruption === undefined;
    case 'CatchUp':
    case 'StartPostgres':
    case 'Elect':
      return true;
    default:
      return false;
  }
}
