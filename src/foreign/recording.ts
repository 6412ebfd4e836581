/** A history of a foreign charm for the inspector: a hook is shown by its calls, its variables, what it printed. */
import { maskText } from '../hook/index.ts';
import type { Entry, HookEntry, Recording } from '../inspector/index.ts';
import type { Databag } from '../juju/index.ts';
import { eventOf, isHook, isPeer, type RunHook, tell, type World } from '../testing/index.ts';
import type { ForeignCharm } from './foreign-charm.ts';
import type { HookRecord } from './hook-run.ts';
import { type Oracle, onceGone, whileRelated } from './oracles.ts';
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

  constructor(charm: ForeignCharm, oracles: readonly Oracle[] = []) {
    this.#charm = charm;
    const all = [...whileRelated, ...onceGone, ...charm.simulated.invariants, ...oracles];
    this.#oracles = new Map(all.map((oracle) => [oracle.name, oracle]));
  }

  /** One action; a hook on the other side is told by what it wrote. */
  take({ action, isChosen, before, after }: Shown): void {
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
    for (const one of [before, after.world])
      for (const secret of sensitiveIn(one, record).values) this.#secrets.add(secret);
    const entry: HookEntry = {
      ...{ _tag: 'Hook', id, unit: action.unit, event: eventOf(action.hook), at, milliseconds: 0 },
      ...{ charts: [], reconciled: [], dropped: [], chosen: isChosen },
      end: after.outcome?.failure == null ? 'Committed' : 'Failed',
      failure: after.outcome?.failure ?? null,
      seen: seenBy(action, before, after),
      ...(befell === '' ? {} : { befell }),
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
      const { claims = '', always, across, atRest } = this.#oracles.get(invariant) ?? {};
      // What came out when all had settled was done by no hook of the last.
      const isAtRest = atRest !== undefined && always === undefined && across === undefined;
      const by = isAtRest ? null : (this.#entries.at(-1)?.id ?? null);
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
}

function seenBy(
  { hook }: RunHook,
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
    did: record === null ? [] : [...didOf(record), ...(own?.beside.logged ?? []).map(asLogged)],
  };
}

const asLogged = (text: string) => ({ what: 'log', how: text });

const didOf = ({ calls, environment, stdout, stderr, deferred }: HookRecord) => [
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
  ...deferred.map((event) => ({ what: 'put off', how: event })),
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
