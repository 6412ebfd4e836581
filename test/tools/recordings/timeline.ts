/** All hooks of a run in the order in which they ended, to look ahead for what was not recorded. */
import type { RecordedCall, RecordedHook, Scenario } from './recording.ts';

export interface Placed {
  readonly hook: RecordedHook;
  readonly place: number;
  /** Its number within the scenario. */
  readonly number: number;
  readonly scenario: Scenario;
  /** The last place of its scenario: all is quiet after it. */
  readonly quiet: number;
}

export const applicationOf = (unit: string): string => unit.split('/')[0] ?? '';

export const relationOf = ({ environment }: RecordedHook): number | null => {
  const id = /:(\d+)$/.exec(environment.JUJU_RELATION_ID ?? '')?.[1];
  return id === undefined ? null : Number(id);
};

export const isLeaderEvent = ({ hook }: RecordedHook): boolean =>
  hook === 'leader-elected' || hook === 'leader-settings-changed';

/** The first word of a hook about leadership; null where it asked for none. */
export const leaderAnswer = ({ calls }: RecordedHook): boolean | null => {
  const asked = calls.find(({ tool, exit }) => tool === 'is-leader' && exit === 0);
  return asked === undefined ? null : asked.stdout.trim() === 'true';
};

export class Timeline {
  readonly scenarios: readonly Scenario[];
  readonly hooks: readonly Placed[];
  readonly applications: ReadonlySet<string>;

  constructor(scenarios: readonly Scenario[]) {
    const hooks: Placed[] = [];
    for (const scenario of scenarios) {
      const quiet = hooks.length + scenario.hooks.length - 1;
      for (const [number, hook] of scenario.hooks.entries())
        hooks.push({ hook, place: hooks.length, number, scenario, quiet });
    }
    this.scenarios = scenarios;
    this.hooks = hooks;
    this.applications = new Set(hooks.map(({ hook }) => applicationOf(hook.unit)));
  }

  /** What a unit runs after a place. */
  of(unit: string, after: number): readonly Placed[] {
    return this.hooks.filter(({ hook, place }) => place > after && hook.unit === unit);
  }

  /** What the unit of a hook has run before it in its scenario. */
  ran({ hook, place, number }: Placed): readonly RecordedHook[] {
    return this.hooks
      .slice(place - number, place)
      .flatMap((one) => (one.hook.unit === hook.unit ? [one.hook] : []));
  }

  /** From where on all that a hook has committed is surely in force. */
  sureOf({ hook, place, quiet }: Placed): number {
    return Math.min(this.of(hook.unit, place)[0]?.place ?? quiet, quiet);
  }

  /** Whether a unit is seen to go, and nothing else, in what it runs from here on. */
  isLeaving(unit: string, { place, quiet, hook }: Placed): boolean {
    const rest = [
      ...(hook.unit === unit ? this.hooks.slice(place, place + 1) : []),
      ...this.of(unit, place),
    ];
    const going = (one: RecordedHook) =>
      one.hook === 'stop' || one.hook === 'remove' || one.environment.JUJU_DEPARTING_UNIT === unit;
    const isOfEnd = (one: RecordedHook) =>
      /-(departed|broken)$|^(stop|remove)$|^secret-|^leader-/.test(one.hook) &&
      (one.environment.JUJU_DEPARTING_UNIT ?? unit) !== '';
    return (
      rest.some((one) => one.place <= quiet && going(one.hook)) &&
      rest.filter((one) => one.place > quiet).every(({ hook: one }) => isOfEnd(one)) &&
      // What it still had to do when it was told to go comes first.
      rest.findLastIndex((one) => !isOfEnd(one.hook)) < rest.findIndex((one) => going(one.hook))
    );
  }

  /** Calls of a tool by anyone after a place. */
  calls(after: number, is: (call: RecordedCall, hook: RecordedHook) => boolean) {
    return this.hooks
      .slice(after + 1)
      .flatMap((placed) =>
        placed.hook.calls.filter((one) => is(one, placed.hook)).map((call) => ({ call, placed })),
      );
  }
}
