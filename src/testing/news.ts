/** What units are told of secrets: a new revision, and those that nobody tracks any more. */
import { shortId } from './secret-names.ts';
import type { Hook, StoredSecret, Unit, World } from './world.ts';

/**
 * The hooks that a change of secrets brings. Who tracks a secret hears of each new revision; the
 * owner's leader, or the unit that owns it, of each revision that nobody tracks any more. Of one that
 * is gone nobody hears, nor of what was still to be told of it: Juju takes back what it has queued.
 */
export function announced(before: World, after: World): World {
  let next = after;
  for (const [id, was] of Object.entries(before.secrets)) {
    const is = after.secrets[id];
    if (was === is) continue;
    if (is === undefined) {
      next = untold(next, id);
      continue;
    }
    const revision = is.revisions.length;
    if (revision > was.revisions.length)
      for (const unit of Object.keys(is.tracked).sort())
        next = told(next, unit, about('secret-changed', id, revision, nameOf(next, unit, is)));
    const known = new Set(obsoleteOf(was));
    const owner = keeperOf(next, is);
    for (const old of obsoleteOf(is))
      if (owner !== null && !known.has(old))
        next = told(next, owner, about('secret-remove', id, old, is.label ?? ''));
  }
  return next;
}

/** No unit is told of a secret any more. */
function untold(world: World, id: string): World {
  const units = Object.entries(world.units).map(([name, unit]): [string, Unit] => {
    const { news = [], ...rest } = unit;
    const left = news.filter(({ secret }) => secret !== `secret:${shortId(id)}`);
    if (left.length === news.length) return [name, unit];
    return [name, left.length === 0 ? rest : { ...rest, news: left }];
  });
  return { ...world, units: Object.fromEntries(units) };
}

/** Who begins to lead is told of all that may be removed, whoever was told of it before. */
export function inherited(world: World, leader: string): World {
  const application = world.units[leader]?.application;
  let next = world;
  for (const [id, secret] of Object.entries(world.secrets))
    if (secret.owner === application)
      for (const old of obsoleteOf(secret))
        next = told(next, leader, about('secret-remove', id, old, secret.label ?? ''));
  for (const [id, secret] of Object.entries(world.secrets))
    if (secret.owner === application) next = toldWhatIsDue(next, leader, id, secret);
  return next;
}

/** A unit is told of what is due of a secret. */
export function toldWhatIsDue(world: World, unit: string, id: string, secret: StoredSecret): World {
  const { due: { rotation, expired = [] } = {}, label } = secret;
  const known = label ?? '';
  const { revision: _, ...rotate } = about('secret-rotate', id, 0, known);
  const begun = rotation === undefined ? world : told(world, unit, rotate);
  return expired.reduce(
    (next, revision) => told(next, unit, about('secret-expired', id, revision, known)),
    begun,
  );
}

/** A unit is told of what has become of its workloads, of each thing once. */
export function toldOfWorkload(world: World, name: string, hooks: readonly Hook[]): World {
  const unit = world.units[name];
  if (unit === undefined || hooks.length === 0) return world;
  const others = hooks.reduce((left, hook) => heardOf(left, hook), unit).news ?? [];
  return {
    ...world,
    units: { ...world.units, [name]: { ...unit, news: [...others, ...hooks] } },
  };
}

/** A pod that is gone has nothing to tell of its workloads any more. */
export function withoutWorkload(unit: Unit): Unit {
  const { news = [], ...rest } = unit;
  const left = news.filter(({ check, notice }) => check === undefined && notice === undefined);
  return left.length === 0 ? rest : { ...rest, news: left };
}

/** A unit that was told of a new revision was told of those before it. */
export function heardOf(unit: Unit, hook: Hook): Unit {
  const { news: _, ...rest } = unit;
  const left = (unit.news ?? []).filter(
    ({ name, secret, revision = 0, check, notice }) =>
      !(
        name === hook.name &&
        secret === hook.secret &&
        check === hook.check &&
        notice?.id === hook.notice?.id &&
        (name === 'secret-changed'
          ? revision <= (hook.revision ?? revision)
          : revision === (hook.revision ?? 0))
      ),
  );
  return left.length === 0 ? rest : { ...rest, news: left };
}

const about = (name: string, id: string, revision: number, label: string): Hook => ({
  name,
  secret: `secret:${shortId(id)}`,
  revision,
  label,
});

/** A consumer's own name for it; within the owner's application its label. */
const nameOf = (world: World, unit: string, secret: StoredSecret): string =>
  secret.names?.[unit] ??
  (world.units[unit]?.application === secret.owner || unit === secret.owner
    ? (secret.label ?? '')
    : '');

/** Revisions that are neither the newest nor tracked by anyone. */
function obsoleteOf({ revisions, tracked, pruned = [] }: StoredSecret): readonly number[] {
  const kept = new Set([...Object.values(tracked), ...pruned, revisions.length]);
  return revisions.map((_, at) => at + 1).filter((revision) => !kept.has(revision));
}

/** Who is told of what becomes of a secret; null where nobody leads its owner. */
export const keeperOf = (world: World, { owner }: StoredSecret): string | null =>
  world.units[owner] === undefined ? (world.applications[owner]?.leader ?? null) : owner;

function told(world: World, name: string, hook: Hook): World {
  const unit = world.units[name];
  if (unit === undefined) return world;
  const key = (one: Hook) => `${one.name} ${one.secret} ${String(one.revision).padStart(9, '0')}`;
  const others = (unit.news ?? []).filter((one) => key(one) !== key(hook));
  const news = [...others, hook].sort((one, other) => (key(one) < key(other) ? -1 : 1));
  return { ...world, units: { ...world.units, [name]: { ...unit, news } } };
}
