/**
 * Juju's hook tools, as one hook of one unit finds them: the same names, the same rules, the same
 * words when they refuse. What is written is seen by this hook at once and by the world when the
 * hook ends well; status and what a leader says by `leader-set` are seen at once.
 */

import { merged } from '../juju/databag.ts';
import type { Databag, Status } from '../juju/index.ts';
import { given } from './given.ts';
import { SecretTools } from './secret-tools.ts';
import { ToolError } from './tool-error.ts';
import type { RelationView, View } from './view.ts';

/** What is in force although the commit of a hook was refused. */
export type Kept = Pick<Pending, 'secrets' | 'secretsMade'>;

/** What a hook that ended well asks Juju to put in force, all of it or nothing. */
export interface Pending {
  /** By relation id, then by the application or unit whose databag it is. */
  readonly bags: Readonly<Record<string, Readonly<Record<string, Databag>>>>;
  readonly state: Databag;
  /** Keys of the state that are there without a value. */
  readonly blanks: readonly string[];
  readonly secrets: View['secrets'];
  readonly secretsMade: number;
  readonly secretsRemoved: readonly string[];
  /** Names of storages of which there is to be one more each. */
  readonly storageAdded?: readonly string[];
}

const quota = { key: 256, value: 64 * 1024, total: 2 * 1024 * 1024 };

export class HookTools {
  readonly view: View;
  readonly secrets: SecretTools;
  status: Status | null = null;
  /** What the leader said to its followers; null where it said nothing. */
  settings: Databag | null = null;
  /** False as soon as leadership was lost, which a hook that takes longer than its promise may meet. */
  #leads: boolean;
  #wasDenied = false;
  #state: Databag;
  #blanks: readonly string[];
  readonly #storageAdded: string[] = [];
  #storageRefused: string | null = null;
  readonly #asks = new Set<string>();
  readonly #bags = new Map<string, Map<string, Databag>>();

  constructor(view: View) {
    given('HookTools', 'the view', view, { unit: 'text', hook: 'record', secrets: 'record' });
    this.view = view;
    this.#leads = view.leader;
    this.#state = view.state;
    this.#blanks = view.blanks;
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
    // Who reads its own databag has Juju write it at the commit, as it is.
    if (who === unit) this.#asks.add('relation-unit-settings');
    if (bag === undefined && who.startsWith(`${relation.remote}/`))
      throw new ToolError(
        'relation-get',
        1,
        `cannot read settings for unit "${who}" in relation "${relation.key}": unit "${who}": settings not found`,
      );
    if (bag === undefined) throw new ToolError('relation-get', 1, 'permission denied');
    return bag;
  }

  /** Merges values into the databag of this unit or of its application; an empty one deletes its key. */
  relationSet(id: number, whose: 'unit' | 'application', values: Databag): void {
    const relation = this.#relation('relation-set', id);
    if (whose === 'application' && !this.isLeader())
      throw new ToolError('relation-set', 1, 'cannot write relation settings');
    if (Object.keys(values).length > 0) this.#asks.add('relation-unit-settings');
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

  /** All keys, those without a value as well. */
  stateShown(): Databag {
    return { ...this.#state, ...Object.fromEntries(this.#blanks.map((key) => [key, ''])) };
  }

  /** An empty value stays there as an empty value; `state-delete` takes a key away. */
  stateSet(values: Databag): void {
    for (const [key, value] of Object.entries(values)) {
      if (key.length > quota.key) this.#overQuota(`key length (${quota.key})`);
      if (value.length > quota.value) this.#overQuota(`value length (${quota.value})`);
    }
    if (Object.keys(values).length > 0) this.#asks.add('unit-state');
    this.#state = merged(this.#state, values);
    const others = this.#blanks.filter((key) => values[key] === undefined);
    const blank = Object.keys(values).filter((key) => values[key] === '');
    this.#blanks = [...others, ...blank].sort();
  }

  stateDelete(key: string): void {
    this.#asks.add('unit-state');
    this.#state = merged(this.#state, { [key]: '' });
    this.#blanks = this.#blanks.filter((blank) => blank !== key);
  }

  /** What leaders have said to all units of the application. */
  leaderGet(): Databag {
    return this.settings ?? this.view.settings ?? {};
  }

  /** In force at once, whatever becomes of the hook; an empty value takes its key away. */
  leaderSet(values: Databag): void {
    if (!this.isLeader())
      throw new ToolError(
        'leader-set',
        1,
        'cannot write leadership settings: cannot write settings: not the leader',
      );
    this.settings = merged(this.leaderGet(), values);
  }

  statusSet(status: Status): void {
    this.status = status;
  }

  /**
   * So many more of a storage, of which a unit may have `most`: null where there is no limit, nothing
   * where its charm has no such storage. Juju counts at the commit.
   */
  storageAdd(name: string, count: number, most: number | null | undefined): void {
    this.#storageAdded.push(...Array<string>(count).fill(name));
    this.#storageRefused ??= this.#storageRefusal(name, count, most);
  }

  #storageRefusal(name: string, count: number, most: number | null | undefined): string | null {
    const { unit, dyingUnits, storage = [] } = this.view;
    const adding = `adding "${name}" storage to ${unit}`;
    if (most === undefined) return `${adding}: charm storage "${name}" not found`;
    if (dyingUnits.includes(unit)) return `${adding}: unit is not found or not alive`;
    const has = storage.filter((one) => one === name || one.startsWith(`${name}/`)).length;
    const total = has + this.#storageAdded.filter((one) => one === name).length;
    if (most === null || total <= most) return null;
    const what = `attaching ${count} storage instance${count === 1 ? '' : 's'}`;
    return most === 1 && has === 1
      ? `${adding}: cannot attach, storage is singular`
      : `${adding}: ${what} brings the total to ${total}, exceeding the maximum of ${most}`;
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
    const flushed = this.secrets.flush();
    if (JSON.stringify(this.#state).length > quota.total)
      throw new ToolError(
        'commit',
        1,
        `persisting charm state: max allowed size (${quota.total}) exceeded`,
      );
    const storageAdded = this.#storageAdded;
    if (this.#storageRefused !== null) throw new ToolError('commit', 1, this.#storageRefused);
    return {
      ...{ bags, state: this.#state, blanks: this.#blanks, ...flushed },
      ...(storageAdded.length === 0 ? {} : { storageAdded }),
    };
  }

  /** What stays where the commit is refused: secrets are made before anything else is looked at. */
  kept(): Kept {
    const secrets = this.secrets.kept();
    const { made } = this.view;
    return { secrets, secretsMade: made.secrets + Object.keys(secrets).length };
  }

  /** What the agent asks of Juju at the commit, in Juju's words; empty where there is nothing. */
  asks(): readonly string[] {
    const isConfigChanged = this.view.hook.name === 'config-changed';
    return [
      ...this.#asks,
      ...this.secrets.asks(),
      ...(isConfigChanged ? ['update-network-info'] : []),
    ].sort();
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
