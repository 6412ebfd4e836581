/**
 * The shortest story of a violation: what was chosen is taken out as long as the same invariant is
 * violated; all else comes about by itself. Where that needs its hooks in a certain order they keep
 * the one that they had, and go last.
 */

import { type Action, isHook, type RunHook } from './actions.ts';
import { aCharm, aTopology, given } from './given.ts';
import type { Invariant } from './outcome.ts';
import { hooksOf } from './resolver.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import { nextFair, Simulation, Violated } from './simulation.ts';
import { isSame } from './step.ts';
import { Misuse, type Topology, type World } from './world.ts';

/** How long a shorter story is looked for. */
export interface Effort {
  /** Pairs of what was chosen that are tried at most. */
  readonly pairs: number;
  /** Choices of what was chosen, from the smallest on, that are tried at most where hooks keep their order. */
  readonly choices: number;
  /** Whether enough was tried, where each history takes its time. */
  isEnough(): boolean;
  /** Whether what cannot happen is passed over, and hooks are tried in the order that they had. */
  readonly isLenient: boolean;
}

const thorough: Effort = { pairs: 400, choices: 400, isEnough: () => false, isLenient: false };
/** Steps within which a hook is to be due. */
const patience = 200;

/**
 * The same violation by as few chosen actions as can be found; as it was where none are found.
 *
 * @category Searches
 */
export async function shortest<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  topology: Topology,
  violated: Violated,
  checked?: readonly Invariant<Shared, Own>[],
  effort: Effort = thorough,
): Promise<Violated> {
  given('shortest', 'the charm', charm, aCharm);
  given('shortest', 'the topology', topology, aTopology);
  given('shortest', 'what was violated', violated, { history: 'list', violations: 'list' });
  const { history } = violated;
  const names = new Set(violated.violations.map(({ invariant }) => invariant));
  const made = relationsIn(history, charm.life?.firstRelation ?? 1);
  const tried = async (actions: readonly Action[], isSettled = true): Promise<Violated | null> => {
    if (effort.isEnough()) return null;
    const isLenient = effort.isLenient || !isSettled;
    const simulation = new Simulation(charm, topology, checked === undefined ? {} : { checked });
    // A signal is to be heard in between.
    await new Promise<void>((resolve) => setImmediate(resolve));
    const settle = async () => (isSettled ? await simulation.rest() : undefined);
    const numbers = new Map<number, number>();
    const take = async (action: Action) => {
      const { relations: before } = simulation.world;
      const now = renumbered(action, simulation.world, made, numbers);
      // Who is asked for an action has to be there.
      if (isHook(now) && now.hook.action !== undefined) await settle();
      else if (isHook(now) && isSettled) await untilDue(charm, simulation, now);
      if (isByItself(now)) await simulation.settle(now);
      else await simulation.take(now);
      const number = made.get(action);
      const id = Object.keys(simulation.world.relations).find((one) => before[one] === undefined);
      if (number !== undefined && id !== undefined) numbers.set(number, Number(id));
    };
    try {
      if (!isLenient) await settle();
      for (const action of actions) {
        await take(action).catch((error: unknown) => {
          if (!isLenient || !(error instanceof Misuse)) throw error;
        });
        await settle();
      }
      await simulation.rest();
    } catch (error) {
      if (error instanceof Violated)
        return error.violations.some(({ invariant }) => names.has(invariant)) ? error : null;
      if (!(error instanceof Misuse)) throw error;
    }
    return null;
  };
  // Hooks run by themselves, but those that something befell.
  const chosen = history.filter((action) => !isByItself(action));
  const found =
    (effort.isLenient ? await named(chosen, violated, made, tried) : null) ??
    (await fewest(chosen, tried, effort));
  return found ?? (await inOrder(history, (actions) => tried(actions, false), effort)) ?? violated;
}

type Try = (actions: readonly Action[]) => Promise<Violated | null>;

/**
 * What is violated mostly says of which relation: a history about that one alone is tried before any
 * other, and then one without the relations that it does not name. Of a charm with many endpoints there
 * may be time for no more.
 */
async function named(
  chosen: readonly Action[],
  { violations }: Violated,
  made: ReadonlyMap<Action, number>,
  tried: Try,
): Promise<Violated | null> {
  const said = new Set(violations.flatMap(({ what }) => what.match(/\d+/g) ?? []).map(Number));
  const relationOf = (action: Action) => made.get(action) ?? relationIn(action);
  const isNamed = (action: Action) => said.has(relationOf(action) ?? Number.NaN);
  const isOthers = (action: Action) => relationOf(action) !== undefined && !isNamed(action);
  for (const actions of [chosen.filter(isNamed), chosen.filter((action) => !isOthers(action))]) {
    if (actions.length === 0 || actions.length === chosen.length) continue;
    const violated = await tried(actions);
    if (violated !== null)
      return (await thinned({ violated, actions }, () => true, tried)).violated;
  }
  return null;
}

const relationIn = (action: Action): number | undefined =>
  'relation' in action && typeof action.relation === 'number' ? action.relation : undefined;

