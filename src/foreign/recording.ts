/** A history of a foreign charm for the inspector: a hook is shown by its calls, its variables, what it printed. */
import { maskText } from '../hook/index.ts';
import type { Entry, HookEntry, Recording } from '../inspector/index.ts';
import type { Databag } from '../juju/index.ts';
import { eventOf, isHook, isPeer, type RunHook, tell, type World } from '../testing/index.ts';
import type { ForeignCharm } from './foreign-charm.ts';
import type { HookRecord } from './hook-run.ts';
import { knownOracles } from './known-oracles.ts';
import { comesToRest, type Oracle } from './oracles.ts';
import { sensitiveIn } from './passwords.ts';
import type { Pod } from './pod.ts';
import type { Shown } from './story.ts';

type Foreign = World<null, Pod>;

/** Gathers what a story shows, and makes a recording of it. */
export class StoryRecorder {
  readonly #charm: ForeignCharm;
  readonly #entries: Entry[] = [];
  /** Of all worlds until now: a hook may show a secret that it takes away. */
  readonly #secrets = new Set<string>();

  /** What may be violated, by its name. */
  readonly #oracles: ReadonlyMap<string, Oracle>;
  #last: Shown | null = null;

  constructor(charm: ForeignCharm, oracles: readonly Oracle[] = []) {
    this.#charm = charm;
    this.#oracles = new Map(knownOracles(oracles).map((oracle) => [oracle.name, oracle]));
  }

