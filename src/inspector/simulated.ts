import { given } from '../hook/index.ts';
import type { Databag, JujuEvent, Visible } from '../juju/index.ts';
import {
  type Action,
  eventOf,
  isHook,
  isOperation,
  isPeer,
  Misuse,
  type Replay,
  type RunHook,
  replay,
  type SimulatedCharm,
  type StoryTold,
  tell,
  type Violation,
  type Wandered,
  type World,
} from '../testing/index.ts';
import { Collector } from './collect.ts';
import { applicationOf } from './names.ts';
import { Recorder } from './recorder.ts';
import type { Entry, Growing, HookEntry, Recording } from './recording.ts';

/** The same charm, telling a recorder what its hooks do. @category Recording */
export const recordedCharm = <Given extends object, Shared, Own>(
  recorder: Recorder,
  charm: SimulatedCharm<Given, Shared, Own>,
): SimulatedCharm<Given, Shared, Own> => {
  given('recordedCharm', 'the recorder', recorder, { hook: 'function' });
  given('recordedCharm', 'the charm', charm, { run: 'function' });
  return {
    ...charm,
    run: (ports, tools) => {
      const { unit, hook } = tools.view;
      return recorder.hook(unit, eventOf(hook), ports, ({ adapters, watch }) =>
        charm.run(adapters, tools, watch),
      );
    },
  };
};

/**
 * A history that a verification has found, or a random one, as a recording: the hooks of the charm under test, those
 * on the other side as far as they write, what happens beside them, and what is violated. It is run
 * again for that, by this charm or another; one that cannot go through it is said to differ, in a
 * note at its end.
 *
 * @category Recording
 *
 * @example
 * ```ts
 * import { recordReplay } from 'hookchart/inspect';
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { defaultBounds } from 'hookchart/testing';
 *
 * const { entries } = await recordReplay(simulated, {
 *   bounds: { ...defaultBounds(simulated), units: 1, relations: 1 },
 *   served: 0,
 *   actions: [{ _tag: 'Relate', application: 'app1' }],
 * });
 * console.log(entries.filter(({ _tag }) => _tag === 'Hook').length > 5);
 * // true
 * ```
 */
export async function recordReplay(
  charm: SimulatedCharm,
  history: Replay | Wandered,
): Promise<Recording> {
  given('recordReplay', 'the charm', charm, { run: 'function', invariants: 'list' });
  given('recordReplay', 'the history', history, 'record');
  const collector = new Collector();
  // No clock runs in a model: what comes after another has the next number.
  let now = 0;
  const recorder = new Recorder((message) => void collector.take(message), {
    title: `${charm.visible?.name ?? charm.application}: a simulated history`,
    now: () => ++now,
    clock: 'model',
    ...(charm.visible && { charm: asItTells(charm.visible, charm) }),
  });
  const { entries } = collector.recording;
  /** The entry of what happened last: whatever is violated, it is by that. */
  let last: Entry | null = null;
  const watch = (line: string, told: StoryTold) => {
    switch (told._tag) {
      case 'Action':
        last = noted(recorder, charm, entries, told);
        return;
      case 'Violation': {
        const { violation, isAtRest } = told;
        // What does not hold goes on not to hold: only where it begins is of interest.
        if (isKnown(entries, violation)) return;
        const { claims = '' } = charm.invariants.find(named(violation.invariant)) ?? {};
        const by = isAtRest ? null : (last?.id ?? null);
        recorder.note('violation', line.trim(), false, {
          violated: { ...violation, claims, by },
        });
        return;
      }
      case 'Settling':
        recorder.note('chapter', 'Then all that is left to do is done');
        return;
      case 'Claim':
        return;
    }
  };
  try {
    const { violations } = await replay(recordedCharm(recorder, charm), history, { watch });
    if (violations.length === 0)
      recorder.note('check', 'nothing is violated any more by the charm as it is now', true);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    const text =
      'the charm cannot go through the history that was written: it is another charm, or another version of it';
    recorder.note('chapter', text, false, { detail: error.message });
  }
  // What ran before the first action is the beginning, which nobody has chosen.
  for (const entry of entries)
    if (entry._tag === 'Hook') (entry as Growing<HookEntry>).chosen ??= false;
  return collector.recording;
}

