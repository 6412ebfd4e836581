/** What somebody that leaves has in databases: what it owns, and what it was given there by others. */
import type { Session } from '../wire/index.ts';
import type { Connections } from './connections.ts';
import { dropHalves } from './halfway.ts';
import { noteEnded, unhindered } from './hold-up.ts';
import { type Heir, idsOf, type Leaving, type Named, namesOf } from './leaving.ts';
import { isNeeded } from './problem.ts';
import * as given from './statements/given.ts';
import { endBlockers, wait } from './statements/hold-up.ts';
import * as sql from './statements/removal.ts';

/** What it owns is handed over, wherever it is, and nothing of it stays behind. */
export async function handOver(
  leaving: Leaving,
  roles: readonly Named[],
  heir: Heir | null,
): Promise<void> {
  const { connections, agent, isAgain } = leaving;
  const users = idsOf(roles);
  const names = namesOf(roles);
  const found = await connections.send('look for what it owns', [
    ...(isAgain ? [given.joinGivers(users)] : []),
    sql.readHomes(users, heir === null ? [] : [heir.place]),
    sql.readShown(users),
  ]);
  const [homes = [], shown = []] = found.slice(-2);
  const dropped = await dropHalves(connections, homes);
  for (const home of homes) {
    if (dropped.has(home.name)) continue;
    const to = (home.heir as string | null) ?? (home.isKept === true ? (heir?.name ?? null) : null);
    const givers = [
      ...new Set([...(home.givers as readonly string[]), ...(to === null ? [] : [to])]),
    ];
    // Whatever is dropped in one database takes memberships along that the user had given.
    await agent.lend([...names, ...givers]);
    const session = await agent.enter(home);
    try {
      if (isAgain) await takeBackGiven(leaving, session, roles, givers);
      if (isAgain && to !== null) givers.push(...(await lendSchemas(leaving, session, to)));
      const leave = (heirOfAll: string | null) => () =>
        leaveHome(connections, session, roles, heirOfAll);
      if (isAgain)
        await watched(leaving, leave(to)).catch(async (problem) => {
          // What another has made of what it owned is not dropped with it.
          if (to !== null || heir === null || !isNeeded(problem)) throw problem;
          await agent.lend([heir.name]);
          givers.push(heir.name);
          await watched(leaving, leave(heir.name));
        });
      else await leave(to)();
    } finally {
      await session.end();
      await agent.giveBack([...new Set(givers)]).catch(() => {});
    }
  }
  const left = shown.filter(({ name }) => !dropped.has(name));
  if (left.length > 0)
    await connections.send('take back what it was shown', [
      ...(isAgain ? [given.takeBack(users, 'databases')] : []),
      ...left.flatMap(({ name, owner }) => sql.leave(String(name), String(owner), names)),
    ]);
}

/**
 * Who drops what a role was given takes back what an object's owner gave, and neither that with the
 * right to give it on, nor what others gave on. Whose rights the agent is lent therefore is added to
 * those that are taken back, whatever comes of it.
 */
async function takeBackGiven(
  leaving: Leaving,
  session: Session,
  roles: readonly Named[],
  lent: string[],
): Promise<void> {
  const { connections, server, agent } = leaving;
  const users = idsOf(roles);
  const who = given.readGivers(users, server.login);
  const statements = [given.takeBack(users, 'inside'), given.countGiven(users), who];
  let [found = []] = await connections.ask(session, 'look for what was given on', [who]);
  for (let before = Number.POSITIVE_INFINITY; found.length > 0; ) {
    const givers = found.flatMap(({ name, isOurs }) => (isOurs === true ? [String(name)] : []));
    const others = givers.filter((name) => !lent.includes(name));
    if (others.length > 0) await agent.lend(others);
    lent.push(...others);
    const answers = await watched(leaving, () =>
      connections.ask(session, 'take back what was given', statements),
    );
    const [, [count] = [], next = []] = answers;
    const left = Number(count?.left);
    if (left >= before) return;
    [before, found] = [left, next];
  }
}

/** Lends the agent the rights of those in whose schemas the heir cannot take anything over. */
async function lendSchemas(
  { connections, server, agent }: Leaving,
  session: Session,
  heir: string,
): Promise<readonly string[]> {
  const [found = []] = await connections.ask(session, "look for others' schemas", [
    sql.readSchemaOwners(heir, server.login),
  ]);
  const owners = found.map(({ name }) => String(name));
  if (owners.length > 0) await agent.lend(owners);
  return owners;
}

/** What waits for locks in an agent's session the home looks after meanwhile. */
const watched = <Result>(
  { connections, agent, notes }: Leaving,
  body: () => Promise<Result>,
): Promise<Result> =>
  unhindered(async () => {
    const [, , ended = []] = await connections.send('end what holds it up', [
      wait,
      ...endBlockers(agent.name),
    ]);
    noteEnded(ended, notes);
  }, body);

/** What is done in one database, with the user's own rights. */
async function leaveHome(
  connections: Connections,
  session: Session,
  roles: readonly Named[],
  heir: string | null,
): Promise<void> {
  const ask = (purpose: string, statements: readonly string[]) =>
    connections.ask(session, purpose, statements);
  const owned = namesOf(roles);
  if (heir === null) {
    await ask('drop what it owned', [sql.dropOwned(owned)]);
    return;
  }
  const users = idsOf(roles);
  const [schemas = []] = await ask('look for schemas', [sql.readSchemas(users, heir)]);
  await ask('hand over what it owned', [
    ...schemas.flatMap(({ name, isOwn }) => sql.takeSchema(String(name), heir, isOwn === true)),
    sql.reassign(owned, heir),
    sql.dropOwned(owned),
  ]);
}
