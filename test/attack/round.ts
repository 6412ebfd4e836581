/** One attack from the first hook to the last, judged at every stage. */
import { type Attack, Attacker, NotLanded } from './attack.ts';
import { type Baseline, Judge } from './judge.ts';
import { type AttackWorld, HookFailed } from './world.ts';

export interface Verdict {
  readonly name: string;
  /** Sentences; none where the charm held. */
  readonly why: readonly string[];
  /** Refusals that stopped the attacker on its way. */
  readonly notes: readonly string[];
  readonly seconds: number;
  /** The slowest hook. */
  readonly slowest: number;
  /** Whether the world is of no more use. */
  readonly isSpoiled: boolean;
}

/** A round in which nothing happens; the measure of all others. */
export const peace: Attack = { name: 'nothing-happens', position: 'databag', rule: 1 };

export async function round(
  world: AttackWorld,
  attack: Attack,
  baseline: Baseline,
  name: string = attack.name,
): Promise<Verdict> {
  const started = performance.now();
  world.rounds += 1;
  world.slowest = 0;
  const attacker = new Attacker(world, attack.raw ? 'raw' : 'attacker', world.rounds);
  const { config = {} } = attack;
  const allowed = String(config['allowed-extra-roles'] ?? '')
    .split(',')
    .map((role) => role.trim().toLowerCase())
    .filter((role) => role !== '');
  for (const unit of world.units) Object.assign(world.charm.config(unit), config);
  const judge = await Judge.of(world, attacker, allowed);
  const isBaseline = baseline.lines.size === 0;
  const relations: number[] = [];
  let isSpoiled = false;
  try {
    await script(world, attack, attacker, judge, baseline, isBaseline, relations);
  } catch (problem) {
    isSpoiled = true;
    judge.violations.push(
      problem instanceof HookFailed
        ? `a hook failed: ${problem.message}`
        : problem instanceof NotLanded
          ? `did not land: ${problem.message}`
          : `the round broke off: ${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}`,
    );
  }
  for (const session of attacker.sessions) session.end().catch(() => {});
  for (const end of attacker.ending) end();
  if (judge.violations.length === 0) {
    await judge.clean();
    isSpoiled = !(await judge.isClean());
    for (const unit of world.units)
      for (const key of Object.keys(config)) delete world.charm.config(unit)[key];
  } else isSpoiled = true;
  return {
    name,
    why: judge.violations,
    notes: attacker.notes,
    seconds: (performance.now() - started) / 1000,
    slowest: world.slowest / 1000,
    isSpoiled,
  };
}

async function script(
  world: AttackWorld,
  attack: Attack,
  attacker: Attacker,
  judge: Judge,
  baseline: Baseline,
  isBaseline: boolean,
  relations: number[],
): Promise<void> {
  attacker.own = () => judge.own();
  attacker.others = () => judge.others();
  const { leader, charm } = world;
  if (attack.config !== undefined)
    for (const unit of world.units) await world.hook(unit, 'config-changed');
  const request = attack.request?.(attacker.name) ?? { database: attacker.name, ...attack.extra };
  attacker.remember(request);
  attacker.relation = await world.relate(attacker.application, request);
  relations.push(attacker.relation);
  attacker.tenant = await world.tenant(attacker.relation, attacker.application);
  if (attacker.tenant !== null) judge.tenant('attacker', attacker.tenant, true);
  await judge.born('attacker');
  landed(world, attack, attacker, request);
  await judge.stage('served', baseline, isBaseline);

  await attack.do?.(attacker);
  if (attacker.tenant !== null) judge.tenant('attacker', attacker.tenant, true);
  await judge.own();
  await world.everyHook();
  await judge.others();
  await attack.at?.hooked?.(attacker);
  await judge.own();
  await judge.stage('hooked', baseline, isBaseline);

  await world.changeLeader();
  const asked = attack.newcomerAsks?.(world.rounds) ?? { database: attacker.newcomer };
  relations.push(await world.relate('newcomer', asked));
  const newcomer = await world.tenant(relations.at(-1) ?? -1, 'newcomer');
  if (newcomer === null)
    judge.violations.push(`the newcomer is not served: ${charm.statusOf(world.leader)}`);
  else {
    judge.tenant('newcomer', newcomer, false);
    try {
      const session = await world.login(newcomer.bag);
      await session.query('CREATE TABLE first (n int)');
      await session.query('INSERT INTO first VALUES (1)');
      await session.end();
    } catch (problem) {
      judge.violations.push(`the newcomer cannot work: ${String(problem)}`);
    }
  }
  await judge.others();
  relations.push(await world.relate('second', { database: attacker.name }));
  const secondId = relations.at(-1) ?? -1;
  let second = await world.tenant(secondId, 'second');
  if (second !== null) judge.tenant('second', second, true);
  else if (isBaseline) judge.violations.push('two relations cannot share a database');
  await judge.born('second');
  await attack.at?.joined?.(attacker);
  await judge.own();
  await judge.stage('joined', baseline, isBaseline);

  await attack.at?.leaving?.(attacker);
  await judge.own();
  await world.unrelate(attacker.relation);
  for (const unit of [leader, world.leader]) await world.hook(unit, 'update-status');
  if (second === null) {
    // What kept it from being served may have gone with the attacker.
    second = await world.tenant(secondId, 'second');
    if (second !== null) judge.tenant('second', second, true);
    await judge.born('second');
  }
  await attack.at?.removed?.(attacker);
  await judge.stage('removed', baseline, isBaseline);
  if (second !== null && world.charm.world.relations[second.relation] !== undefined) {
    const known = new Set(judge.ownDatabases);
    // Whether it was served once more is the charm's to decide; what it had it keeps.
    if (known.has(second.database) && (await world.tenant(second.relation, 'second')) === null)
      attacker.notes.push('the second relation cannot log in after the removal');
  }
  for (const relation of relations.slice(1)) await world.unrelate(relation);
  await world.hook(world.leader, 'update-status');
  await world.hook(leader, 'update-status');
  await judge.stage('end', baseline, isBaseline);
}

/** The hostile databag is where it was to be, and the answer is one of the two that are meant. */
function landed(
  { charm, leader }: AttackWorld,
  { isRefused, request: hostile }: Attack,
  attacker: Attacker,
  request: Readonly<Record<string, string>>,
): void {
  const { relation, application, tenant } = attacker;
  if (hostile === undefined && isRefused === undefined) {
    if (tenant === null) throw new NotLanded(`it is not served: ${charm.statusOf(leader)}`);
    return;
  }
  const bag = charm.world.relations[relation]?.applications[application] ?? {};
  for (const [key, value] of Object.entries(request))
    if (value !== '' && bag[key] !== value)
      throw new NotLanded(`its databag does not hold ${key.slice(0, 40)}`);
  const status = charm.statusOf(leader);
  const isSaid = status.startsWith('blocked') && new RegExp(`relation ${relation}\\b`).test(status);
  const isServed = tenant !== null;
  if (isRefused === true && isServed)
    throw new Served(`it was served, and should have been refused`);
  if (!isServed && !isSaid)
    throw new Served(
      `it was neither served nor refused by name: the status is ${status.slice(0, 200)}`,
    );
}

/** An attack that got what it asked for. */
class Served extends HookFailed {}