/** A recording says why a hook failed as the story of the same history does. */
const asItTells = (visible: Visible, charm: SimulatedCharm): Visible => ({
  ...visible,
  shown: { render: (failure) => charm.render(failure), ...visible.shown },
});

const isKnown = (entries: readonly Entry[], { invariant, what }: Violation): boolean =>
  entries.some(
    (entry) =>
      entry._tag === 'Note' &&
      entry.violated?.invariant === invariant &&
      entry.violated.what === what,
  );

const named =
  (wanted: string) =>
  ({ name }: { readonly name: string }): boolean =>
    name === wanted;

type Happened = StoryTold & { readonly _tag: 'Action' };

/** The entry of what has happened; a hook of the charm under test has been recorded already. */
function noted(
  recorder: Recorder,
  charm: SimulatedCharm,
  entries: readonly Entry[],
  { action, isChosen, before, after }: Happened,
): Entry | null {
  const last = entries.at(-1);
  if (!isHook(action)) {
    const of = ownerOf(action, charm.application);
    recorder.note('action', tell(charm, action), true, { chosen: isChosen, ...(of && { of }) });
    return entries.at(-1) ?? null;
  }
  if (applicationOf(action.unit) !== charm.application) {
    const event = heard(before, action);
    recorder.other(action.unit, event, written(before, after, charm.application, action.unit));
  } else if (last?._tag !== 'Hook' || last.unit !== action.unit || last.chosen !== undefined) {
    // What kept it from being run at all is told as what happened.
    const more = { chosen: isChosen, of: action.unit };
    recorder.note('action', tell(charm, action), true, more);
    return entries.at(-1) ?? null;
  }
  const entry = entries.at(-1) ?? null;
  if (entry?._tag !== 'Hook') return entry;
  const growing = entry as Growing<HookEntry>;
  growing.chosen = isChosen;
  if (action.interruption !== undefined) growing.befell = befallen(charm, action);
  return entry;
}

/** How the line of a story goes on after the hook itself. */
function befallen(charm: SimulatedCharm, { interruption, ...hook }: RunHook): string {
  const whole = tell(charm, { ...hook, ...(interruption && { interruption }) });
  return whole.slice(tell(charm, hook).length).replace(/^, /, '');
}

function heard({ secrets }: World, { hook }: RunHook): JujuEvent {
  const label = hook.secret === undefined ? null : secrets[hook.secret]?.label;
  return { ...eventOf(hook), ...(label && { secretLabel: label }) };
}

/** Whose matter an action is: an application's on the other side, or a unit's. */
function ownerOf(action: Exclude<Action, RunHook>, tested: string): string | null {
  if (!isOperation(action)) return action.unit ?? null;
  // Who leads is decided by none of them.
  if (action._tag === 'LoseLeader' || action._tag === 'Elect') return null;
  const { application = null, unit = null } = action as {
    readonly application?: string;
    readonly unit?: string;
  };
  const owner = unit === null ? application : applicationOf(unit);
  return owner === tested ? unit : owner;
}

/** What a unit on the other side came to write, by what the charm's own hooks call the databags. */
function written(
  before: World,
  after: World,
  tested: string,
  unit: string,
): Readonly<Record<string, Databag>> {
  const bags: Record<string, Databag> = {};
  const compare = (name: string, old: Databag = {}, now: Databag = {}) => {
    const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])]
      .filter((key) => old[key] !== now[key])
      .map((key) => [key, now[key] ?? '']);
    if (changed.length > 0) bags[name] = Object.fromEntries(changed);
  };
  for (const [id, relation] of Object.entries(after.relations)) {
    if (isPeer(relation) || (relation.provider !== tested && relation.requirer !== tested))
      continue;
    const application = applicationOf(unit);
    const old = before.relations[id];
    compare(
      `relation ${id}: application`,
      old?.applications[application],
      relation.applications[application],
    );
    compare(`relation ${id}: ${unit}`, old?.units[unit], relation.units[unit]);
  }
  return bags;
}
