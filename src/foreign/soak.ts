/** Random lives of a foreign charm, until enough hooks were run or one of them violates an oracle. */
import { isHook, Misuse, Simulation, shortest, Violated } from '../testing/index.ts';
import { answersHold, type Learned, learnResponses, nothingLearned } from './answers-learned.ts';
import type { ForeignCharm } from './foreign-charm.ts';
import { chance, end, live } from './history.ts';
import { knownOracles } from './known-oracles.ts';
import { type Oracle, onceGone, whileRelated } from './oracles.ts';
import type { Pod } from './pod.ts';
import { play, scriptsFor } from './scripts.ts';
import { silencedIn } from './silenced.ts';
import { type ForeignSimulated, under } from './simulated-foreign.ts';
import { inSetting, type Setting, type Shown, type Story, tellAgain } from './story.ts';
import { workloadHolds } from './workload-learned.ts';

export interface ForeignSoakOptions {
  /** Hooks of the charm to run, at least. */
  readonly hooks: number;
  /** The seed of the first random history, once the scripted ones are over; the next one has the next number. */
  readonly seed: number;
  /** What befalls the charm in one history, beside its hooks; 6 things by default. */
  readonly events?: number;
  /** The keys by which a request is answered; by default all that the charm was seen to write. */
  readonly answeredBy?: readonly string[] | null;
  /** Oracles of the charm's own. */
  readonly oracles?: readonly Oracle[];
  /** Seconds for finding a shorter story; 30 by default. */
  readonly shrinkSeconds?: number;
  /** Told when each of its parts begins. */
  readonly onPhase?: (phase: Phase) => void;
}

/** The charm is watched where nothing goes wrong; it lives; a shorter story is looked for. */
export type Phase = 'watching' | 'living' | 'shortening';

/** What came of it. */
export interface ForeignSoaked {
  readonly histories: number;
  /** Hooks of the charm, those that were known from before among them. */
  readonly hooks: number;
  readonly steps: number;
  readonly oracles: readonly string[];
  /** The keys that it answers requests by where nothing goes wrong; what it is held to. */
  readonly answers: readonly string[];
  /** Why an oracle is silent, by name. */
  readonly silenced: Readonly<Record<string, string>>;
  readonly failure: ForeignFailure | null;
}

/** A history that violates an oracle, and the shortest one that was found of it. */
export interface ForeignFailure extends Setting {
  /** Null where the charm does not hold up even where nothing goes wrong, or in a life that is no random one. */
  readonly seed: number | null;
  readonly violated: Violated;
  readonly shortest: Violated;
}

/** Runs them; `watch` is told after each history. */
export async function soakForeign(
  charm: ForeignCharm,
  options: ForeignSoakOptions,
  watch: (soaked: ForeignSoaked) => void = () => {},
): Promise<ForeignSoaked> {
  const soaking = new Soaking(charm, options);
  const early = await soaking.learn();
  return early ?? (await soaking.live(watch));
}

/** Runs the history of a story once more; null where nothing is violated any more. */
export async function replayForeign(
  charm: ForeignCharm,
  story: Setting & Pick<Story, 'actions' | 'chosen'>,
  options: Pick<ForeignSoakOptions, 'answeredBy' | 'oracles' | 'onPhase'> = {},
  watch: (shown: Shown) => void = () => {},
): Promise<Violated | null> {
  const soaking = new Soaking(charm, { ...options, hooks: 0, seed: 1, shrinkSeconds: 0 });
  await soaking.learn();
  options.onPhase?.('living');
  return await tellAgain(soaking.simulated, story, watch);
}

/** One soak: what it is held to, and how far it has come. */
class Soaking {
  readonly #charm: ForeignCharm;
  readonly #options: ForeignSoakOptions;
  #soaked: ForeignSoaked;
  /** The charm under all oracles; under those that need not be learned until the others are. */
  simulated: ForeignSimulated;

