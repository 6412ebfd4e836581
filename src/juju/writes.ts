import { BagMap } from './bag-map.ts';
import { difference } from './databag.ts';
import type { Bag, Changes, Databag } from './port.ts';

/** What a hook is to write, gathered until its commit. */
export interface Writes {
  /** Only what differs from what the databag holds will be written. */
  readonly write: (bag: Bag, values: Databag) => void;
  /** As `write`, where it is known that something differs: the databag need not be read for it. */
  readonly overwrite: (bag: Bag, values: Databag) => void;
  readonly has: (bag: Bag) => boolean;
  /** What was written so far to a databag; null where nothing was. */
  readonly of: (bag: Bag) => Databag | null;
  readonly differing: (read: (bag: Bag) => Promise<Databag>) => Promise<Changes['bags']>;
}

interface Gathered {
  readonly bag: Bag;
  readonly values: Record<string, string>;
  differs: boolean;
}

export function gatheredWrites(): Writes {
  const writes: Gathered[] = [];
  const known = new BagMap<Gathered>();
  const begun = (bag: Bag): Gathered => {
    const gathered = { bag, values: {}, differs: false };
    writes.push(gathered);
    known.set(bag, gathered);
    return gathered;
  };
  const gather = (differs: boolean) => (bag: Bag, values: Databag) => {
    const gathered = known.get(bag) ?? begun(bag);
    for (const key in values) gathered.values[key] = values[key] ?? '';
    gathered.differs ||= differs;
  };
  return {
    write: gather(false),
    overwrite: gather(true),
    has: (bag) => known.has(bag),
    of: (bag) => known.get(bag)?.values ?? null,
    differing: async (read) => {
      const changed: { bag: Bag; values: Databag }[] = [];
      for (const { bag, values, differs } of writes) {
        const differing = differs ? values : difference(await read(bag), values);
        if (differing !== null) changed.push({ bag, values: differing });
      }
      return changed;
    },
  };
}
