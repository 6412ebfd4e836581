/** A model of several charms that somebody works by hand, one command after the other. */
import { rmSync } from 'node:fs';
import {
  type Action,
  actionsOf,
  dueHooks,
  type Hook,
  type Interruption,
  isHook,
  isOperation,
  Misuse,
  type Operation,
  type OutsideAction,
  type Relation,
  type RunHook,
  step,
  tell,
  unitsOf,
  updateStatus,
  type World,
} from '../../testing/index.ts';
import { type ActionTold, nothingTold } from '../action-calls.ts';
import type { Description } from '../description.ts';
import type { Workshop } from '../hook-run.ts';
import { deployable } from '../other-side.ts';
import { charmAt } from '../pebble/image.ts';
import type { Pod } from '../pod.ts';
import { type ForeignSimulated, simulatedOf } from '../simulated-foreign.ts';
import { checkNotice, comesUp, type Telling, tells } from '../workload-events.ts';
import type { Deployment, Kept, LogLine, ModelFolder } from './kept.ts';
import { linesOf } from './log.ts';
import { nobody, nothingYet } from './nothing-yet.ts';
import { endpointIn } from './relating.ts';
import { Workshops } from './workshops.ts';

/** A hook that a command has run. */
export interface HandRun {
  readonly unit: string;
  readonly hook: string;
  /** Its endpoint and number, where it is about a relation. */
  readonly relation: string | null;
  readonly failure: string | null;
  /** What an action has told; null of hooks. */
  readonly action: ActionTold | null;
}

/**
 * So many hooks are run by one command, at most: some call each other forth without end. Units tell
 * each other of themselves, so that there are more with the square of them.
 */
const mostFor = (units: number): number => 100 + 10 * units ** 2;

export class HandModel {
  readonly folder: ModelFolder;
  #kept: Kept;
  readonly #watch: (run: HandRun) => void;
  readonly #described = new Map<string, Description>();
  readonly #shops: Workshops;
  #tellings: readonly Telling[] = [];

  /** The model in a folder, or a new one where there is none; `watch` is told of each hook. */
  constructor(folder: ModelFolder, watch: (run: HandRun) => void = () => {}) {
    this.folder = folder;
    this.#shops = new Workshops(folder);
    this.#watch = watch;
    this.#kept = folder.isThere() ? folder.read() : nothingYet;
  }

  get world(): World<null, Pod> {
    return this.#kept.world;
  }

  /** The charm of an application, as its folder has it now. */
  charmOf(application: string): Description {
    const known = this.#described.get(application);
    if (known !== undefined) return known;
    const source = this.#kept.charms[application];
    if (source === undefined) throw new Misuse(`there is no application ${application}`);
    const described = charmAt(source);
    this.#described.set(application, described);
    return described;
  }

  /** What befalls the next hook of each unit that something is to befall. */
  get crashes(): Readonly<Record<string, Interruption>> {
    return this.#kept.crashes;
  }

  async deploy({ application, units, config, ...source }: Deployment): Promise<void> {
    const described = charmAt(source);
    if (this.world.applications[application] !== undefined)
      throw new Misuse(`there is ${application} already`);
    this.#described.set(application, described);
    const charm = deployable(described);
    const own = { ...charm, config: { ...charm.config, ...config } };
    const action: Operation = { _tag: 'Deploy', application, units, charm: own };
    const world = await this.#happened(action);
    this.#keep({ world, charms: { ...this.#kept.charms, [application]: source } });
  }

