/** What a world in which nothing is left to do must look like. */
import { isPeer, peerRelation } from '../../testing/index.ts';
import { servedRelations } from './looking.ts';
import { type PgbouncerWorld, provider } from './outside.ts';

export const eventualViolations = { requests, leftovers, passwords };

/** The secret that keeps the login with which PgBouncer looks up users. */
const authLabel = 'pgb-peers.auth.secret';
const everyPassword = /password-\d+/g;

/** Every request of a relation that lives is served, or refused where an operator sees it. */
function requests(world: PgbouncerWorld): readonly string[] {
  if (world.applications[provider]?.life !== 'alive') return [];
  const served = new Set(servedRelations(world).map(({ id }) => id));
  const ledger = world.relations[peerRelation]?.applications[provider] ?? {};
  return Object.entries(world.relations).flatMap(([id, relation]) => {
    const asked = relation.applications[relation.requirer]?.database;
    if (isPeer(relation) || relation.life !== 'alive' || !asked) return [];
    const isRefused = ledger[`relation-${id}`]?.includes('"error":"') === true;
    if (isRefused && !isBlocked(world)) return [`relation ${id} is refused, and no status says so`];
    return served.has(Number(id)) || isRefused ? [] : [`relation ${id} asks and is not answered`];
  });
}

const isBlocked = (world: PgbouncerWorld): boolean =>
  Object.values(world.units).some(({ status }) => status?.name === 'blocked');

/** Records, flags and deferrals that nothing will ever take away. */
function leftovers(world: PgbouncerWorld): readonly string[] {
  const peers = world.relations[peerRelation];
  const left: string[] = [];
  for (const key of Object.keys(peers?.applications[provider] ?? {})) {
    const id = /^relation-(\d+)$/.exec(key)?.[1];
    if (id !== undefined && world.relations[id] === undefined) left.push(`the ledger keeps ${key}`);
  }
  for (const [unit, { state }] of Object.entries(world.units)) {
    if (state.deferred !== undefined) left.push(`${unit} keeps a deferred hook`);
    for (const key of Object.keys(state)) {
      const id = /^departing-(\d+)$/.exec(key)?.[1];
      if (id !== undefined && world.relations[id] === undefined) left.push(`${unit} keeps ${key}`);
    }
  }
  for (const { owner, label } of Object.values(world.secrets)) {
    const id = /^database\.(\d+)\./.exec(label ?? '')?.[1];
    if (id !== undefined && owner === provider && world.relations[id] === undefined)
      left.push(`${provider} keeps the secret ${label}`);
  }
  return left;
}

/** The passwords that may still be known, and those that something keeps. */
function passwords(world: PgbouncerWorld) {
  const ledger = world.relations[peerRelation]?.applications[provider] ?? {};
  const heard = new Set(all(ledger['auth-user'] ?? ''));
  for (const relation of Object.values(world.relations))
    if (!isPeer(relation)) for (const secret of all(JSON.stringify(relation))) heard.add(secret);
  for (const { label, grants, revisions } of Object.values(world.secrets))
    if (label === authLabel || grants.some((id) => world.relations[id] !== undefined))
      for (const secret of all(JSON.stringify(revisions))) heard.add(secret);
  // The login that looks users up belongs to the deployment, not to a relation.
  for (const { relation, password } of Object.values(world.outside.shared.postgres.roles))
    if (relation === null && password !== null) heard.add(password);
  const { units, secrets, ...rest } = world;
  const states = Object.values(units).map(({ state, status }) => ({ state, status }));
  const contents = Object.values(secrets).map(readable);
  return { heard, kept: [...new Set(all(JSON.stringify({ ...rest, states, contents })))] };
}

/**
 * A revision that nobody tracks does not count: Juju asks its owner to remove it, and the charm's
 * process, which is not simulated, does.
 */
const readable = ({ revisions, tracked }: PgbouncerWorld['secrets'][string]) =>
  revisions.filter(
    (_, at) => at === revisions.length - 1 || Object.values(tracked).includes(at + 1),
  );

const all = (text: string): readonly string[] => text.match(everyPassword) ?? [];
