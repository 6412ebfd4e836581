/** A history that ends in a violation: told as a story, written to a file, and run again from it. */

import * as v from 'valibot';
import { nearest } from '../../misuse/nearest.ts';
import { type Action, operationTags } from '../actions.ts';
import { violationsAtRest, violationsOf } from '../checks.ts';
import { worldOf } from '../deploy.ts';
import { endless } from '../endless.ts';
import { aCharm, given } from '../given.ts';
import type { Stepped, Violation } from '../outcome.ts';
import type { SimulatedCharm } from '../simulated-charm.ts';
import { nextFair, rest } from '../simulation.ts';
import { step } from '../step.ts';
import { tell } from '../tell.ts';
import { Misuse, type Topology, type World } from '../world.ts';
import { type Bounds, defaultBounds } from './bounds.ts';
import { promptActions } from './prompt.ts';
import { beginning, type Found, type Search } from './search.ts';

/** Everything that is needed to run a history again. */
export interface Replay {
  /** The module that has the charm; missing where that is known otherwise. */
  readonly charm?: string;
  readonly bounds: Bounds;
  /** Applications that are served when it begins. */
  readonly served: number;
  readonly actions: readonly Action[];
  /** Which of the actions, from 0, were chosen; the others came about by themselves. */
  readonly chosen?: readonly number[];
}

/** A history that begins where a topology is deployed, as random ones do. */
export interface Wandered {
  readonly topology: Topology;
  readonly actions: readonly Action[];
  /** Which of the actions, from 0, were chosen; the others came about by themselves. */
  readonly chosen?: readonly number[];
}

/** What one run of a history showed. */
export interface Replayed<Shared = unknown, Own = unknown> {
  /** A line for each action, with what the hook did and what it violated. */
  readonly story: readonly string[];
  readonly violations: readonly Violation[];
  readonly world: World<Shared, Own>;
}

/** The actions on the way that a search has found, those that are not left to chance included. */
export async function replayOf(search: Search, { path, isByMove }: Found): Promise<Replay> {
  let state = await search.begin();
  const actions: Action[] = [];
  const chosen: number[] = [];
  for (const [at, id] of path.entries()) {
    if (at === 0) continue;
    const move = await search.moveTo(state, id, isByMove && at === path.length - 1);
    if ('stepped' in move) {
      chosen.push(actions.length);
      actions.push(move.action);
      const { world } = await step(search.charm, state.world, move.action, search.memory.runner);
      actions.push(...(await promptActions(search.charm, world, search.memory)));
    }
    state = move.state;
  }
  return { bounds: search.bounds, served: search.served, actions, chosen };
}

/** What a line of a story tells, for whoever makes more of it than a line. */
export type Told =
  /** Something happened: what was chosen, or came about by itself. */
  | {
      readonly _tag: 'Action';
      readonly action: Action;
      readonly isChosen: boolean;
      readonly before: World;
      readonly after: World;
    }
  /** Something does not hold, after the action that was told last or once all is at rest. */
  | { readonly _tag: 'Violation'; readonly violation: Violation; readonly isAtRest: boolean }
  /** All that was chosen is over. */
  | { readonly _tag: 'Settling' }
  /** What an invariant that is violated claims. */
  | { readonly _tag: 'Claim'; readonly invariant: string };

export interface ReplayOptions {
  /** Told of each line of the story as it comes. */
  readonly watch?: (line: string, told: Told) => void;
}

/**
 * Runs a history once more, and lets all come to rest at its end; the same charm does the same.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { defaultBounds, replay } from 'hookchart/testing';
 *
 * const { violations } = await replay(simulated, {
 *   bounds: { ...defaultBounds(simulated), units: 1, relations: 1 },
 *   served: 0,
 *   actions: [{ _tag: 'Relate', application: 'app1' }],
 * });
 * console.log(violations);
 * // []
 * ```
 */
