import type { Audit, Grant } from '../../../machines/index.ts';
import type { Holdings } from '../ports.ts';
import type { Connections } from './connections.ts';
import { damageOf, factsOf } from './facts.ts';
import { readAllHeld, readAllPlaces, readAllRoles, readGrantable } from './statements/facts.ts';
import * as sql from './statements/grant.ts';
import { endQueues } from './statements/hold-up.ts';
import { lend } from './statements/home.ts';

/**
 * One look at the deployment's roles and databases, and each published user's verifier once more.
 * Who keeps others out of a database is sent away.
 */
export async function audit(connections: Connections, { grants }: Holdings): Promise<Audit> {
  const server = await connections.server();
  const facts = factsOf(
    await connections.send('compare roles', [
      ...[readAllHeld, readAllRoles, readAllPlaces],
      ...endQueues(),
    ]),
  );
  const published = grants.filter(({ state }) => state === 'published');
  const users = new Map(facts.held.map((held) => [held.relation, held]));
  const owners = new Map(facts.held.map((held) => [held.database, held]));
  const damaged = published.flatMap((grant) => {
    const held = { user: users.get(grant.relation), owner: owners.get(grant.database) };
    const what = damageOf(grant, facts, held, server);
    return what === null ? [] : [{ relation: grant.relation, what }];
  });
  await renewPasswords(connections, published, new Set(damaged.map(({ relation }) => relation)));
  const kept = new Set(published.map(({ relation }) => relation));
  const orphans = facts.held.flatMap(({ relation, name }) =>
    relation === null || kept.has(relation) ? [] : [{ relation, user: name }],
  );
  return { orphans, damaged };
}

async function renewPasswords(
  connections: Connections,
  grants: readonly Grant[],
  damaged: ReadonlySet<number>,
): Promise<void> {
  const users = grants.flatMap(({ relation, user: role, verifier }) =>
    verifier === null || damaged.has(relation) ? [] : [{ role, verifier: verifier.secret }],
  );
  if (users.length > 0) await connections.send('renew passwords', [sql.renewPasswords(users)]);
}

/** What may be granted is lent to the deployment's own login where a superuser is at hand. */
export async function grantable(
  connections: Connections,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { major, login } = await connections.server();
  const [roles = []] = await connections.send('look up roles', [readGrantable(wanted)]);
  const unlent = major < 16 ? [] : roles.filter(({ isLent }) => isLent !== true);
  const superuser = unlent.length === 0 ? null : await connections.superuser();
  if (superuser !== null)
    await connections.ask(
      superuser,
      'lend roles that may be granted',
      unlent.map(({ name }) => lend(String(name), login, major)),
    );
  return new Map(roles.map(({ asked, name }) => [String(asked), String(name)]));
}
