import type { Interruption } from '../actions.ts';
import { runHook } from '../hook-run.ts';
import type { Outcome } from '../outcome.ts';
import { hooksOf } from '../resolver.ts';
import type { SimulatedCharm } from '../simulated-charm.ts';
import { type RequirerOutcome, type Runner, requirerOutcome } from '../step.ts';
import { viewOf } from '../view.ts';
import type { Hook, World } from '../world.ts';
import { Interner } from './intern.ts';

/**
 * What was worked out once for equal worlds, or for equal parts of them. What a hook does is a
 * function of its view, so one that was run for a view is not run again.
 */
export class Memory {
  readonly interner = new Interner();
  /** What worlds become when all that is not left to chance has happened. */
  readonly prompted = new Map<World, World>();
  readonly #charm: SimulatedCharm;
  readonly #due = new Map<string, readonly Hook[]>();
  readonly #byParts = new Map<string, Outcome>();
  readonly #byView = new Map<number, Outcome>();
  readonly #requirers = new Map<string, RequirerOutcome>();

  constructor(charm: SimulatedCharm) {
    this.#charm = charm;
  }

  /** How many hooks were really run. */
  get executed(): number {
    return this.#byView.size;
  }

  /** The hooks that are due on a unit; the world is to be canonical. */
  due(world: World, unit: string): readonly Hook[] {
    const key = this.#partsKey(world, unit);
    const known = this.#due.get(key);
    if (known !== undefined) return known;
    const due = this.interner.canonical(hooksOf(world, unit));
    this.#due.set(key, due);
    return due;
  }

  /** What a hook of the charm under test comes to; the world is to be canonical. */
  outcome(
    world: World,
    unit: string,
    hook: Hook,
    interruption: Interruption | null = null,
  ): Outcome | Promise<Outcome> {
    const parts = this.#hookKey(world, unit, hook);
    const key = interruption === null ? parts : `${parts}!${interruption.at}${interruption.how}`;
    const known = this.#byParts.get(key);
    if (known !== undefined) return known;
    const question = this.interner.canonical({ view: viewOf(world, unit, hook), interruption });
    const number = this.interner.numberOf(question);
    const seen = this.#byView.get(number);
    if (seen !== undefined) {
      this.#byParts.set(key, seen);
      return seen;
    }
    return runHook(this.#charm, question.view, interruption).then(({ run, ...made }) => {
      const outcome: Outcome = { ...this.interner.canonical(made), run };
      this.#byView.set(number, outcome);
      this.#byParts.set(key, outcome);
      return outcome;
    });
  }

  /** Runs hooks as they were run before; for worlds of which nothing is known. */
  readonly runner: Runner = (view, { interruption }) => runHook(this.#charm, view, interruption);

  /** What a hook on the other side comes to; the world is to be canonical. */
  requirer(world: World, unit: string, hook: Hook): RequirerOutcome {
    const key = this.#hookKey(world, unit, hook);
    const known = this.#requirers.get(key);
    if (known !== undefined) return known;
    const outcome = this.interner.canonical(requirerOutcome(this.#charm, world, unit, hook));
    this.#requirers.set(key, outcome);
    return outcome;
  }

  #hookKey(world: World, unit: string, hook: Hook): string {
    const number = (part: unknown) => this.interner.numberOf(part);
    const parts = this.#partsKey(world, unit);
    const { outside, made, secrets } = world;
    return `${parts}.${number(this.interner.canonical(hook))}.${number(outside.shared)}.${number(outside.units[unit])}.${number(made)}.${number(secrets)}`;
  }

  /** Other units count only as far as they are planned. */
  #partsKey(world: World, unit: string): string {
    const number = (part: unknown) => this.interner.numberOf(part);
    let planned = '';
    for (const other in world.units)
      if (world.units[other]?.life === 'alive') planned += `${other} `;
    return `${number(unit)}.${number(world.units[unit])}.${number(world.relations)}.${number(world.applications)}.${planned}`;
  }
}
