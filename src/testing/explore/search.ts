/**
 * The search itself: level by level, so that the first violation has the shortest history. Every
 * state is looked at once, however it came about and however its units are called, and not where an
 * equal world was with no less left of any bound: all that may happen from here may happen from there.
 */
import { violationsAtRest, violationsOf } from '../checks.ts';
import { worldOf } from '../deploy.ts';
import { endless } from '../endless.ts';
import type { Violation } from '../outcome.ts';
import type { SimulatedCharm } from '../simulated-charm.ts';
import { rest } from '../simulation.ts';
import { step } from '../step.ts';
import { Misuse, type World } from '../world.ts';
import { type Bounds, budgetOf, type State, topologyOf } from './bounds.ts';
import { isFair } from './fair.ts';
import { Memory } from './memory.ts';
import { prompt } from './prompt.ts';
import { type Move, successors } from './successors.ts';
import { Symmetry, type WorldState } from './symmetry.ts';

export interface Counts {
  /** Applications that were served when the histories began. */
  readonly served: number;
  readonly states: number;
  /** The same, units that differ in nothing but their names told apart. */
  readonly namedStates: number;
  readonly transitions: number;
  /** Hooks that were run; all others were known from an equal view. */
  readonly hooks: number;
  /** States in which nothing is left to do. */
  readonly restStates: number;
  readonly depth: number;
  /** States that wait to be looked at. */
  readonly waiting: number;
}

/** A state that violates an invariant, as the number of each state on the shortest way to it. */
export interface Found {
  readonly violations: readonly Violation[];
  readonly path: readonly number[];
  /** Whether the last move on it is what violates; otherwise the state does, at rest. */
  readonly isByMove: boolean;
}

/** Whenever a state was entered, oldest first: under which number, and what was left then. */
interface Visits {
  readonly state: WorldState;
  readonly spellings: number;
  readonly entered: { readonly id: number; readonly left: Bounds }[];
}

/** So many states are looked at between two words about how far it is: a level may take minutes. */
const pace = 32;

/** One search from one beginning, with all that it has learned. */
export class Search {
  readonly charm: SimulatedCharm;
  readonly bounds: Bounds;
  readonly served: number;
  readonly memory: Memory;
  readonly #symmetry: Symmetry;
  /** By the number of each spelling of a state that was met. */
  readonly #visits = new Map<number, Visits>();
  readonly #parents: number[] = [];
  readonly #fairNext: number[] = [];
  #namedStates = 0;
  #transitions = 0;
  #restStates = 0;
  #looked = 0;
  #depth = 0;
  #frontier: State[] = [];

  constructor(charm: SimulatedCharm, bounds: Bounds, served: number) {
    this.charm = charm;
    this.bounds = bounds;
    this.served = served;
    this.memory = new Memory(charm);
    this.#symmetry = new Symmetry(this.memory.interner, bounds.units, charm);
  }

  get counts(): Counts {
    return {
      served: this.served,
      states: this.#parents.length,
      namedStates: this.#namedStates,
      transitions: this.#transitions,
      hooks: this.memory.executed,
      restStates: this.#restStates,
      depth: this.#depth,
      waiting: this.#parents.length - this.#looked,
    };
  }

  /**
   * Looks at every state within the bounds; null where none violates anything. `watch` hears how far
   * it is every so many states, and after each level.
   */
  async run(watch: (counts: Counts) => void = () => {}): Promise<Found | null> {
    const first = await this.begin();
    const violations = violationsAtRest(this.charm.invariants, first.world);
    this.#enter(first, -1);
    if (violations.length > 0) return { violations, path: [0], isByMove: false };
    this.#frontier = [first];
    while (this.#frontier.length > 0) {
      const found = await this.#level(watch);
      if (found !== null) return found;
      watch(this.counts);
    }
    return this.#endless();
  }

  /** The state in which the histories begin: deployed, and the first applications served. */
  async begin(): Promise<State> {
    const { world } = await beginning(this.charm, this.bounds, this.served);
    const { interner } = this.memory;
    return {
      world: await prompt(this.charm, world, this.memory),
      budget: interner.canonical(budgetOf(this.charm, this.bounds, this.served)),
      behind: interner.canonical<State['behind']>([]),
    };
  }

  /** The number under which a state was entered, or one from which no less may happen. */
  idOf(state: State): number | undefined {
    return idIn(this.#visitsOf(state), state);
  }

  #visitsOf({ world, behind, budget: { toRelate } }: State): Visits {
    const { interner } = this.memory;
    const canonical = interner.canonical<WorldState>({ world, behind, toRelate });
    const number = interner.numberOf(canonical);
    const known = this.#visits.get(number);
    if (known !== undefined) return known;
    const first = this.#symmetry.first(canonical);
    const firstNumber = interner.numberOf(first.state);
    const visits = this.#visits.get(firstNumber) ?? { ...first, entered: [] };
    this.#visits.set(firstNumber, visits);
    this.#visits.set(number, visits);
    return visits;
  }

