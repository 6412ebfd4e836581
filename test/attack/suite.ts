/** Many attacks in a row, in as many worlds as there are cores to keep busy. */
import { once } from '../../src/hook/index.ts';
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

/** What is attacked in one setting, and what a run without an attack comes to there. */
interface Group {
  readonly setting: Setting;
  readonly units: number;
  readonly queue: Instance[];
  readonly measured: () => Promise<Measured>;
}

interface Measured {
  /** The world in which it was measured, for the lane that comes first. */
  world: AttackWorld | null;
  readonly baseline: Baseline;
  readonly isClean: boolean;
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
  const groups = (['plain', 'superuser', 'operated', 'service'] as const).flatMap((setting) => {
    const queue = instances.filter((one) => one.setting === setting);
    // Two PgBouncers are what one unit has there.
    const many = setting === 'operated' ? 1 : units;
    const group: Group = {
      setting,
      units: many,
      queue,
      measured: once(() => measure(setting, many, tellAll)),
    };
    return queue.length === 0 ? [] : [group];
  });
  // Each lane begins with another group: nobody waits for what one of them begins and ends with.
  await Promise.all(
    Array.from({ length: Math.min(lanes, instances.length) }, async (_, lane) => {
      for (let at = 0; at < groups.length; at++) {
        const group = groups[(lane + at) % groups.length];
        if (group !== undefined && group.queue.length > 0) await runLane(group, tellAll);
      }
    }),
  );
  // Those in which all attacks had been taken by then.
  for (const group of groups) await (await group.measured()).world?.stop();
  return verdicts;
}

async function runLane(
  { setting, units, queue, measured }: Group,
  tell: (verdict: Verdict) => void,
): Promise<void> {
  const found = await measured();
  let { world } = found;
  found.world = null;
  if (!found.isClean)
    for (const { name } of queue.splice(0))
      tell({
        name,
        why: ['a run without an attack is not clean'],
        notes: [],
        seconds: 0,
        slowest: 0,
        isSpoiled: true,
      });
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    world ??= await AttackWorld.start(setting, units);
    const verdict = await round(world, next.attack, found.baseline, next.name);
    tell(verdict);
    if (!verdict.isSpoiled && world.rounds < most) continue;
    await world.stop();
    world = null;
  }
  await world?.stop();
}

/** A world and what its script comes to without an attack; twice, for the second must find nothing. */
async function measure(
  setting: Setting,
  units: number,
  tell: (verdict: Verdict) => void,
): Promise<Measured> {
  const world = await AttackWorld.start(setting, units);
  const baseline: Baseline = { lines: new Map(), intrusions: new Set() };
  const first = await round(world, peace, baseline, `(measure, ${setting})`);
  const again =
    first.why.length === 0 ? await round(world, peace, baseline, `(no attack, ${setting})`) : first;
  const left = again.why.length === 0 && again.isSpoiled ? ['it leaves roles or databases'] : [];
  tell({ ...again, why: [...again.why, ...left, ...baseline.intrusions] });
  return { world, baseline, isClean: again.why.length === 0 && left.length === 0 };
}
