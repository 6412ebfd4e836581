/** A history that violates an oracle, as a file: enough to run it once more, here or elsewhere. */
import * as v from 'valibot';
import {
  type Action,
  isHook,
  Misuse,
  Simulation,
  type Stepped,
  shortStory,
  step,
  type Topology,
  tell,
  Violated,
  type Violation,
  type World,
} from '../testing/index.ts';
import { comesToRest } from './oracles.ts';
import type { Pod } from './pod.ts';
import type { ForeignSimulated } from './simulated-foreign.ts';
import { checkActions } from './story-actions.ts';
import { wrongShape } from './wrong-shape.ts';

/** How the model is at first. */
export interface Setting {
  readonly topology: Topology;
  readonly config: Readonly<Record<string, unknown>>;
  readonly firstRelation: number;
}

/** All that is needed to run a history again, beside the charm. */
export interface Story extends Setting {
  readonly format: 'hookchart-soak';
  readonly version: 1;
  /** The folder of the charm. */
  readonly charm: string;
  /** As the command line had them: who is on the other side, and what operators set. */
  readonly options: Readonly<Record<string, readonly string[]>>;
  readonly violations: readonly Violation[];
  readonly actions: readonly Action[];
  /** Which of the actions, from 0, were chosen. */
  readonly chosen: readonly number[];
}

const text = v.record(v.string(), v.string());
const schema = v.object({
  format: v.literal('hookchart-soak'),
  version: v.literal(1),
  charm: v.string(),
  options: v.record(v.string(), v.array(v.string())),
  topology: v.object({
    units: v.exactOptional(v.number()),
    hasSecrets: v.exactOptional(v.boolean()),
    requirers: v.record(
      v.string(),
      v.object({
        units: v.number(),
        request: text,
        endpoint: v.exactOptional(v.string()),
        options: v.exactOptional(text),
        ownEndpoint: v.exactOptional(v.string()),
        charm: v.exactOptional(
          v.object({
            config: v.record(v.string(), v.unknown()),
            storage: v.array(v.string()),
            peers: v.array(v.string()),
          }),
        ),
      }),
    ),
  }),
  config: v.record(v.string(), v.unknown()),
  firstRelation: v.number(),
  violations: v.array(v.object({ invariant: v.string(), what: v.string() })),
  actions: v.array(v.unknown()),
  chosen: v.array(v.number()),
});

/** Reads a story from its file's text; `Misuse` says what is wrong with it. */
export function parseStory(json: string): Story {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), json);
  if (parsed.success) {
    const { actions, ...story } = parsed.output;
    checkActions(actions);
    const none = story.chosen.find((at) => actions[at] === undefined);
    if (none !== undefined)
      throw new Misuse(
        `it is no story of a soak: chosen names action ${none}, and there are ${actions.length}`,
      );
    return { ...story, actions };
  }
  const [issue] = parsed.issues;
  throw new Misuse(`it is no story of a soak: ${v.getDotPath(issue) ?? 'it'} ${wrongShape(issue)}`);
}

/** What a story shows as it goes: each action with the worlds on both of its sides. */
export interface Shown {
  readonly action: Action;
  readonly isChosen: boolean;
  readonly before: World<null, Pod>;
  readonly after: Stepped<null, Pod>;
}

/** A charm as it is in a setting. */
export const inSetting = (
  simulated: ForeignSimulated,
  { config, firstRelation }: Pick<Setting, 'config' | 'firstRelation'>,
): ForeignSimulated =>
  simulated.life === undefined
    ? simulated
    : { ...simulated, life: { ...simulated.life, config, firstRelation } };

/**
 * Runs a history once more, and lets all come to rest; null where nothing is violated any more.
 * `Misuse` where the charm has become another one, and what follows cannot happen.
 */
export async function tellAgain(
  simulated: ForeignSimulated,
  { actions, chosen, ...setting }: Setting & Pick<Story, 'actions' | 'chosen'>,
  watch: (shown: Shown) => void = () => {},
): Promise<Violated | null> {
  const simulation = new Simulation(inSetting(simulated, setting), setting.topology);
  const chosenOnes = new Set(chosen);
  const held = inSetting(simulated, setting);
  /** What is under way: where it violates something nobody else tells what it came to. */
  let now: Omit<Shown, 'after'> | null = null;
  try {
    for (const [at, action] of actions.entries()) {
      const isChosen = chosenOnes.has(at);
      now = { action, isChosen, before: simulation.world };
      const after = await (isChosen ? simulation.take(action) : simulation.settle(action));
      watch({ ...now, after });
    }
    now = null;
    await simulation.rest();
    return null;
  } catch (error) {
    if (!(error instanceof Violated)) throw error;
    if (now !== null) watch({ ...now, after: await step(held, now.before, now.action) });
    return error;
  }
}

/**
 * The lines of a story that are about the charm under test or who fails, and what was chosen; of hooks
 * that never end those that lead to them, and one round, and once those that fail alike.
 */
export function linesOf(
  simulated: ForeignSimulated,
  { history, story, violations }: Violated,
): readonly string[] {
  const lines = history.flatMap((action, at) => {
    const line = story[at] ?? tell(simulated, action);
    const isOthers =
      isHook(action) &&
      !action.unit.startsWith(`${simulated.application}/`) &&
      !violations.some(({ what }) => what.startsWith(`${action.unit} `));
    return isOthers && line.startsWith(' ') ? [] : [line];
  });
  return bounded(violations, lines);
}

/** All lines of a story; of hooks that never end as `linesOf` has them. */
export const wholeStoryOf = ({ story, violations }: Violated): readonly string[] =>
  bounded(violations, story);

function bounded(violations: readonly Violation[], lines: readonly string[]): readonly string[] {
  return shortStory(
    lines,
    violations.some(({ invariant }) => invariant === comesToRest.name),
  );
}
