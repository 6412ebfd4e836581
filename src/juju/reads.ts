import type * as E from 'fp-ts/lib/Either.js';
import { heldBag, heldDatabag } from '../contract/gave.ts';
import { given } from '../hook/index.ts';
import { BagMap } from './bag-map.ts';
import { merged } from './databag.ts';
import type { JujuError } from './errors.ts';
import type { Bag, Databag, Juju } from './port.ts';

/** What a hook has read of databags; each is asked for once, and several at once in one go. */
export interface Reads {
  /** A databag as Juju holds it. */
  readonly held: (bag: Bag) => Promise<Databag>;
  /** As Juju's own tools show it to the hook that has written to it. */
  readonly shown: (bag: Bag) => Promise<Databag>;
  readonly allShown: (bags: readonly Bag[]) => Promise<readonly Databag[]>;
}

type Outcomes = Promise<readonly E.Either<JujuError, Databag>[]>;

/** Several databags that were asked for in one go. */
interface Question {
  outcomes: Outcomes | null;
}

/** Where the content of a databag will be found. */
interface Asked {
  readonly question: Question;
  readonly at: number;
  content?: Promise<Databag>;
}

export function openReads(
  juju: Pick<Juju, 'read'>,
  /** What the hook has written to a databag; null where that is nothing. */
  written: (bag: Bag) => Databag | null,
): Reads {
  const known = new BagMap<Asked>();
  /** Those that were not asked for go into one question. */
  const asked = (bags: readonly Bag[]): readonly Asked[] => {
    const unread: Bag[] = [];
    const question: Question = { outcomes: null };
    const all: Asked[] = [];
    for (const bag of bags) {
      let one = known.get(bag);
      if (one === undefined) {
        heldBag('juju.read', bag);
        one = { question, at: unread.push(bag) - 1 };
        known.set(bag, one);
      }
      all.push(one);
    }
    if (unread.length > 0) question.outcomes = juju.read(unread)();
    return all;
  };
  const contentOf = async ({ question, at }: Asked): Promise<Databag> =>
    heldDatabag(await question.outcomes, at);
  const held = (bag: Bag): Promise<Databag> => {
    const one = known.get(bag) ?? asked([bag])[0];
    if (one === undefined) return Promise.resolve({});
    one.content ??= contentOf(one);
    return one.content;
  };
  return {
    held,
    shown: (bag) => {
      const content = held(bag);
      const values = written(bag);
      return values === null ? content : content.then((read) => merged(read, values));
    },
    allShown: async (bags) => {
      given('juju.readAll', 'the databags', bags, 'list');
      const contents: Databag[] = [];
      let last: Question | null = null;
      let found: Awaited<Outcomes> | null | undefined;
      const all = asked(bags);
      for (const [index, bag] of bags.entries()) {
        const { question = null, at = 0 } = all[index] ?? {};
        if (question !== last) found = await question?.outcomes;
        last = question;
        const content = heldDatabag(found, at);
        const values = written(bag);
        contents.push(values === null ? content : merged(content, values));
      }
      return contents;
    },
  };
}
