/** The hooks that wait to be delivered again, as a unit keeps them in its durable state. */
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { type HookEvent, type HookName, hooks } from '../../machines/index.ts';
import { deferralKey } from './deferral-key.ts';
import type { Databag } from './request.ts';

/** A hook that ended deferred. Its event MUST come back until it is met or its relation is gone. */
export interface Deferral {
  readonly hook: HookName;
  readonly event: HookEvent;
}

/** A queue that cannot be read is kept as it is: dropping it would lose what waits in it. */
export interface DeferralsUnreadable {
  readonly _tag: 'DeferralsUnreadable';
  readonly class: 'broken';
  readonly why: string;
}

const queue = v.array(
  v.object({
    hook: v.picklist(Object.keys(hooks) as HookName[]),
    event: v.object({
      relation: v.exactOptional(v.number()),
      departingUnit: v.exactOptional(v.string()),
    }),
  }),
);

export function parseDeferrals(state: Databag): E.Either<DeferralsUnreadable, readonly Deferral[]> {
  const unreadable = (why: string) =>
    E.left({ _tag: 'DeferralsUnreadable' as const, class: 'broken' as const, why });
  const text = state[deferralKey] ?? '';
  if (text === '') return E.right([]);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unreadable('it is not JSON');
  }
  const parsed = v.safeParse(queue, value);
  if (parsed.success) return E.right(parsed.output);
  const issue = parsed.issues[0];
  return unreadable(`${v.getDotPath(issue) ?? 'it'} is not as expected (${issue.expected})`);
}

/** The queue as values for the unit's state: equal deferrals stand in it once, the first one's place kept. */
export function encodeDeferrals(deferrals: readonly Deferral[]): Databag {
  const once = new Set(deferrals.map(({ hook, event }) => JSON.stringify({ hook, event })));
  return { [deferralKey]: once.size === 0 ? '' : `[${[...once].join(',')}]` };
}
