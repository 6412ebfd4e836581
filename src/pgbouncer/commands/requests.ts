import * as E from 'fp-ts/lib/Either.js';
import type { JujuEvent } from '../../juju/port.ts';
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
  /** Whether a relation is one of them; the one that breaks in this hook is none. */
  readonly isListed: (relation: number) => Promise<boolean>;
  /** The requests of these relations, where their databags can be read. */
  readonly requests: (relations: readonly number[]) => Promise<ReadonlyMap<number, Parsed>>;
  /** The relations whose databags could not be read, and why. */
  readonly unreadable: ReadonlyMap<number, HookError>;
}

/** The relation that breaks in a hook; null in any other one. */
export const breakingIn = ({ hook, relation }: JujuEvent): number | null =>
  hook === `${endpoints.database}-relation-broken` ? (relation ?? null) : null;

export function readRequests(juju: Unit, parse: Rules['parse'], called: JujuEvent): Requests {
  const unreadable = new Map<number, HookError>();
  const relations = () => juju.relations(endpoints.database);
  return {
    relations,
    unreadable,
    isListed: async (relation) =>
      relation !== breakingIn(called) && (await relations()).has(relation),
    requests: async (all) => {
      const requests = new Map<number, Parsed>();
      if (all.length === 0) return requests;
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
