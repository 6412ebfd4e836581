/** Whether the simulated Juju can do what a recording tells that the real one did. */

import { Misuse } from '../../../src/testing/world.ts';
import { Differs, told } from './differs.ts';
import { explained } from './explain.ts';
import { Model } from './model.ts';
import type { Scenario } from './recording.ts';
import { replay } from './replay.ts';
import { Timeline } from './timeline.ts';

/** How a recording compares with the simulation. */
export interface Verdict {
  readonly scenarios: number;
  readonly fit: number;
  readonly differs: readonly { readonly scenario: string; readonly why: string }[];
}

/** Judges scenarios; those of one run follow each other in one model. */
export function judge(scenarios: readonly Scenario[]): Verdict {
  const runs = [...new Set(scenarios.map(({ run }) => run))];
  const differs = runs.flatMap((run) => judgeRun(scenarios.filter((one) => one.run === run)));
  return { scenarios: scenarios.length, fit: scenarios.length - differs.length, differs };
}

function judgeRun(scenarios: readonly Scenario[]): Verdict['differs'] {
  const timeline = new Timeline(scenarios);
  const model = new Model(timeline);
  const found = new Map<Scenario, string>();
  let scenario: Scenario | null = null;
  for (const placed of timeline.hooks) {
    if (scenario !== placed.scenario) model.rest();
    scenario = placed.scenario;
    if (found.has(placed.scenario)) continue;
    model.target = null;
    try {
      replay(model, placed, explained(model, placed));
    } catch (error) {
      if (!(error instanceof Differs) && !(error instanceof Misuse)) throw error;
      found.set(placed.scenario, `${told(placed.hook, placed.number)}: ${error.message}`);
    }
  }
  return scenarios.flatMap((one) => {
    const why = found.get(one);
    return why === undefined ? [] : [{ scenario: one.scenario, why }];
  });
}
