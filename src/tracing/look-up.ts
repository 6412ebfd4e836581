import { lookup, Resolver } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** What a resolver says that has heard nothing of its servers. */
const silent: ReadonlySet<unknown> = new Set(['ETIMEOUT', 'ECANCELLED']);

/**
 * A look-up of names that can be ended. The system's own cannot, and keeps a process for as long as
 * its servers are silent (10 s and more): it is asked only once they have said something, be it that
 * they know no such name, which may stand in a file.
 */
export function lookUp(
  patience: number,
  /** Name servers, `address:port`; those of the system by default. */
  servers: readonly string[] | null = null,
): {
  readonly lookup: LookupFunction;
  readonly end: () => void;
} {
  const resolver = new Resolver({ timeout: patience, tries: 1 });
  if (servers !== null) resolver.setServers(servers);
  return {
    lookup: (name, options, done) => {
      if (name === 'localhost') lookup(name, options, done);
      else
        resolver.resolve4(name, (error) => {
          if (error !== null && silent.has(error.code)) done(error, '', 0);
          else lookup(name, options, done);
        });
    },
    end: () => resolver.cancel(),
  };
}
