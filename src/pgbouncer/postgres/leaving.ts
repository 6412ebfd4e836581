/** Somebody that leaves, and with what that is worked on. */

import type { Row } from '../wire/index.ts';
import type { Agent } from './agent.ts';
import type { Connections } from './connections.ts';
import type { Server } from './server.ts';

/** The owner of a database, to whom it is handed over what somebody leaves there. */
export interface Heir {
  readonly name: string;
  readonly place: string;
  /** Whether nobody else uses the database: what was done in the owner's name was the user's then. */
  readonly isAlone: boolean;
}

export interface Named {
  readonly id: number;
  readonly name: string;
}

/** With what is worked, and whether it was refused before: only then is it looked for who holds it up. */
export interface Leaving {
  readonly connections: Connections;
  readonly server: Server;
  readonly agent: Agent;
  readonly notes: Set<string>;
  /** Whether nobody logs in as it any more, of which a failure is to be told as well. */
  readonly login: { isLockedOut: boolean };
  readonly isAgain: boolean;
}

/** What was open in sessions that were ended. */
export function note(sessions: readonly Row[], notes: Set<string>): void {
  for (const { database, isOpen } of sessions)
    if (isOpen === true) notes.add(`an open transaction in ${String(database)} was rolled back`);
}

export const idsOf = (roles: readonly Named[]): readonly number[] => roles.map(({ id }) => id);
export const namesOf = (roles: readonly Named[]): readonly string[] =>
  roles.map(({ name }) => name);