async function fewest(
  chosen: readonly Action[],
  tried: Try,
  { pairs: mostPairs, isLenient }: Effort,
): Promise<Violated | null> {
  for (const action of isLenient ? [] : [null, ...chosen]) {
    const found = await tried(action === null ? [] : [action]);
    if (found !== null) return found;
  }
  const pairs = chosen.flatMap((first, at) => chosen.slice(at + 1).map((then) => [first, then]));
  for (const pair of pairs.slice(0, mostPairs)) {
    const found = await tried(pair);
    if (found !== null) return found;
  }
  const violated = await tried(chosen);
  if (violated === null) return null;
  return (await thinned({ violated, actions: chosen }, () => true, tried)).violated;
}

/** The same where hooks keep their order: first what was chosen goes, then hooks that nothing needs. */
async function inOrder(
  history: readonly Action[],
  tried: Try,
  { choices: most }: Effort,
): Promise<Violated | null> {
  const violated = await tried(history);
  if (violated === null) return null;
  const isChosen = (action: Action) => !isByItself(action);
  const fewer = await thinned({ violated, actions: history }, isChosen, tried);
  const shorter = await thinned(fewer, isByItself, tried);
  return (await smallest(shorter, isChosen, tried, most)).violated;
}

/** What violates an invariant, and how. */
interface Culprit {
  readonly violated: Violated;
  readonly actions: readonly Action[];
}

const indicesOf = ({ actions }: Culprit, isOf: (action: Action) => boolean): readonly number[] =>
  actions.flatMap((action, at) => (isOf(action) ? [at] : []));

/** Takes out of a kind of actions ever fewer at a time, as long as the violation stays. */
async function thinned(
  from: Culprit,
  isOf: (action: Action) => boolean,
  tried: Try,
): Promise<Culprit> {
  let best = from;
  let indices = indicesOf(best, isOf);
  for (let size = Math.ceil(indices.length / 2); size >= 1; size = Math.floor(size / 2))
    for (let at = 0; at < indices.length; ) {
      const gone = new Set(indices.slice(at, at + size));
      const actions = best.actions.filter((_, index) => !gone.has(index));
      const violated = await tried(actions);
      if (violated === null) at += size;
      else {
        best = { violated, actions };
        indices = indicesOf(best, isOf);
      }
    }
  return best;
}

/** The fewest actions of a kind that will do, all choices of them tried from the smallest on. */
async function smallest(
  from: Culprit,
  isOf: (action: Action) => boolean,
  tried: Try,
  most: number,
): Promise<Culprit> {
  let left = most;
  const indices = indicesOf(from, isOf);
  for (let size = 0; size < indices.length; size++)
    for (const kept of choicesOf(indices, size)) {
      if (left-- === 0) return from;
      const actions = from.actions.filter((action, at) => !isOf(action) || kept.includes(at));
      const violated = await tried(actions);
      if (violated !== null) return { violated, actions };
    }
  return from;
}

/** All ways to choose so many of a list, in its order. */
function* choicesOf(list: readonly number[], size: number): Generator<readonly number[]> {
  if (size === 0) yield [];
  else
    for (const [at, first] of list.entries())
      for (const others of choicesOf(list.slice(at + 1), size - 1)) yield [first, ...others];
}

/** Lets a fair world run until a hook is due; a `Misuse` where it never is. */
async function untilDue<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  simulation: Simulation<Shared, Own>,
  { unit, hook }: RunHook,
): Promise<void> {
  for (let taken = 0; taken < patience; taken++) {
    const { world } = simulation;
    if (world.units[unit] === undefined) break;
    const due = hooksOf(world, unit);
    if (due.some((one) => isSame(one, hook)) || (due.length === 0 && hook.name === 'update-status'))
      return;
    const next = nextFair(charm, world);
    if (next === null) break;
    await simulation.settle(next);
  }
  throw new Misuse(`${hook.name} is never due on ${unit}`);
}

const isByItself = (action: Action): boolean =>
  isHook(action) && action.interruption === undefined && action.hook.action === undefined;

const isRelate = (action: Action) => action._tag === 'Relate' && 'application' in action;

/** The relations of a history by the actions that made them: each had a number of its own. */
const relationsIn = (history: readonly Action[], first: number): ReadonlyMap<Action, number> =>
  new Map(history.filter(isRelate).map((action, at) => [action, first + at]));

/**
 * The action, about the relation that it was about: by the number that this has now, or where nothing
 * has made it the newest one of the same application.
 */
function renumbered(
  action: Action,
  { relations }: World,
  made: ReadonlyMap<Action, number>,
  numbers: ReadonlyMap<number, number>,
): Action {
  const makerOf = (id: number) => [...made].find(([, number]) => number === id)?.[0];
  const now = (id: number): number => {
    const known = numbers.get(id);
    if (known !== undefined) return known;
    const maker = makerOf(id);
    const owner = maker !== undefined && 'application' in maker ? maker.application : null;
    const all = Object.entries(relations).filter(([, { requirer }]) => requirer === owner);
    return Number(all.at(-1)?.[0] ?? id);
  };
  if (isHook(action)) {
    const { hook } = action;
    if (hook.relation === undefined || makerOf(hook.relation) === undefined) return action;
    return { ...action, hook: { ...hook, relation: now(hook.relation) } };
  }
  return 'relation' in action ? { ...action, relation: now(action.relation) } : action;
}
