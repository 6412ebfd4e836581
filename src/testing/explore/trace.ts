/** A history that ends in a violation: told as a story, written to a file, and run again from it. */
import * as v from 'valibot';
import { type Action, tell } from '../actions.ts';
import { type Charm, pgbouncerCharm, runHook } from '../hook-run.ts';
import { type Violation, violationsAtRest, violationsOf } from '../invariants.ts';
import { nextFair, rest } from '../simulation.ts';
import { type Runner, step } from '../step.ts';
import { Misuse, type World } from '../world.ts';
import { type Bounds, defaultBounds } from './bounds.ts';
import { promptActions } from './prompt.ts';
import { beginning, type Found, type Search } from './search.ts';

/** Everything that is needed to run a history again. */
export interface Replay {
  readonly bounds: Bounds;
  /** Applications that are served when it begins. */
  readonly served: number;
  readonly actions: readonly Action[];
}

/** What one run of a history showed. */
export interface Replayed {
  /** A line for each action, with what the hook did and what it violated. */
  readonly story: readonly string[];
  readonly violations: readonly Violation[];
  readonly world: World;
}

/** The actions on the way that a search has found, those that are not left to chance included. */
export async function replayOf(search: Search, { path }: Found): Promise<Replay> {
  let state = await search.begin();
  const actions: Action[] = [];
  for (const id of path.slice(1)) {
    const move = await search.moveTo(state, id);
    if ('stepped' in move) {
      actions.push(move.action);
      const { world } = await step(state.world, move.action, search.memory.runner);
      actions.push(...(await promptActions(world, search.memory)));
    }
    state = move.state;
  }
  return { bounds: search.bounds, served: search.served, actions };
}

export interface ReplayOptions {
  readonly charm?: Charm;
  /** Told of each line of the story as it comes, and whether it is a violation. */
  readonly watch?: (line: string, isViolation: boolean, action: Action | null) => void;
}

/** Runs a history once more, and lets all come to rest at its end; the same charm does the same. */
export async function replay(
  { bounds, served, actions }: Replay,
  { charm = pgbouncerCharm, watch = () => {} }: ReplayOptions = {},
): Promise<Replayed> {
  const runner: Runner = (view, { interruption }) => runHook(charm, view, interruption);
  let { world } = await beginning(bounds, served);
  const story: string[] = [];
  const violations: Violation[] = [];
  const say = (line: string, isViolation: boolean, action: Action | null = null) => {
    story.push(line);
    watch(line, isViolation, action);
  };
  const note = (action: Action, what: readonly Violation[], did: string) => {
    say(`${tell(action)}${did}`, false, action);
    for (const { invariant, what: text } of what) say(`  violates ${invariant}: ${text}`, true);
    violations.push(...what);
  };
  for (const action of actions) {
    const stepped = await step(world, action, runner);
    note(action, violationsOf(world, action, stepped), did(stepped));
    world = stepped.world;
  }
  if (violations.length === 0) {
    if (nextFair(world) !== null) say('— and all that is left to do is done —', false);
    const rested = await rest(world, {
      runner,
      watch: (before, action, stepped) =>
        note(action, violationsOf(before, action, stepped), did(stepped)),
    });
    world = rested.world;
    const left: readonly Violation[] = rested.isAtRest
      ? violationsAtRest(world)
      : [{ invariant: 'I6', what: 'the hooks never come to rest' }];
    for (const { invariant, what } of left) say(`at rest it violates ${invariant}: ${what}`, true);
    violations.push(...left);
  }
  return { story, violations, world };
}

function did({ outcome }: Awaited<ReturnType<typeof step>>): string {
  if (outcome === null) return '';
  if (outcome.failure !== null) return ` — fails: ${outcome.failure}`;
  const { charts = [], reconciled = [] } = outcome.run ?? {};
  const left = reconciled.filter(
    ({ hook, end }) => hook !== 'ledger-moved' || end._tag !== 'Returned',
  );
  const all = [...charts, ...left].map(({ hook, end }) => `${hook} ${end._tag.toLowerCase()}`);
  return all.length === 0 ? '' : ` — ${all.join(', ')}`;
}

const text = v.string();
const file = v.object({
  bounds: v.object(v.entriesFromList(Object.keys(defaultBounds) as (keyof Bounds)[], v.number())),
  served: v.number(),
  actions: v.array(
    v.variant('_tag', [
      v.looseObject({
        _tag: v.literal('RunHook'),
        unit: text,
        hook: v.looseObject({ name: text }),
      }),
      v.looseObject({ _tag: v.picklist(['Relate', 'RemoveApplication', 'AddUnit', 'LoseLeader']) }),
      v.looseObject({ _tag: v.picklist(['RemoveRelation', 'Suspend', 'Resume']) }),
      v.looseObject({ _tag: v.picklist(['RemoveUnit', 'LosePod', 'RestartAgent', 'Elect']) }),
      v.looseObject({ _tag: v.picklist(['StartPostgres', 'StopPostgres']) }),
      v.looseObject({ _tag: v.picklist(['StartPooler', 'StopPooler']) }),
      v.looseObject({ _tag: v.literal('SlowPostgres'), seconds: v.number() }),
      v.looseObject({ _tag: v.literal('Ask'), request: v.record(text, text) }),
    ]),
  ),
});

/** Reads a replay file; a `Misuse` says what is wrong with it. */
export function parseReplay(json: string): Replay {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Misuse('the replay is not JSON');
  }
  const parsed = v.safeParse(file, value);
  if (parsed.success) return parsed.output as unknown as Replay;
  const issue = parsed.issues[0];
  throw new Misuse(
    `the replay's ${v.getDotPath(issue) ?? 'content'} is not as expected (${issue.expected})`,
  );
}