  /** Another charm, or what its folder has become, from now on. */
  async refresh(application: string, folder?: string): Promise<void> {
    const before = this.#kept.charms[application];
    if (before === undefined) throw new Misuse(`there is no application ${application}`);
    const source = { ...before, ...(folder === undefined ? {} : { folder }) };
    const { options } = charmAt(source);
    const set = this.world.applications[application]?.config ?? {};
    const values = options.flatMap(({ name, default: value }) => {
      const now = set[name] ?? value ?? undefined;
      return now === undefined ? [] : [[name, now] as const];
    });
    this.#described.delete(application);
    this.#shops.drop(application);
    this.#keep({ charms: { ...this.#kept.charms, [application]: source } });
    await this.act({ _tag: 'ChangeConfig', application, values: Object.fromEntries(values) });
    await this.act({ _tag: 'Upgrade', application });
  }

  /** What an operator or a machine does. */
  async act(operation: Operation): Promise<void> {
    this.#keep({ world: await this.#happened(operation) });
    await this.#elect();
  }

  /** Has a unit lead its application in source of who does. */
  async elect(unit: string): Promise<void> {
    const application = this.world.units[unit]?.application ?? '';
    const { leader = null } = this.world.applications[application] ?? {};
    const lost =
      leader === null ? this.world : await this.#happened({ _tag: 'LoseLeader', application });
    this.#keep({ world: lost });
    this.#keep({ world: await this.#happened({ _tag: 'Elect', unit }) });
  }

  /** From now on the next hook of a unit is met by this. */
  meet(unit: string, interruption: Interruption): void {
    this.#keep({ crashes: { ...this.crashes, [unit]: interruption } });
  }

  /** The hooks of which Juju would run one next, all units beside each other. */
  due(): readonly RunHook[] {
    return dueHooks(this.world).filter(isHook);
  }

  /** Containers that are down, and come up sooner or later. */
  comingUp(): readonly OutsideAction[] {
    return this.#containers().flatMap((name) => this.happenings(comesUp(name)));
  }

  /** What of this kind may happen now to the workloads of a unit; each of its containers has its own. */
  ofWorkloads(unit: string, kindOf: (container: string) => string): readonly OutsideAction[] {
    const all = this.#containers().flatMap((name) => this.happenings(kindOf(name)));
    return all.filter((action) => action.unit === unit);
  }

  /** Has a workload of a unit tell Pebble something. `Misuse` where there is nobody to tell it. */
  async notify(unit: string, telling: Telling): Promise<void> {
    checkNotice(this.charmOf(this.world.units[unit]?.application ?? ''), telling);
    this.#tellings = [telling];
    await this.happen({ _tag: tells(telling), unit });
  }

  #containers(): readonly string[] {
    const charms = Object.keys(this.#kept.charms).map((name) => this.charmOf(name));
    return [...new Set(charms.flatMap(({ containers }) => containers.map(({ name }) => name)))];
  }

  /** What may happen now to containers, by the kind of it. */
  happenings(kind: string): readonly OutsideAction[] {
    const all = actionsOf(this.simulated, this.world, kind);
    return all.flatMap((action) => (isHook(action) || isOperation(action) ? [] : [action]));
  }

  /** Lets it happen, and logs it. */
  async happen(action: OutsideAction): Promise<string> {
    const message = tell(this.simulated, action);
    this.#keep({ world: (await step(this.simulated, this.world, action)).world });
    this.log([{ entity: 'controller-0', level: 'INFO', module: 'juju.model', message }]);
    return message;
  }

  /** Runs hooks until only those are left that fail; says whether it came to that. */
  async rest(): Promise<boolean> {
    const tried = new Set<string>();
    const most = mostFor(Object.keys(this.world.units).length);
    let last = '';
    for (let taken = 0; taken < most; taken++) {
      const due = this.due();
      const [up] = this.comingUp();
      if (up !== undefined) {
        await this.happen(up);
        continue;
      }
      const whole = due.filter(({ unit }) => this.world.units[unit]?.failed === null);
      // Units take turns, as they work beside each other.
      const fresh = whole.find(({ unit }) => unit > last) ?? whole[0];
      const next = fresh ?? due.find(({ unit }) => !tried.has(unit));
      if (next === undefined) return true;
      last = next.unit;
      const { failure } = await this.run(next);
      if (failure === null) tried.clear();
      // Juju tries again what has failed; once is enough for who looks on.
      else if (next !== fresh) tried.add(next.unit);
    }
    return false;
  }

