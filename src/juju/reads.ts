import * as E from 'fp-ts/lib/Either.js';
import { once, right } from '../hook/index.ts';
import { merged } from './databag.ts';
import type { JujuError } from './errors.ts';
import type { Bag, Databag, Juju } from './port.ts';
import { bagName } from './writes.ts';

/** What a hook has read of databags; each is asked for once, and several at once in one go. */
export interface Reads {
  /** A databag as Juju holds it. */
  readonly held: (bag: Bag) => Promise<Databag>;
  /** As Juju's own tools show it to the hook that has written to it. */
  readonly shown: (bag: Bag) => Promise<Databag>;
  readonly allShown: (bags: readonly Bag[]) => Promise<readonly Databag[]>;
}

type Outcomes = Promise<readonly E.Either<JujuError, Databag>[]>;

/** Where the content of a databag will be found. */
interface Asked {
  readonly outcomes: () => Outcomes;
  readonly at: number;
  content?: Promise<Databag>;
}

export function openReads(
  juju: Pick<Juju, 'read'>,
  /** What the hook has written to the databag of a name; null where that is nothing. */
  written: (name: string) => Databag | null,
): Reads {
  const known = new Map<string, Asked>();
  /** Those that were not asked for go into one question, which is asked when the first is wanted. */
  const asked = (names: readonly string[], bags: readonly Bag[]): readonly Asked[] => {
    const unread: Bag[] = [];
    const outcomes = once(() => juju.read(unread)());
    const all: Asked[] = [];
    for (const [at, bag] of bags.entries()) {
      const name = names[at] ?? bagName(bag);
      let one = known.get(name);
      if (one === undefined) {
        one = { outcomes, at: unread.push(bag) - 1 };
        known.set(name, one);
      }
      all.push(one);
    }
    if (unread.length > 0) void outcomes();
    return all;
  };
  const named = (name: string, bag: Bag): Promise<Databag> => {
    const one = known.get(name) ?? asked([name], [bag])[0];
    if (one === undefined) return Promise.resolve({});
    one.content ??= one.outcomes().then((found) => right(found[one.at] ?? missing));
    return one.content;
  };
  return {
    held: (bag) => named(bagName(bag), bag),
    shown: (bag) => {
      const name = bagName(bag);
      const held = named(name, bag);
      const values = written(name);
      return values === null ? held : held.then((content) => merged(content, values));
    },
    allShown: async (bags) => {
      const names = bags.map(bagName);
      const contents: Databag[] = [];
      let last: Outcomes | null = null;
      let found: Awaited<Outcomes> = [];
      for (const [index, { outcomes, at }] of asked(names, bags).entries()) {
        const next = outcomes();
        if (next !== last) found = await next;
        last = next;
        const content = right(found[at] ?? missing);
        const values = written(names[index] ?? '');
        contents.push(values === null ? content : merged(content, values));
      }
      return contents;
    },
  };
}

const missing: E.Either<JujuError, Databag> = E.right({});
