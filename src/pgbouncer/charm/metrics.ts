/** What a hook does for those who read metrics: nothing where nobody does. */
import * as E from 'fp-ts/lib/Either.js';
import type { Environment, JujuModel, Variables } from '../../juju/hook-tools/index.ts';
import { hostOf } from '../../process/index.ts';
import { attempt, take } from '../commands/steps.ts';
import { type HookError, render } from '../errors.ts';
import type { Attempt } from '../ports.ts';
import type { Ledger } from '../relation/ledger.ts';
import type { DispatchRun } from '../run.ts';
import { FileProblem, WorkloadProblem } from '../workload/index.ts';
import type { ParsedConfig } from './config.ts';
import { exportingOf } from './exporting.ts';
import { counted, figuresIn, parseFigures } from './figures.ts';
import type { Place } from './pooler.ts';
import { scrapedBy } from './scraped.ts';

export interface Metrics {
  /** What an operator must see to; null where that is nothing. */
  readonly obstacle: string | null;
  /** Puts a hook to the others. Never an error: a hook is not to fail for it. */
  readonly count: (
    /** Null where it failed. */
    run: DispatchRun | null,
    records: Ledger['records'] | null,
  ) => Promise<void>;
}

/** Waits for a hook, and counts it however it ends: one that throws, for it is a defect, has failed. */
export async function counting(
  /** Says what is on record when it knows. */
  looked: (
    recorded: (records: Ledger['records']) => void,
  ) => Promise<E.Either<HookError, DispatchRun>>,
  count: Metrics['count'],
): Promise<E.Either<HookError, DispatchRun>> {
  let run: DispatchRun | null = null;
  let records: Ledger['records'] | null = null;
  try {
    const outcome = await looked((known) => {
      records = known;
    });
    run = E.isRight(outcome) ? outcome.right : null;
    return outcome;
  } finally {
    await count(run, records);
  }
}

/** Tells those who are related where this unit's metrics are, and keeps what tells them. */
export const metricsOf = (
  environment: Environment,
  variables: Variables,
  model: JujuModel,
  at: {
    readonly config: ParsedConfig;
    readonly address: JujuModel['address'];
    readonly place: Attempt<Place>;
    readonly remaining: () => number;
    readonly tell: (line: string) => void;
  },
): Attempt<Metrics> =>
  attempt(async () => {
    const { config, address, place, remaining, tell } = at;
    const host = async () => {
      const found = await address();
      return E.isLeft(found) ? '' : hostOf(environment, found.right);
    };
    const { port } = config.metrics;
    const scraped = await take(scrapedBy(environment, model, { host, port }));
    let obstacle: string | null = null;
    /** What goes wrong with files and processes is said, and tried again in a later hook. */
    const tried = async (what: (place: Place) => Promise<void>): Promise<void> => {
      const found = await place();
      if (E.isLeft(found)) return tell(`metrics are not told: ${render(found.left)}`);
      try {
        await what(found.right);
      } catch (problem) {
        if (!(problem instanceof WorkloadProblem || problem instanceof FileProblem)) throw problem;
        const isOperators = problem instanceof WorkloadProblem && problem.turn === 'operator';
        if (isOperators) obstacle = `metrics are not told: ${problem.message}`;
        else tell(`metrics are not told: ${problem.message}`);
      }
    };
    const exporting = (found: Place) =>
      exportingOf(environment, variables, config, found, remaining);
    if (scraped.isOccasion)
      await tried(async (found) => {
        const kept = exporting(found);
        if (!scraped.isScraped) await kept.remove();
        else await kept.ensure(environment.event === 'upgrade-charm');
      });
    const count: Metrics['count'] = async (run, records) => {
      if (!scraped.isScraped || environment.machine === null) return;
      await tried(async ({ folder, workload }) => {
        const file = figuresIn(folder);
        const before = parseFigures(await workload.read(file));
        const end = { hook: environment.event, seconds: performance.now() / 1_000, run, records };
        const now = Math.round(Date.now() / 1_000);
        await workload.replace(file, JSON.stringify(counted(before, { ...end, now })));
      });
    };
    return { obstacle, count };
  });