  /** Runs update-status on a unit that has nothing else to do. */
  async updateStatus(unit: string): Promise<HandRun> {
    return await this.run({ _tag: 'RunHook', unit, hook: updateStatus });
  }

  /** Runs one hook, and logs what came of it. */
  async run({ unit, hook }: RunHook): Promise<HandRun> {
    await this.#shops.open();
    const interruption = this.crashes[unit];
    const next: Action = {
      ...{ _tag: 'RunHook', unit, hook },
      ...(interruption === undefined ? {} : { interruption }),
    };
    const charm = this.charmOf(this.world.units[unit]?.application ?? '');
    const relation = this.#relationIn(unit, hook);
    const { world, outcome } = await step(this.simulated, this.world, next);
    const failure = outcome?.failure ?? null;
    const hasBefallen =
      interruption === undefined || interruption.at <= (outcome?.steps.length ?? 0);
    const { [unit]: _, ...others } = this.crashes;
    this.#keep({ world, ...(hasBefallen ? { crashes: others } : {}) });
    const record = outcome?.outside.own.last ?? null;
    this.log(linesOf(charm, { unit, hook, relation, record, failure }));
    if (world.units[unit] === undefined)
      rmSync(this.folder.unit(unit), { recursive: true, force: true });
    await this.#elect();
    const action = hook.action === undefined ? null : (record?.action ?? nothingTold);
    const run = { unit, hook: hook.name, relation, failure, action };
    this.#watch(run);
    return run;
  }

  log(lines: readonly Omit<LogLine, 'at'>[]): void {
    const { logged } = this.#kept;
    this.folder.log(lines.map((line, number) => ({ ...line, at: logged + number + 1 })));
    this.#keep({ logged: logged + lines.length });
  }

  close(): void {
    this.#shops.close();
  }

  /** Somebody claims the lease at once where nobody leads. */
  async #elect(): Promise<void> {
    for (const [name, { leader }] of Object.entries(this.world.applications)) {
      const units = unitsOf(this.world, name);
      const heir = units.find((unit) => this.world.units[unit]?.life === 'alive') ?? units[0];
      if (leader === null && heir !== undefined)
        this.#keep({ world: await this.#happened({ _tag: 'Elect', unit: heir }) });
    }
    const charms = Object.entries(this.#kept.charms).filter(
      ([name]) => this.world.applications[name] !== undefined,
    );
    if (charms.length < Object.keys(this.#kept.charms).length)
      this.#keep({ charms: Object.fromEntries(charms) });
  }

  async #happened(operation: Operation): Promise<World<null, Pod>> {
    return (await step(this.simulated, this.world, operation)).world;
  }

  #relationIn(unit: string, hook: Hook): string | null {
    const relation: Relation | undefined = this.world.relations[hook.relation ?? -1];
    const { application } = this.world.units[unit] ?? {};
    if (relation === undefined || application === undefined) return null;
    return `${endpointIn(relation, application)}:${hook.relation}`;
  }

  /** As stories are told of it. */
  get simulated(): ForeignSimulated {
    const applications = Object.keys(this.#kept.charms);
    const charmOf = (application: string) => this.charmOf(application);
    return simulatedOf(
      ...([nobody, {}, (application: string) => this.#shopOf(application)] as const),
      ...([charmOf, applications.map(charmOf), this.#tellings] as const),
    );
  }

  #shopOf(application: string): Workshop {
    return this.#shops.of(application, () => {
      const { python } = this.#kept.charms[application] ?? {};
      const units = unitsOf(this.world, application);
      const worker = { application, charm: this.charmOf(application), units };
      return python === undefined ? worker : { ...worker, python };
    });
  }

  #keep(change: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...change };
    this.folder.write(this.#kept);
  }
}
