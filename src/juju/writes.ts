import type { Bag, Changes, Databag } from './port.ts';

/** What a hook is to write, gathered until its commit. */
export interface Writes {
  /** Only what differs from what the databag holds will be written. */
  readonly write: (bag: Bag, values: Databag) => void;
  /** As `write`, where it is known that something differs: the databag need not be read for it. */
  readonly overwrite: (bag: Bag, values: Databag) => void;
  readonly has: (bag: Bag) => boolean;
  /** What was written so far to the databag of a name, as `bagName` gives it; null where nothing was. */
  readonly of: (name: string) => Databag | null;
  readonly differing: (read: (bag: Bag) => Promise<Databag>) => Promise<Changes['bags']>;
}

export function gatheredWrites(): Writes {
  const writes = new Map<string, { bag: Bag; values: Record<string, string>; differs: boolean }>();
  const gather = (differs: boolean) => (bag: Bag, values: Databag) => {
    const name = bagName(bag);
    const gathered = writes.get(name);
    if (gathered === undefined) {
      writes.set(name, { bag, values: { ...values }, differs });
      return;
    }
    for (const key in values) gathered.values[key] = values[key] ?? '';
    gathered.differs ||= differs;
  };
  return {
    write: gather(false),
    overwrite: gather(true),
    has: (bag) => writes.has(bagName(bag)),
    of: (name) => writes.get(name)?.values ?? null,
    differing: async (read) => {
      const changed: { bag: Bag; values: Databag }[] = [];
      for (const { bag, values, differs } of writes.values()) {
        const differing = differs ? values : difference(await read(bag), values);
        if (differing !== null) changed.push({ bag, values: differing });
      }
      return changed;
    },
  };
}

/** Those values that a databag does not hold yet; null where it holds all of them. */
export function difference(databag: Databag, values: Databag): Databag | null {
  let differing: Record<string, string> | null = null;
  for (const key in values) {
    const value = values[key] ?? '';
    if ((databag[key] ?? '') === value) continue;
    differing ??= {};
    differing[key] = value;
  }
  return differing;
}

/** By which a hook knows a databag again. */
export const bagName = (bag: Bag): string =>
  `${bag._tag} ${'relation' in bag ? bag.relation : ''} ${'unit' in bag ? bag.unit : ''}`;
