/**
 * Users of version 0.1 were looked up. A process that has looked somebody up ends itself when that
 * user logs in and is in its userlist by then (https://github.com/pgbouncer/pgbouncer/issues/90), so
 * that it goes on looking up whomever it may have looked up, until it is started anew. Who was in its
 * userlist and is no more cannot log in until then either, and so stays there.
 */

import type { Configuration } from './configuration.ts';
import { lookedUpIn, secretIn } from './pgbouncer-files.ts';

/** What a process that runs is known by. */
export interface Running {
  readonly ini: string | null;
  readonly userlist: string | null;
  /** Who has logged in since it was started. */
  readonly seen: ReadonlySet<string>;
}

/** What a process that runs is to be given. */
export function goingOn(configuration: Configuration, running: Running): Configuration {
  const { lookup, users } = configuration;
  if (lookup === null) return configuration;
  const { seen, ini, userlist } = running;
  const secretOf = (name: string) => secretIn(userlist ?? '', name);
  const inIni = ini === null ? [] : lookedUpIn(ini);
  const before = new Set([...(inIni === 'anybody' ? lookup.told : inIni), ...seen]);
  const isLookedUp = (name: string) => before.has(name) && secretOf(name) === null;
  const kept = lookup.users.flatMap((name) => {
    const secret = secretOf(name);
    return secret === null ? [] : [{ name, verifier: { secret } }];
  });
  const known = [...users, ...kept].sort((one, other) => (one.name < other.name ? -1 : 1));
  const isKept = new Set(kept.map(({ name }) => name));
  return {
    ...configuration,
    users: known.filter(({ name }) => !isLookedUp(name)),
    lookup: {
      ...lookup,
      users: [
        ...lookup.users.filter((name) => !isKept.has(name)),
        ...known.flatMap(({ name }) => (isLookedUp(name) ? [name] : [])),
      ].sort(),
    },
  };
}

export const looksUp = ({ lookup }: Configuration): boolean => (lookup?.users.length ?? 0) > 0;
