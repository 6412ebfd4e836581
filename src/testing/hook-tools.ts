/**
 * Juju's hook tools, as one hook of one unit finds them: the same names, the same rules, the same
 * words when they refuse. What is written is seen by this hook at once and by the world when the
 * hook ends well; status is seen at once.
 */
import { merged } from '../domain/databag.ts';
import type { Databag, Status } from '../engine/index.ts';
import { SecretTools } from './secret-tools.ts';
import { ToolError } from './tool-error.ts';
import type { RelationView, View } from './view.ts';

/** What a hook that ended well asks Juju to put in force, all of it or nothing. */
export interface Pending {
  /** By relation id, then by the application or unit whose databag it is. */
  readonly bags: Readonly<Record<string, Readonly<Record<string, Databag>>>>;
  readonly state: Databag;
  readonly secrets: View['secrets'];
  readonly secretsMade: number;
  readonly secretsRemoved: readonly string[];
}

const quota = { key: 256, value: 64 * 1024, total: 2 * 1024 * 1024 };

export class HookTools {
  readonly view: View;
  readonly secrets: SecretTools;
  status: Status | null = null;
  /** False as soon as leadership was lost, which a hook that takes longer than its promise may meet. */
  #leads: boolean;
  #wasDenied = false;
  #state: Databag;
  readonly #bags = new Map<string, Map<string, Databag>>();

  constructor(view: View) {
    this.view = view;
    this.#leads = view.leader;
    this.#state = view.state;
    this.secrets = new SecretTools(view, () => this.#leads);
  }

  /** A first "no" is remembered for the hook; a "yes" is asked anew each time. */
  isLeader(): boolean {
    if (!this.#leads) this.#wasDenied = true;
    return this.#leads && !this.#wasDenied;
  }

  /** The lease runs out while the hook runs. */
  depose(): void {
    this.#leads = false;
  }

  relationIds(endpoint: string): readonly number[] {
    return Object.entries(this.view.relations)
      .filter(([, relation]) => relation.isListed && relation.endpoint === endpoint)
      .map(([id]) => Number(id));
  }

  relationList(id: number): readonly string[] {
    return this.#relation('relation-list', id).members;
  }

  relationListApplication(id: number): string {
    return this.#relation('relation-list', id).remote;
  }

  /** All keys of the databag of a unit or an application. */
  relationGet(id: number, who: string): Databag {
    const relation = this.#relation('relation-get', id);
    const { unit, application } = this.view;
    const isOurs = who === application || who.startsWith(`${application}/`);
    const isRefused =
      isOurs && who !== unit && !relation.isPeer && !(who === application && this.isLeader());
    if (isRefused) throw new ToolError('relation-get', 1, 'permission denied');
    const bag = this.#bags.get(String(id))?.get(who) ?? relation.bags[who];
    if (bag === undefined) throw new ToolError('relation-get', 1, 'permission denied');
    return bag;
  }

  /** Merges values into the databag of this unit or of its application; an empty one deletes its key. */
  relationSet(id: number, whose: 'unit' | 'application', values: Databag): void {
    const relation = this.#relation('relation-set', id);
    for (const [key, value] of Object.entries(values))
      if (typeof value !== 'string')
        throw new ToolError('relation-set', 2, `the value of "${key}" is not a string`);
    if (whose === 'application' && !this.isLeader())
      throw new ToolError('relation-set', 1, 'cannot write relation settings');
    const who = this.view[whose];
    const bags = this.#bags.get(String(id)) ?? new Map<string, Databag>();
    this.#bags.set(String(id), bags);
    bags.set(who, merged(bags.get(who) ?? relation.bags[who] ?? {}, values));
  }

  /** The units that the application is meant to have: goal-state, less those that are dying. */
  plannedUnits(): readonly string[] {
    return this.view.plannedUnits;
  }

  stateGet(): Databag {
    return this.#state;
  }

  stateSet(values: Databag): void {
    const next = merged(this.#state, values);
    for (const [key, value] of Object.entries(next)) {
      if (key.length > quota.key) this.#overQuota(`key of ${quota.key} bytes`);
      if (value.length > quota.value) this.#overQuota(`value of ${quota.value} bytes`);
    }
    if (JSON.stringify(next).length > quota.total) this.#overQuota(`total of ${quota.total} bytes`);
    this.#state = next;
  }

  statusSet(status: Status): void {
    this.status = status;
  }

  /** What is put in force when the hook ends with exit code 0; refused where leadership was lost. */
  flush(): Pending {
    const { application } = this.view;
    const bags: Record<string, Record<string, Databag>> = {};
    for (const [id, written] of this.#bags) {
      for (const [who, bag] of written) {
        if (bag === this.view.relations[id]?.bags[who]) continue;
        if (who === application && !this.#leads)
          throw new ToolError('relation-set', 1, 'cannot write relation settings');
        bags[id] ??= {};
        bags[id][who] = bag;
      }
    }
    return { bags, state: this.#state, ...this.secrets.flush() };
  }

  #relation(tool: string, id: number): RelationView {
    const relation = this.view.relations[id];
    if (relation !== undefined) return relation;
    throw new ToolError(tool, 2, `invalid value "${id}" for option -r: relation not found`);
  }

  #overQuota(what: string): never {
    throw new ToolError('state-set', 1, `max allowed ${what} exceeded`);
  }
}
