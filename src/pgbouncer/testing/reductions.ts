/** What makes an exploration of PgBouncer's charm smaller. */
import type { Reductions, World } from '../../testing/index.ts';
import type { PgbouncerState } from '../memory/index.ts';
import { provider, type Shared } from './outside.ts';

const named = new RegExp(`${provider}/(\\d+)`, 'g');
const addresses = /pgb-\d+:6432(?:,pgb-\d+:6432)*/g;

export const addressOf = (unit: number): string => `pgb-${unit}:6432`;

export const reductions: Reductions<Shared, PgbouncerState> = {
  isSilent: ({ name }) => /-relation-(created|joined)$/.test(name),
  promptsIdle: true,
  // Followers write nothing that another follower reads.
  followersFirst: true,
  forget,
  symmetry: {
    sign: 'pgb',
    renamed: (text, numbers) =>
      text
        .replace(named, (_, number) => `${provider}/${numbers[Number(number)] ?? number}`)
        .replace(addresses, (list) =>
          list
            .split(',')
            .map((one) => one.replace(/\d+/, (number) => String(numbers[Number(number)] ?? number)))
            .sort()
            .join(','),
        ),
  },
};

/**
 * What nobody reads: a status (it is looked at when all is at rest), endpoints that a requirer heard
 * of, and passwords that nothing holds any more.
 */
export function forget<Own extends PgbouncerState>(world: World<Shared, Own>): World<Shared, Own> {
  let { units } = world;
  for (const [name, unit] of Object.entries(units)) {
    const isShort = unit.heard.every(({ event }) => event === 'database_created');
    if (isShort && unit.status === null) continue;
    const heard = isShort
      ? unit.heard
      : unit.heard.filter(({ event }) => event === 'database_created');
    units = { ...units, [name]: { ...unit, heard, status: null } };
  }
  const next = units === world.units ? world : { ...world, units };
  const passwords = passwordsIn(next);
  const { outside } = next;
  return passwords === outside.shared.passwords
    ? next
    : { ...next, outside: { ...outside, shared: { ...outside.shared, passwords } } };
}

const known = new WeakMap<object, number>();

/** How many passwords were made, were there none but those that a value holds. */
function passwordsIn(value: unknown): number {
  if (typeof value === 'string') {
    if (!value.includes('password-')) return 0;
    let most = 0;
    for (const [, number] of value.matchAll(/password-(\d+)/g))
      most = Math.max(most, Number(number) + 1);
    return most;
  }
  if (typeof value !== 'object' || value === null) return 0;
  const before = known.get(value);
  if (before !== undefined) return before;
  let most = 0;
  for (const part of Object.values(value)) most = Math.max(most, passwordsIn(part));
  known.set(value, most);
  return most;
}
