import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Bag, Changes, Databag, HookError, Model, Status } from '../../engine/index.ts';
import { merged } from './databag.ts';

export interface MemoryJujuOptions {
  readonly application: string;
  readonly units: readonly string[];
  /** Where clients reach a unit; null while the unit has no address. */
  readonly endpoint: (unit: string) => string | null;
  readonly leader: string | null;
  readonly model?: string;
}

interface Relation {
  remote: Databag;
  own: Databag;
  /** False once it is breaking: Juju no longer lists it, and its databags can still be read. */
  listed: boolean;
}

/**
 * A small Juju in memory: one application with its peers and its `database` relations. It keeps
 * Juju's rules: who may read and write which databag, and writes that appear when a hook ends well.
 */
export class MemoryJuju {
  readonly application: string;
  readonly owner: string;
  leader: string | null;
  /** Units that are to go; the others are the planned ones. */
  readonly dying = new Set<string>();
  readonly #endpoint: MemoryJujuOptions['endpoint'];
  readonly #units: Map<string, Databag>;
  readonly #relations = new Map<number, Relation>();
  readonly #statuses = new Map<string, Status>();
  readonly #states = new Map<string, Databag>();
  #peerApp: Databag = {};

  constructor({ application, units, endpoint, leader, model = 'memory' }: MemoryJujuOptions) {
    this.application = application;
    this.owner = `${model}/${application}`;
    this.leader = leader;
    this.#endpoint = endpoint;
    this.#units = new Map(units.map((unit) => [unit, {}]));
  }

  get units(): readonly string[] {
    return [...this.#units.keys()];
  }

  get relations(): readonly number[] {
    return [...this.#relations.keys()];
  }

  /** The requirer's side: what its leader has written. Relating anew keeps what is there. */
  request(relation: number, remote: Databag): void {
    const known = this.#relations.get(relation);
    this.#relations.set(relation, { remote, own: known?.own ?? {}, listed: true });
  }

  /** The relation is breaking: no longer listed, not yet gone. */
  breaking(relation: number): void {
    const known = this.#relations.get(relation);
    if (known !== undefined) known.listed = false;
  }

  /** The relation is gone, with its databags. */
  forget(relation: number): void {
    this.#relations.delete(relation);
  }

  addUnit(unit: string): void {
    this.#units.set(unit, {});
  }

  removeUnit(unit: string): void {
    this.#units.delete(unit);
    this.dying.delete(unit);
    this.#statuses.delete(unit);
    if (this.leader === unit) this.leader = null;
  }

  /** A databag as Juju holds it, whoever asks. */
  databag(bag: Bag): Databag {
    switch (bag._tag) {
      case 'PeerApp':
        return this.#peerApp;
      case 'PeerUnit':
        return this.#units.get(bag.unit) ?? {};
      case 'OwnApp':
        return this.#relations.get(bag.relation)?.own ?? {};
      case 'RemoteApp':
        return this.#relations.get(bag.relation)?.remote ?? {};
    }
  }

  status(unit: string): Status | undefined {
    return this.#statuses.get(unit);
  }

  /** What one hook of a unit sees. */
  hook(unit: string): Model {
    const endpoint = this.#endpoint(unit);
    return {
      unit,
      owner: this.owner,
      endpoint: TE.right(endpoint),
      leader: () => TE.right(this.leader === unit)(),
      plannedUnits: () => TE.right(this.units.filter((name) => !this.dying.has(name)))(),
      peers: () => TE.right(this.units.filter((other) => other !== unit))(),
      relations: () => TE.right(this.#listed())(),
      read: (bags) => async () => {
        const contents: Databag[] = [];
        for (const bag of bags) {
          const objection = this.#objection(unit, bag, 'read');
          if (objection !== null) return TE.left(objection)();
          contents.push(this.databag(bag));
        }
        return TE.right(contents)();
      },
      state: () => TE.right(this.#states.get(unit) ?? {})(),
      commit: (changes) => async () => {
        for (const { bag } of changes.bags) {
          const objection = this.#objection(unit, bag, 'write');
          if (objection !== null) return TE.left(objection)();
        }
        this.#apply(unit, changes);
        return TE.right(undefined)();
      },
    };
  }

  #listed(): readonly number[] {
    const listed: number[] = [];
    for (const [relation, { listed: isListed }] of this.#relations)
      if (isListed) listed.push(relation);
    return listed;
  }

  /** Juju's access rules, in Juju's words. */
  #objection(unit: string, bag: Bag, access: 'read' | 'write'): HookError | null {
    const refuse = (why: string): HookError => ({
      _tag: 'ModelRefused',
      class: 'broken',
      call: access === 'read' ? 'relation-get' : 'relation-set',
      why,
    });
    if (!this.#units.has(unit)) return refuse(`unit ${unit} not found`);
    const isLeader = this.leader === unit;
    switch (bag._tag) {
      case 'PeerApp':
        return access === 'read' || isLeader ? null : refuse('cannot write relation settings');
      case 'PeerUnit':
        if (access === 'write' && bag.unit !== unit) return refuse('permission denied');
        return this.#units.has(bag.unit) ? null : refuse(`unit ${bag.unit} not found`);
      case 'RemoteApp':
      case 'OwnApp':
        if (!this.#relations.has(bag.relation)) return refuse('relation not found');
        if (bag._tag === 'RemoteApp') return access === 'read' ? null : refuse('permission denied');
        if (isLeader) return null;
        return refuse(access === 'read' ? 'permission denied' : 'cannot write relation settings');
    }
  }

  #apply(unit: string, { bags, state, status }: Changes): void {
    for (const { bag, values } of bags) {
      const next = merged(this.databag(bag), values);
      if (bag._tag === 'PeerApp') this.#peerApp = next;
      else if (bag._tag === 'PeerUnit') this.#units.set(bag.unit, next);
      else {
        const relation = this.#relations.get(bag.relation);
        if (relation !== undefined) relation.own = next;
      }
    }
    this.#states.set(unit, merged(this.#states.get(unit) ?? {}, state));
    this.#statuses.set(unit, status);
  }
}