  async #level(watch: (counts: Counts) => void): Promise<Found | null> {
    this.#depth += 1;
    const next: State[] = [];
    for (const [at, state] of this.#frontier.entries()) {
      if (at > 0 && at % pace === 0) watch(this.counts);
      const id = this.idOf(state) as number;
      const moves = await successors(this.charm, state, this.memory);
      let fair = id;
      for (const move of moves) {
        this.#transitions += 1;
        const violations = this.#violationsBy(state, move);
        const entered = this.#enter(move.state, id);
        if (entered !== null) next.push(entered);
        const to = this.idOf(move.state) as number;
        if (violations.length > 0)
          return { violations, path: [...this.#pathTo(id), to], isByMove: true };
        if (fair === id && to !== id && isFair(this.charm, move)) fair = to;
      }
      this.#fairNext[id] = fair;
      this.#looked += 1;
      if (fair !== id) continue;
      this.#restStates += 1;
      const violations = violationsAtRest(this.charm.invariants, state.world);
      if (violations.length > 0) return { violations, path: this.#pathTo(id), isByMove: false };
    }
    this.#frontier = next;
    return null;
  }

  #violationsBy(state: State, move: Move): readonly Violation[] {
    return 'stepped' in move && !isSame(move.state, state)
      ? violationsOf(this.charm.invariants, state.world, move.action, move.stepped)
      : [];
  }

  /** A way that is fair and never comes to rest, if there is one. */
  #endless(): Found | null {
    const ends = new Set<number>();
    for (let id = 0; id < this.#fairNext.length; id++) {
      const way = new Set<number>();
      let at = id;
      while (!ends.has(at) && this.#fairNext[at] !== at) {
        if (way.has(at)) {
          return { violations: [endless(this.charm)], path: this.#pathTo(at), isByMove: false };
        }
        way.add(at);
        at = this.#fairNext[at] as number;
      }
      for (const passed of way) ends.add(passed);
    }
    return null;
  }

  /** The spelling of a state that is new to go on from; null for one that is known. */
  #enter(state: State, parent: number): State | null {
    const visits = this.#visitsOf(state);
    if (idIn(visits, state) !== undefined) return null;
    visits.entered.push({ id: this.#parents.length, left: state.budget.left });
    this.#parents.push(parent);
    this.#namedStates += visits.spellings;
    // The same unit leads wherever that can be, so that more hooks are known from an equal view.
    if (isFirstLeading(state.world)) return state;
    const { world, behind } = visits.state;
    return { world, behind, budget: state.budget };
  }

  #pathTo(id: number): readonly number[] {
    const path: number[] = [];
    for (let at = id; at >= 0; at = this.#parents[at] as number) path.unshift(at);
    return path;
  }

  /** The move out of a state that leads to the state entered under a number, and violates where asked for. */
  async moveTo(state: State, id: number, isViolating: boolean): Promise<Move> {
    const moves = await successors(this.charm, state, this.memory);
    const move = moves.find(
      (one) =>
        this.idOf(one.state) === id && (!isViolating || this.#violationsBy(state, one).length > 0),
    );
    if (move === undefined) throw new Error(`no move leads to state ${id}`);
    return move;
  }
}

/** The world at rest after everything was deployed and the first applications were served. */
export async function beginning<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  bounds: Bounds,
  served: number,
) {
  const topology = topologyOf(charm, bounds);
  const names = Object.keys(topology.requirers);
  if (served > names.length) throw new Misuse(`there are ${names.length} applications to serve`);
  let { world, history } = await rest(charm, worldOf(charm, topology));
  for (const application of names.slice(0, served)) {
    const action = { _tag: 'Relate', application } as const;
    const next = await rest(charm, (await step(charm, world, action)).world);
    world = next.world;
    history = [...history, action, ...next.history];
  }
  return { world, history };
}

const isSame = (one: State, other: State): boolean =>
  one.world === other.world && one.budget === other.budget && one.behind === other.behind;

const idIn = ({ entered }: Visits, { budget }: State): number | undefined =>
  entered.find(({ left }) => isNoLess(left, budget.left))?.id;

const isNoLess = (left: Bounds, other: Bounds): boolean => {
  if (left === other) return true;
  for (const name in other) if ((left[name] ?? 0) < (other[name] ?? 0)) return false;
  return true;
};

const isFirstLeading = ({ applications, tested }: World): boolean =>
  (applications[tested]?.leader ?? `${tested}/0`) === `${tested}/0`;
