import * as E from 'fp-ts/lib/Either.js';
import type { Unit } from '../../juju/unit.ts';
import type { HookError } from '../errors.ts';
import { endpoints } from '../keys.ts';
import type { Rules } from './rules.ts';
import { attempt } from './steps.ts';

type Parsed = ReturnType<Rules['parse']>;

/** What is asked for, as the databags of applications say it at present. */
export interface Requests {
  /** The relations that ask for a database. */
  readonly relations: () => Promise<ReadonlySet<number>>;
  /** The requests of all relations whose databags can be read, read anew by those who were told nothing. */
  readonly requests: () => Promise<ReadonlyMap<number, Parsed>>;
  /** The relations whose databags could not be read, and why. */
  readonly unreadable: ReadonlyMap<number, HookError>;
}

export function readRequests(juju: Unit, parse: Rules['parse']): Requests {
  const unreadable = new Map<number, HookError>();
  const relations = () => juju.relations(endpoints.database);
  return {
    relations,
    unreadable,
    requests: async () => {
      const all = [...(await relations())];
      const requests = new Map<number, Parsed>();
      // All at once; only where one of them cannot be read it is found out which.
      const bags = all.map((relation) => ({ _tag: 'RemoteApp', relation }) as const);
      const contents = await attempt(() => juju.readAll(bags))();
      for (const [at, relation] of all.entries()) {
        const content = E.isRight(contents)
          ? E.right(contents.right[at] ?? {})
          : await attempt(() => juju.remote(relation))();
        if (E.isLeft(content)) unreadable.set(relation, content.left);
        else requests.set(relation, parse(relation, content.right));
      }
      return requests;
    },
  };
}
