/** The hooks that wait to be delivered again, as a unit keeps them in its durable state. */
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { type Schema, validated, type Words } from '../hook/index.ts';
import { deferralKey } from './deferral-key.ts';
import type { DeferralsUnreadable } from './errors.ts';
import type { Databag } from './port.ts';

/** A hook that ended deferred. Its event MUST come back until it is met or its relation is gone. */
export interface Deferral<W extends Words = Words> {
  readonly hook: string;
  readonly event: W['event'];
}

/**
 * Juju keeps no value of more than 64 KiB: what does not fit goes on under further keys. So many
 * characters fit in any case.
 */
const most = 20_000;

const keyOf = (part: number): string => (part === 0 ? deferralKey : `${deferralKey}-${part}`);

const queue = v.pipe(
  v.string(),
  v.parseJson(),
  v.array(v.object({ hook: v.string(), event: v.unknown() })),
);

/** Reads the queue; a hook that the charm has not, or an event that it cannot read, spoils all of it. */
export function parseDeferrals<W extends Words>(
  state: Databag,
  hooks: readonly string[],
  schema: Schema<W['event']>,
): E.Either<DeferralsUnreadable, readonly Deferral<W>[]> {
  const unreadable = (why: string) =>
    E.left({ _tag: 'DeferralsUnreadable' as const, class: 'broken' as const, why });
  const deferrals: Deferral<W>[] = [];
  for (let part = 0; state[keyOf(part)] !== undefined; part++) {
    const text = state[keyOf(part)] ?? '';
    const parsed = v.safeParse(queue, text === '' ? '[]' : text);
    if (!parsed.success) {
      const [issue] = parsed.issues;
      if (issue.type === 'parse_json') return unreadable('it is not JSON');
      return unreadable(`${v.getDotPath(issue) ?? 'it'} is not as expected (${issue.expected})`);
    }
    for (const [at, { hook, event }] of parsed.output.entries()) {
      if (!hooks.includes(hook)) return unreadable(`${at}.hook is none of ${hooks.join(', ')}`);
      const read = validated(hook, 'its event', schema, event);
      if (read.issues !== undefined) return unreadable(`${at}.event is not as expected`);
      deferrals.push({ hook, event: read.value });
    }
  }
  return E.right(deferrals);
}

/** By which a deferral is known again. */
export const deferralText = ({ hook, event }: Deferral): string => JSON.stringify({ hook, event });

/**
 * The queue as values for the unit's state, in place of what that holds: equal deferrals stand in it
 * once, the first one's place kept.
 */
export function encodeDeferrals(deferrals: readonly Deferral[], state: Databag): Databag {
  const parts: string[][] = [[]];
  let length = 0;
  for (const text of new Set(deferrals.map(deferralText))) {
    if (length > 0 && length + text.length > most) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)?.push(text);
    length += text.length + 1;
  }
  const values: Record<string, string> = {};
  for (let part = 0; part < parts.length || state[keyOf(part)] !== undefined; part++) {
    const texts = parts[part] ?? [];
    values[keyOf(part)] = texts.length === 0 ? '' : `[${texts.join(',')}]`;
  }
  return values;
}