  constructor(charm: ForeignCharm, options: ForeignSoakOptions) {
    this.#charm = charm;
    this.#options = options;
    const known = knownOracles(options.oracles).map(({ name }) => name);
    const silenced = silencedIn(charm.description.folder, known);
    const oracles = known.filter((name) => silenced[name] === undefined);
    this.#soaked = {
      histories: 0,
      hooks: 0,
      steps: 0,
      oracles,
      answers: [],
      silenced,
      failure: null,
    };
    this.simulated = this.#under([]);
  }

  /** Watches the charm where nothing goes wrong; what came of it where it does not hold up even then. */
  async learn(): Promise<ForeignSoaked | null> {
    const { answeredBy = null, onPhase } = this.#options;
    onPhase?.('watching');
    const calm = this.simulated;
    let current: { simulation: Simulation<null, Pod>; setting: Setting } | null = null;
    const count = () => current !== null && this.#count(current.simulation);
    let learned = nothingLearned;
    try {
      learned = await learnResponses(this.#charm, calm, (simulation, setting) => {
        count();
        current = { simulation, setting };
      });
      checkAnsweredBy(learned, answeredBy);
    } catch (error) {
      if (!(error instanceof Violated)) throw error;
      count();
      const setting = (current as { setting: Setting } | null)?.setting ?? this.#setting(0);
      if (!this.#isSilent(error)) return await this.#failed(calm, null, setting, error);
    }
    count();
    const answers = keysIn(learned);
    this.#soaked = {
      ...this.#soaked,
      answers: answers.filter((key) => answeredBy === null || answeredBy.includes(key)),
    };
    const { endpoints } = this.#charm.description;
    const names = endpoints.map(({ name }) => name);
    this.simulated = this.#under([
      ...onceGone,
      answersHold(learned, this.#charm, answeredBy),
      workloadHolds(learned.workload, names),
    ]);
    return null;
  }

  /** The scripted lives, and then random ones. */
  async live(watch: (soaked: ForeignSoaked) => void): Promise<ForeignSoaked> {
    const { hooks, seed: first, events = 6, onPhase } = this.#options;
    onPhase?.('living');
    const scripts = scriptsFor(this.#charm);
    while (this.#soaked.hooks < hooks) {
      const script = scripts[this.#soaked.histories];
      const seed = first + this.#soaked.histories - scripts.length;
      // Scripts are about more than one unit.
      const setting = this.#setting(script === undefined ? seed : 0);
      const simulation = new Simulation(this.simulated, setting.topology);
      try {
        if (script === undefined) await live(this.#charm, simulation, chance(seed), events);
        else await play(this.#charm, simulation, script);
        await end(simulation);
      } catch (error) {
        if (!(error instanceof Violated)) throw error;
        const of = script === undefined ? seed : null;
        if (!this.#isSilent(error)) {
          this.#count(simulation);
          return await this.#failed(this.simulated, of, setting, error);
        }
      }
      this.#count(simulation);
      this.#soaked = { ...this.#soaked, histories: this.#soaked.histories + 1 };
      watch(this.#soaked);
    }
    return this.#soaked;
  }

  #under(more: readonly Oracle[]): ForeignSimulated {
    const all = [...whileRelated, ...(this.#options.oracles ?? []), ...more];
    const { silenced } = this.#soaked;
    return under(
      this.#charm.simulated,
      all.filter(({ name }) => silenced[name] === undefined),
    );
  }

  #setting(seed: number): Setting {
    const { simulated } = this.#charm;
    const { config = {}, firstRelation = 1 } = simulated.life ?? {};
    return { topology: simulated.soaked(seed), config, firstRelation };
  }

  #count({ history }: Simulation<null, Pod>): void {
    const own = `${this.#charm.description.name}/`;
    const run = history.filter((action) => isHook(action) && action.unit.startsWith(own));
    const { hooks, steps } = this.#soaked;
    this.#soaked = {
      ...this.#soaked,
      hooks: hooks + run.length,
      steps: steps + history.length,
    };
  }

  #isSilent({ violations }: Violated): boolean {
    return violations.every(({ invariant }) => this.#soaked.silenced[invariant] !== undefined);
  }

  async #failed(
    simulated: ForeignSimulated,
    seed: number | null,
    setting: Setting,
    violated: Violated,
  ): Promise<ForeignSoaked> {
    this.#options.onPhase?.('shortening');
    const until = performance.now() + (this.#options.shrinkSeconds ?? 30) * 1000;
    const isEnough = () => performance.now() > until;
    const effort = { pairs: 0, choices: 0, isLenient: true, isEnough };
    const held = inSetting(simulated, setting);
    const short = await shortest(held, setting.topology, violated, undefined, effort);
    return { ...this.#soaked, failure: { ...setting, seed, violated, shortest: short } };
  }
}

const keysIn = ({ responses }: Learned): readonly string[] => [
  ...new Set([...responses.values()].flatMap((response) => Object.keys(response))),
];

function checkAnsweredBy(learned: Learned, keys: readonly string[] | null): void {
  const seen = keysIn(learned);
  const missing = keys?.find((key) => !seen.includes(key));
  if (missing !== undefined)
    throw new Misuse(
      `the charm never writes ${missing}, though nothing goes wrong; it writes ${seen.join(', ') || 'nothing'}: say what it is to be asked with (--ask)`,
    );
}
