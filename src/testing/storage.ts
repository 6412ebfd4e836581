/** Storage of units: what is attached, and the hooks in which they are told so. */
import type { Hook, Queued, Unit } from './world.ts';

/** What is attached by a hook that waits; nothing where it is about no storage. */
const attachedIn = (queued: Queued): string | undefined =>
  /^(.+)-storage-attached$/.exec(queued)?.[1];

export function storageHook(one: string, what: 'attached' | 'detaching'): Hook {
  const [kind = one, number] = one.split('/');
  const name = `${kind}-storage-${what}`;
  return number === undefined ? { name } : { name, storage: one };
}

export function queuedHook(queued: Queued): Hook {
  const storage = attachedIn(queued);
  return storage === undefined ? { name: queued } : storageHook(storage, 'attached');
}

/** How a hook of a unit's own life is called while it waits. */
export const queuedAs = ({ name, storage }: Hook): string =>
  storage === undefined ? name : `${storage}-storage-attached`;

/** Juju has attached it before the unit is told so, and lets go of it when the unit was told that as well. */
export const storageOf = ({ attached = [], queue }: Unit): readonly string[] => [
  ...attached,
  ...queue.flatMap((queued) => attachedIn(queued) ?? []),
];

/** A unit has storage from the hook that tells it so until the one in which it is to let go of it. */
export function withStorage(unit: Unit, hook: Hook): Unit {
  const [, kind, what] = /^(.+)-storage-(attached|detaching)$/.exec(hook.name) ?? [];
  if (kind === undefined) return unit;
  const name = hook.storage ?? kind;
  const { attached = [], ...rest } = unit;
  const others = attached.filter((one) => one !== name);
  const now = what === 'attached' ? [...others, name] : others;
  return now.length === 0 ? rest : { ...rest, attached: now };
}

/** One more of a storage is attached, of which the unit is still to be told; no number comes twice. */
export const withOneMore =
  ({ attached = [] }: Unit) =>
  (queue: readonly Queued[], kind: string): readonly Queued[] => {
    const there = [...attached, ...queue.flatMap((queued) => attachedIn(queued) ?? [])];
    const numbers = there.flatMap((one) => {
      const [name, number = '0'] = one.split('/');
      return name === kind ? [Number(number)] : [];
    });
    const number = Math.max(-1, ...numbers) + 1;
    return [...queue, `${number === 0 ? kind : `${kind}/${number}`}-storage-attached`];
  };
