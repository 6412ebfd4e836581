/** Secrets that are to be rotated, or come to an end: what may be due, and who is told of it. */
import type { Operation } from './actions.ts';
import { aWorld, given } from './given.ts';
import { keeperOf, toldWhatIsDue } from './news.ts';
import { shortId } from './secret-names.ts';
import {
  type DueOfSecret,
  type Hook,
  Misuse,
  type StoredSecret,
  type Unit,
  type World,
} from './world.ts';

/** What may come due of the secrets of an application and its units; nothing where it has set no time. */
export function dueSecrets(world: World, application: string): readonly Operation[] {
  given('dueSecrets', 'the world', world, aWorld);
  given('dueSecrets', 'the application', application, 'text');
  return Object.entries(world.secrets).flatMap(([id, secret]): readonly Operation[] => {
    const { owner, rotate, due } = secret;
    if (owner !== application && world.units[owner]?.application !== application) return [];
    const isRotated = rotate !== undefined && due?.rotation === undefined;
    return [
      ...(isRotated ? [{ _tag: 'RotateSecret', secret: id } as const] : []),
      ...endingOf(secret)
        .filter((revision) => due?.expired?.includes(revision) !== true)
        .map((revision) => ({ _tag: 'ExpireSecret', secret: id, revision }) as const),
    ];
  });
}

/** It is time to rotate a secret. */
export function rotated(world: World, id: string): World {
  const secret = secretNamed(world, id);
  if (secret.rotate === undefined) throw new Misuse(`the secret ${id} is never rotated`);
  return withDue(world, id, { ...secret.due, rotation: true });
}

/** A revision of a secret has come to its end. */
export function expired(world: World, id: string, revision: number): World {
  const secret = secretNamed(world, id);
  if (!endingOf(secret).includes(revision))
    throw new Misuse(`revision ${revision} of the secret ${id} does not expire`);
  const all = new Set([...(secret.due?.expired ?? []), revision]);
  return withDue(world, id, { ...secret.due, expired: [...all].sort() });
}

/** Its owner has dealt with what a hook was about, or has had its chance. */
export function attended(world: World, { name, secret: short, revision }: Hook): World {
  if (name !== 'secret-rotate' && name !== 'secret-expired') return world;
  const [id] = Object.keys(world.secrets).filter((one) => `secret:${shortId(one)}` === short);
  const secret = id === undefined ? undefined : world.secrets[id];
  if (id === undefined || secret?.due === undefined) return world;
  const { rotation, expired: all = [] } = secret.due;
  const left = name === 'secret-expired' ? all.filter((one) => one !== revision) : all;
  return withSecret(world, id, secret, {
    ...(rotation === undefined || name === 'secret-rotate' ? {} : { rotation }),
    ...(left.length === 0 ? {} : { expired: left }),
  });
}

/** Who leads no more is not told of what is due of its application's secrets; the next leader is. */
export function withoutDue(unit: Unit, world: World): Unit {
  const { news, ...rest } = unit;
  if (news === undefined) return unit;
  const owned = new Set(
    Object.entries(world.secrets).flatMap(([id, { owner }]) =>
      owner === unit.application ? [`secret:${shortId(id)}`] : [],
    ),
  );
  const isDue = ({ name, secret = '' }: Hook) =>
    (name === 'secret-rotate' || name === 'secret-expired') && owned.has(secret);
  const left = news.filter((hook) => !isDue(hook));
  return left.length === 0 ? rest : { ...rest, news: left };
}

const endingOf = ({ expiring = [], revisions, pruned = [] }: StoredSecret): readonly number[] =>
  expiring.filter((revision) => revision <= revisions.length && !pruned.includes(revision));

function secretNamed(world: World, id: string): StoredSecret {
  const secret = world.secrets[id];
  if (secret === undefined) throw new Misuse(`there is no secret ${id}`);
  return secret;
}

function withDue(world: World, id: string, due: DueOfSecret): World {
  const secret = { ...secretNamed(world, id), due };
  const next = { ...world, secrets: { ...world.secrets, [id]: secret } };
  const keeper = keeperOf(next, secret);
  return keeper === null ? next : toldWhatIsDue(next, keeper, id, secret);
}

function withSecret(world: World, id: string, before: StoredSecret, due: DueOfSecret): World {
  const { due: _, ...secret } = before;
  const isNothing = Object.keys(due).length === 0;
  const next = isNothing ? secret : { ...secret, due };
  return { ...world, secrets: { ...world.secrets, [id]: next } };
}
