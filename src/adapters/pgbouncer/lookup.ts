/**
 * Users of version 0.1 were looked up. A process that has looked somebody up ends itself when that
 * user logs in and is in its userlist by then (https://github.com/pgbouncer/pgbouncer/issues/90), so
 * that it goes on looking up whomever it may have looked up, until it is started anew.
 */

import { lookedUpIn } from '../../domain/pgbouncer-files.ts';
import type { Configuration } from '../../engine/index.ts';

/** What a process that runs with these files is to be given. */
export function goingOn(
  configuration: Configuration,
  ini: string | null,
  unlisted: ReadonlySet<string>,
): Configuration {
  const { lookup, users } = configuration;
  const before = ini === null ? [] : lookedUpIn(ini);
  if (lookup === null || before.length === 0) return configuration;
  const isLookedUp = new Set([...(before === 'anybody' ? lookup.told : before), ...unlisted]);
  const still = users.flatMap(({ name }) => (isLookedUp.has(name) ? [name] : []));
  return {
    ...configuration,
    users: users.filter(({ name }) => !isLookedUp.has(name)),
    lookup: { ...lookup, users: [...new Set([...lookup.users, ...still])].sort() },
  };
}

export const looksUp = ({ lookup }: Configuration): boolean => (lookup?.users.length ?? 0) > 0;
