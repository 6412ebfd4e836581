/** What a unit counts of its own hooks, in a file beside PgBouncer's, for who reads its metrics. */
import { join } from 'node:path';
import * as v from 'valibot';
import type { Ledger } from '../relation/ledger.ts';
import type { DispatchRun } from '../run.ts';

const counts = v.record(v.string(), v.number());
const figures = v.object({
  /** How often each hook was run, by how its process ended, and for how many seconds. */
  hooks: v.record(
    v.string(),
    v.object({ done: v.number(), failed: v.number(), seconds: v.number() }),
  ),
  /** How often each chart was gone through, by its end. */
  charts: v.record(v.string(), counts),
  /** The records of the ledger by their states, as the last hook left them. */
  records: counts,
  /** When the last hook ended, in seconds since 1970. */
  last: v.number(),
});

export type Figures = v.InferOutput<typeof figures>;

const nothing: Figures = { hooks: {}, charts: {}, records: {}, last: 0 };

/** Where the hooks count, in PgBouncer's folder. */
export const figuresIn = (folder: string): string => join(folder, 'hooks.json');

/** What cannot be read is begun anew, as counters are after a restart. */
export function parseFigures(text: string | null): Figures {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), figures), text ?? '');
  return parsed.success ? parsed.output : nothing;
}

/** How a hook ended. */
export interface HookEnd {
  readonly hook: string;
  readonly seconds: number;
  /** Null where it failed. */
  readonly run: DispatchRun | null;
  /** As it was put on record; null where this hook has not looked. */
  readonly records: Ledger['records'] | null;
  readonly now: number;
}

export function counted(before: Figures, { hook, seconds, run, records, now }: HookEnd): Figures {
  const known = before.hooks[hook] ?? { done: 0, failed: 0, seconds: 0 };
  const end = run === null ? 'failed' : 'done';
  const charts = { ...before.charts };
  for (const one of [...(run?.charts ?? []), ...(run?.reconciled ?? [])]) {
    const ended = one.end._tag.toLowerCase();
    const of = charts[one.hook] ?? {};
    charts[one.hook] = { ...of, [ended]: (of[ended] ?? 0) + 1 };
  }
  return {
    hooks: {
      ...before.hooks,
      [hook]: { ...known, [end]: known[end] + 1, seconds: known.seconds + seconds },
    },
    charts,
    records: records === null || run === null ? before.records : statesOf(records),
    last: now,
  };
}

function statesOf(records: Ledger['records']): Record<string, number> {
  const states: Record<string, number> = { provisioning: 0, published: 0, refused: 0, removing: 0 };
  for (const { state } of records.values()) states[state] = (states[state] ?? 0) + 1;
  return states;
}