  /** One action; a hook on the other side is told by what it wrote. */
  take(shown: Shown): void {
    const { action, isChosen, before, after } = shown;
    this.#last = shown;
    const at = this.#entries.length + 1;
    const id = String(at);
    const { simulated, description } = this.#charm;
    if (!isHook(action)) {
      const text = tell(simulated, action);
      this.#entries.push({
        _tag: 'Note',
        id,
        at,
        kind: 'action',
        text,
        ok: true,
        chosen: isChosen,
      });
      return;
    }
    const isOther = !action.unit.startsWith(`${description.name}/`);
    const whole = tell(simulated, action);
    const { interruption: _, ...bare } = action;
    const befell = whole.slice(tell(simulated, bare).length).replace(/^, /, '');
    const record = after.outcome?.outside.own.last ?? null;
    const deferred = record?.deferred ?? [];
    for (const one of [before, after.world])
      for (const secret of sensitiveIn(one, record).values) this.#secrets.add(secret);
    const entry: HookEntry = {
      ...{ _tag: 'Hook', id, unit: action.unit, event: eventOf(action.hook), at, milliseconds: 0 },
      ...{ charts: [], reconciled: [], dropped: [], chosen: isChosen },
      end: after.outcome?.failure == null ? 'Committed' : 'Failed',
      failure: after.outcome?.failure ?? null,
      seen: seenBy(action, before, after),
      ...(befell === '' ? {} : { befell }),
      ...(deferred.length === 0 ? {} : { deferred }),
      ...(isOther ? { side: 'other' as const } : {}),
    };
    this.#entries.push(masked(entry, [...this.#secrets]));
  }

  /** What was violated in the end. */
  recording(
    violations: readonly { readonly invariant: string; readonly what: string }[],
  ): Recording {
    const { description } = this.#charm;
    const entries = violations.map(({ invariant, ...violation }, number): Entry => {
      const what = masked(violation.what, [...this.#secrets]);
      const oracle = this.#oracles.get(invariant);
      const { claims = '' } = oracle ?? {};
      const by = oracle === undefined ? null : this.#beginningOf(oracle);
      const at = this.#entries.length + 1 + number;
      const violated = { invariant, claims, what, by };
      const text = `${invariant} is violated: ${what}`;
      return { _tag: 'Note', id: String(at), at, kind: 'violation', text, ok: false, violated };
    });
    const [peers] = description.peers;
    return {
      format: 'hookchart-recording',
      version: 1,
      title: `${description.name}: a simulated history`,
      charm: { name: description.name, ...(peers === undefined ? {} : { peers }) },
      clock: 'model',
      definitions: {},
      entries: [...this.#entries, ...entries],
    };
  }

  /** The entry with which it began to be violated; null where it came out when all had settled. */
  #beginningOf(oracle: Oracle): string | null {
    if (oracle.name === comesToRest.name) return firstOfLoop(this.#entries)?.id ?? null;
    const last = this.#last;
    if (last === null || !isFoundBy(oracle, last)) return null;
    return (firstFailure(this.#entries) ?? this.#entries.at(-1))?.id ?? null;
  }
}

/** Whether it was the last action that violates an oracle, and not the rest after it. */
function isFoundBy({ always, across, atRest }: Oracle, { before, action, after }: Shown): boolean {
  if (always === undefined && across === undefined) return false;
  if (atRest === undefined) return true;
  const found = [...(always?.(after.world) ?? []), ...(across?.(before, action, after) ?? [])];
  return found.length > 0;
}

const asHook = (entry: Entry | undefined): HookEntry | null =>
  entry?._tag === 'Hook' ? entry : null;

/** The first in a row of failures of the same hook on the same unit, of which the last entry is one. */
function firstFailure(entries: readonly Entry[]): HookEntry | null {
  const last = asHook(entries.at(-1));
  if (last === null || last.failure === null) return null;
  let first = last;
  for (const entry of entries.toReversed()) {
    if (entry._tag === 'Note' || entry.unit !== last.unit) continue;
    if (entry.failure === null || !isSameEvent(entry, last)) break;
    first = entry;
  }
  return first;
}

/** The first hook that did what those do that call each other forth: write the same, or fail alike. */
function firstOfLoop(entries: readonly Entry[]): HookEntry | null {
  const last = asHook(
    entries.findLast(
      (entry) =>
        entry._tag === 'Hook' &&
        (entry.failure !== null || Object.keys(entry.seen.written).length > 0),
    ),
  );
  if (last === null) return null;
  const isLike = (entry: Entry) =>
    entry._tag === 'Hook' &&
    entry.unit === last.unit &&
    isSameEvent(entry, last) &&
    (entry.failure === null) === (last.failure === null) &&
    whatWasWritten(entry) === whatWasWritten(last);
  return asHook(entries.find(isLike));
}

const isSameEvent = ({ event: one }: HookEntry, { event: other }: HookEntry): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const whatWasWritten = ({ seen: { written } }: HookEntry): string =>
  JSON.stringify(Object.entries(written).map(([bag, values]) => [bag, Object.keys(values)]));

function seenBy(
  { unit, hook }: RunHook,
  before: Foreign,
  { world, outcome }: Shown['after'],
): HookEntry['seen'] {
  const own = outcome?.outside.own;
  const record = own?.last ?? null;
  return {
    read: hook.relation === undefined ? {} : bagsOf(before, hook.relation),
    written: changesIn(before, world),
    configuration: null,
    status: own === undefined ? null : own.beside.status,
    did:
      record === null
        ? []
        : [
            ...waitingIn(before.outside.units[unit]?.last?.deferred ?? [], record.deferred),
            ...didOf(record),
            ...(own?.beside.logged ?? []).map(asLogged),
          ],
  };
}

const asLogged = (text: string) => ({ what: 'log', how: text });

/** What became of the events that waited, and which have come to wait: ops tells all of them again in each hook. */
const waitingIn = (before: readonly string[], after: readonly string[]) => [
  ...after.map((event) => ({
    what: before.includes(event) ? 'put off again' : 'put off',
    how: event,
  })),
  ...before
    .filter((event) => !after.includes(event))
    .map((event) => ({ what: 'waits no more', how: event })),
];

const didOf = ({ calls, environment, stdout, stderr }: HookRecord) => [
  ...calls.flatMap(({ tool, args, input, exit, stdout: out, stderr: err }) =>
    tool === 'juju-log'
      ? []
      : [
          {
            what: [tool, ...args].join(' '),
            how: [
              ...(input === '' ? [] : [`< ${input.trim()}`]),
              ...(out.trim() === '' ? [] : [out.trim()]),
              ...(exit === 0 ? [] : [`exit code ${exit}: ${err.trim()}`]),
            ].join('\n'),
          },
        ],
  ),
  ...(stdout.trim() === '' ? [] : [{ what: 'standard output', how: stdout.trim() }]),
  ...(stderr.trim() === '' ? [] : [{ what: 'standard error', how: stderr.trim() }]),
  {
    what: 'environment',
    how: Object.entries(environment)
      .filter(([name, value]) => name.startsWith('JUJU_') && value !== '')
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  },
];

/** The databags of a relation by the names that the inspector has for them. */
function bagsOf({ relations, tested }: Foreign, id: number): Readonly<Record<string, Databag>> {
  const relation = relations[id];
  if (relation === undefined) return {};
  const nameOf = (who: string): string => {
    if (isPeer(relation)) return `peers: ${who === tested ? 'application' : who}`;
    if (who === tested) return `relation ${id}: ${tested}`;
    return `relation ${id}: ${who.includes('/') ? who : 'application'}`;
  };
  return Object.fromEntries(
    Object.entries({ ...relation.applications, ...relation.units }).map(([who, bag]) => [
      nameOf(who),
      bag,
    ]),
  );
}

/** What has changed in any databag; an empty value has deleted its key. */
function changesIn(before: Foreign, after: Foreign): Readonly<Record<string, Databag>> {
  const changed: Record<string, Databag> = {};
  for (const id of Object.keys(after.relations)) {
    const [old, now] = [bagsOf(before, Number(id)), bagsOf(after, Number(id))];
    for (const [name, bag] of Object.entries(now)) {
      const was = old[name] ?? {};
      const keys = [...new Set([...Object.keys(was), ...Object.keys(bag)])];
      const moved = keys.filter((key) => was[key] !== bag[key]);
      if (moved.length > 0)
        changed[name] = Object.fromEntries(moved.map((key) => [key, bag[key] ?? '']));
    }
  }
  return changed;
}

/** A recording is for eyes: what is in a secret is not in it. */
function masked<Value>(value: Value, secrets: readonly string[]): Value {
  const hide = (text: string) =>
    secrets.reduce((left, one) => left.replaceAll(one, maskText), text);
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return hide(part);
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, walk(one)]));
  };
  return walk(value) as Value;
}
