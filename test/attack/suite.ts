/** Many attacks in a row, in as many worlds as there are cores to keep busy. */
import type { Instance } from './attack.ts';
import type { Baseline } from './judge.ts';
import { peace, round, type Verdict } from './round.ts';
import { AttackWorld, type Setting } from './world.ts';

/** Rounds after which a world is replaced, for its log and its relations grow. */
const most = 40;

export interface SuiteOptions {
  readonly lanes: number;
  /** Units of PgBouncer; 2 unless told otherwise. */
  readonly units?: number;
  readonly tell: (verdict: Verdict) => void;
}

export async function runAttacks(
  instances: readonly Instance[],
  { lanes, units = 2, tell }: SuiteOptions,
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  const tellAll = (verdict: Verdict) => {
    verdicts.push(verdict);
    tell(verdict);
  };
  for (const setting of ['plain', 'superuser', 'operated', 'service'] as const) {
    const queue = instances.filter((one) => one.setting === setting);
    if (queue.length === 0) continue;
    // Two PgBouncers are what one unit has there.
    const many = setting === 'operated' ? 1 : units;
    const { world, baseline, isClean } = await measured(setting, many, tellAll);
    if (!isClean) {
      await world.stop();
      for (const { name } of queue)
        tellAll({
          name,
          why: ['a run without an attack is not clean'],
          notes: [],
          seconds: 0,
          slowest: 0,
          isSpoiled: true,
        });
      continue;
    }
    await Promise.all(
      Array.from({ length: Math.min(lanes, queue.length) }, (_, lane) =>
        runLane(setting, many, queue, baseline, lane === 0 ? world : null, tellAll),
      ),
    );
  }
  return verdicts;
}

async function runLane(
  setting: Setting,
  units: number,
  queue: Instance[],
  baseline: Baseline,
  given: AttackWorld | null,
  tell: (verdict: Verdict) => void,
): Promise<void> {
  let world = given;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    world ??= await AttackWorld.start(setting, units);
    const verdict = await round(world, next.attack, baseline, next.name);
    tell(verdict);
    if (!verdict.isSpoiled && world.rounds < most) continue;
    await world.stop();
    world = null;
  }
  await world?.stop();
}

/** A world and what its script comes to without an attack; twice, for the second must find nothing. */
async function measured(
  setting: Setting,
  units: number,
  tell: (verdict: Verdict) => void,
): Promise<{ world: AttackWorld; baseline: Baseline; isClean: boolean }> {
  const world = await AttackWorld.start(setting, units);
  const baseline: Baseline = { lines: new Map(), intrusions: new Set() };
  const first = await round(world, peace, baseline, `(measure, ${setting})`);
  const again =
    first.why.length === 0 ? await round(world, peace, baseline, `(no attack, ${setting})`) : first;
  const left = again.why.length === 0 && again.isSpoiled ? ['it leaves roles or databases'] : [];
  tell({ ...again, why: [...again.why, ...left, ...baseline.intrusions] });
  return { world, baseline, isClean: again.why.length === 0 && left.length === 0 };
}