export async function replay<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  history: Replay | Wandered,
  options: ReplayOptions = {},
): Promise<Replayed<Shared, Own>> {
  const { watch = () => {} } = options;
  given('replay', 'the charm', charm, aCharm);
  given('replay', 'the history', history, 'record');
  const from = 'topology' in history ? 'topology' : 'bounds';
  given('replay', 'the history', history, { [from]: 'record', actions: 'list' });
  const { actions, chosen } = history;
  const { invariants } = charm;
  let world = await begun(charm, history);
  const story: string[] = [];
  const violations: Violation[] = [];
  const say = (line: string, told: Told) => {
    story.push(line);
    watch(line, told);
  };
  const note = (
    before: World<Shared, Own>,
    action: Action,
    stepped: Stepped<Shared, Own>,
    isChosen: boolean,
    indent = '',
  ) => {
    const told = { _tag: 'Action', action, isChosen, before, after: stepped.world } as const;
    say(`${indent}${tell(charm, action)}${did(charm, stepped)}`, told);
    const found = violationsOf(invariants, before, action, stepped);
    for (const violation of found)
      say(`  violates ${violation.invariant}: ${violation.what}`, {
        _tag: 'Violation',
        violation,
        isAtRest: false,
      });
    violations.push(...found);
  };
  for (const [at, action] of actions.entries()) {
    const stepped = await step(charm, world, action);
    const isChosen = chosen === undefined || chosen.includes(at);
    note(world, action, stepped, isChosen, isChosen ? '' : '    ');
    world = stepped.world;
  }
  if (violations.length === 0) {
    if (nextFair(charm, world) !== null)
      say('— and all that is left to do is done —', { _tag: 'Settling' });
    const rested = await rest(charm, world, {
      watch: (before, action, stepped) => note(before, action, stepped, false),
    });
    world = rested.world;
    const left: readonly Violation[] = rested.isAtRest
      ? violationsAtRest(invariants, world)
      : [endless(charm, rested.failing)];
    for (const violation of left)
      say(`at rest it violates ${violation.invariant}: ${violation.what}`, {
        _tag: 'Violation',
        violation,
        isAtRest: true,
      });
    violations.push(...left);
  }
  for (const { name, claims } of invariants)
    if (violations.some(({ invariant }) => invariant === name))
      say(`${name} claims: ${claims}`, { _tag: 'Claim', invariant: name });
  return { story, violations, world };
}

async function begun<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  history: Replay | Wandered,
): Promise<World<Shared, Own>> {
  if ('topology' in history) return worldOf(charm, history.topology);
  return (await beginning(charm, history.bounds, history.served)).world;
}

function did(charm: SimulatedCharm, { outcome }: Stepped): string {
  if (outcome === null) return '';
  if (outcome.failure !== null) return ` — fails: ${outcome.failure}`;
  const all = outcome.run === null ? [] : charm.tells(outcome.run);
  return all.length === 0 ? '' : ` — ${all.join(', ')}`;
}

const text = v.string();

const tagsOf = ({ outside: { shared, unit } }: SimulatedCharm): readonly string[] => [
  ...operationTags,
  ...Object.keys(shared.actions),
  ...Object.keys(unit.actions),
];

const fileOf = (charm: SimulatedCharm) => {
  const tags = tagsOf(charm);
  return v.object({
    charm: v.exactOptional(text),
    bounds: v.object(v.entriesFromList(Object.keys(defaultBounds(charm)), v.number())),
    served: v.number(),
    actions: v.array(
      v.variant('_tag', [
        v.looseObject({
          _tag: v.literal('RunHook'),
          unit: text,
          hook: v.looseObject({ name: text }),
        }),
        v.looseObject({ _tag: v.picklist(tags.filter((tag) => tag !== 'Ask')) }),
        v.looseObject({ _tag: v.literal('Ask'), request: v.record(text, text) }),
      ]),
    ),
    chosen: v.exactOptional(v.array(v.number())),
  });
};

/**
 * The module that a replay file names, for its charm; null where it names none.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import { charmOfReplay } from 'hookchart/testing';
 *
 * console.log(charmOfReplay('{"charm": "file:///srv/lamp.js", "actions": []}'));
 * // file:///srv/lamp.js
 * ```
 */
export function charmOfReplay(json: string): string | null {
  const parsed = v.safeParse(v.looseObject({ charm: text }), parsedJson(json));
  return parsed.success ? parsed.output.charm : null;
}

/**
 * Reads a replay file; a `Misuse` says what is wrong with it.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { parseReplay } from 'hookchart/testing';
 *
 * try {
 *   parseReplay(simulated, '{"actions": []}');
 * } catch (error) {
 *   console.log(String(error));
 *   // Misuse: the replay's bounds is missing
 * }
 * ```
 */
export function parseReplay(charm: SimulatedCharm, json: string): Replay {
  given('parseReplay', 'the charm', charm, aCharm);
  const parsed = v.safeParse(fileOf(charm), parsedJson(json));
  if (parsed.success) return parsed.output as unknown as Replay;
  const issue = parsed.issues[0];
  const path = v.getDotPath(issue) ?? 'content';
  throw new Misuse(`the replay's ${path} ${wrongWith(issue, path, tagsOf(charm))}`);
}

function wrongWith(
  { received, expected }: { readonly received: string; readonly expected: string | null },
  path: string,
  tags: readonly string[],
): string {
  if (received === 'undefined') return 'is missing';
  // All that an action may be called would be said here, which is of no help.
  if (path.endsWith('._tag')) {
    const meant = nearest(received.replaceAll('"', ''), ['RunHook', ...tags]);
    const which = meant === null ? '' : `: ${meant}, perhaps`;
    return `is ${received}, and no action of this charm is called so${which}`;
  }
  return `is not as expected (${expected})`;
}

function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Misuse('the replay is not JSON');
  }
}
