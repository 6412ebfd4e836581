import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { heldTexts, unknownUnit } from '../contract/gave.ts';
import { given } from '../hook/index.ts';
import { merged } from './databag.ts';
import type { JujuError } from './errors.ts';
import { listedIn, type MemoryRelation, related } from './memory-relation.ts';
import type { Bag, Changes, Databag, Juju, JujuAttempt, SecretStore, Status } from './port.ts';

export interface MemoryJujuOptions {
  readonly application: string;
  readonly units: readonly string[];
  /** Where clients reach a unit; null while the unit has no address. */
  readonly endpoint: (unit: string) => string | null;
  readonly leader: string | null;
  /** The charm's options; none by default. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly model?: string;
  /** Whether this Juju has secrets; by default it has none, like Juju 2.9. */
  readonly hasSecrets?: boolean;
}

const memoryOptions = { application: 'text', units: 'list', endpoint: 'function' } as const;

export interface SecretInMemory {
  readonly label: string;
  readonly content: Databag;
  /** The relations whose remote application may read it. */
  readonly grants: readonly number[];
}

/**
 * A small Juju in memory: one application with its peers and its relations with others. It keeps
 * Juju's rules: who may read and write which databag, and writes that appear when a hook ends well.
 *
 * @category A Juju
 *
 * @example
 * ```ts
 * import { MemoryJuju } from 'hookchart/juju';
 *
 * const juju = new MemoryJuju({
 *   application: 'web',
 *   units: ['web/0', 'web/1'],
 *   leader: 'web/0',
 *   endpoint: (unit) => `${unit.replace('/', '-')}:80`,
 * });
 * juju.request(4, { path: '/shop' }, 'website');
 * console.log(await juju.hook('web/1').leader());
 * // { _tag: 'Right', right: false }
 * ```
 */
export class MemoryJuju {
  readonly application: string;
  readonly owner: string;
  leader: string | null;
  config: Readonly<Record<string, unknown>>;
  /** Units that are to go; the others are the planned ones. */
  readonly dying = new Set<string>();
  /** Units that have left their peers, and have other relations still. */
  readonly left = new Set<string>();
  readonly #endpoint: MemoryJujuOptions['endpoint'];
  readonly #units: Map<string, Databag>;
  readonly #relations = new Map<number, MemoryRelation>();
  readonly #statuses = new Map<string, Status>();
  readonly #states = new Map<string, Databag>();
  readonly #hasSecrets: boolean;
  #secrets: ReadonlyMap<string, SecretInMemory> = new Map();
  #secretsMade = 0;
  #peerApp: Databag = {};

  constructor(options: MemoryJujuOptions) {
    given('MemoryJuju', 'its options', options, memoryOptions);
    const { application, units, endpoint, leader } = options;
    if (leader !== null && !units.includes(leader)) throw unknownUnit(leader, units);
    const { model = 'memory', hasSecrets = false, config = {} } = options;
    this.application = application;
    this.owner = `${model}/${application}`;
    this.leader = leader;
    this.config = config;
    this.#endpoint = endpoint;
    this.#hasSecrets = hasSecrets;
    this.#units = new Map(units.map((unit) => [unit, {}]));
  }

  get units(): readonly string[] {
    return [...this.#units.keys()];
  }

  get relations(): readonly number[] {
    return [...this.#relations.keys()];
  }

  /**
   * The requirer's side: what its leader has written. Relating anew keeps what is there. Without an
   * endpoint the relation is one of whichever endpoint is asked for.
   */
  request(relation: number, remote: Databag, endpoint: string | null = null): void {
    given('MemoryJuju', 'the relation', relation, 'number');
    const texts = heldTexts('MemoryJuju', remote);
    this.#relations.set(relation, related(this.#relations.get(relation), texts, endpoint));
  }

  /** What the requirer's units have written, by name; those that are not named have departed. */
  join(relation: number, units: Readonly<Record<string, Databag>>): void {
    const known = this.#relations.get(relation);
    if (known !== undefined) known.units = new Map(Object.entries(units));
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
    this.left.delete(unit);
    this.#statuses.delete(unit);
    this.#states.delete(unit);
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
      case 'RemoteUnit':
        return this.#relations.get(bag.relation)?.units.get(bag.unit) ?? {};
      case 'OwnUnit':
        return this.#relations.get(bag.relation)?.ownUnits.get(bag.unit) ?? {};
    }
  }

  /** The secrets of the application by id, with the relations that they are granted to. */
  get secrets(): ReadonlyMap<string, SecretInMemory> {
    return this.#secrets;
  }

  status(unit: string): Status | undefined {
    return this.#statuses.get(unit);
  }

  /** What one hook of a unit sees. */
  hook(unit: string): Juju {
    if (!this.#units.has(unit)) throw unknownUnit(unit, this.units);
    const endpoint = this.#endpoint(unit);
    const secrets = new Map(this.#secrets);
    return {
      unit,
      owner: this.owner,
      endpoint: TE.right(endpoint),
      leader: () => TE.right(this.leader === unit)(),
      plannedUnits: () => TE.right(this.units.filter((name) => !this.dying.has(name)))(),
      hasLeft: () => TE.right(this.left.has(unit))(),
      peers: () => TE.right(this.units.filter((other) => other !== unit))(),
      config: TE.right(this.config),
      relations: (endpoint) => () => TE.right(listedIn(this.#relations, endpoint))(),
      remoteUnits: (relation) => async () => {
        const units = this.#relations.get(relation)?.units;
        if (units === undefined) return E.left(refusal('relation-list', 'relation not found'));
        return E.right([...units.keys()]);
      },
      read: (bags) => async () =>
        bags.map((bag) => {
          const objection = this.#objection(unit, bag, 'read');
          return objection === null ? E.right(this.databag(bag)) : E.left(objection);
        }),
      state: () => TE.right(this.#states.get(unit) ?? {})(),
      secrets: this.#hasSecrets ? this.#secretStore(unit, secrets) : null,
      commit: (changes) => async () => {
        for (const { bag } of changes.bags) {
          const objection = this.#objection(unit, bag, 'write');
          if (objection !== null) return E.left(objection);
        }
        this.#apply(unit, changes);
        if (this.leader === unit) this.#secrets = secrets;
        return E.right(undefined);
      },
    };
  }

  /** What a hook does with secrets stays in its own copy until it commits. */
  #secretStore(unit: string, secrets: Map<string, SecretInMemory>): SecretStore {
    const change =
      <Result>(call: string, body: () => Result): JujuAttempt<Result> =>
      async () =>
        this.leader === unit
          ? E.right(body())
          : E.left(refusal(call, 'this unit is not the leader'));
    // Juju makes secrets before it removes others: a label is free from the next hook on.
    const going = new Set<string>();
    const alter = (id: string, part: Partial<SecretInMemory>) => {
      const before = secrets.get(id);
      if (before !== undefined) secrets.set(id, { ...before, ...part });
    };
    return {
      read: (id) => async () => {
        const content = secrets.get(id)?.content;
        if (content !== undefined) return E.right(content);
        const why = `secret "${id}" not found`;
        return E.left({ _tag: 'SecretUnreadable', class: 'unavailable', id, why });
      },
      make: (label, content) => {
        const why = `secret with label "${label}" already exists`;
        if (going.has(label)) return async () => E.left(refusal('secret-add', why));
        return change('secret-add', () => {
          const known = [...secrets].find(([, secret]) => secret.label === label)?.[0];
          if (known !== undefined) alter(known, { content });
          const id = known ?? `secret:${String(++this.#secretsMade).padStart(20, '0')}`;
          if (known === undefined) secrets.set(id, { label, content, grants: [] });
          return id;
        });
      },
      replace: (id, content) => change('secret-set', () => alter(id, { content })),
      grant: (id, relation) =>
        change('secret-grant', () =>
          alter(id, { grants: [...new Set([...(secrets.get(id)?.grants ?? []), relation])] }),
        ),
      remove: (id) =>
        change('secret-remove', () => {
          const label = secrets.get(id)?.label;
          if (label !== undefined) going.add(label);
          secrets.delete(id);
        }),
      strays: (onRecord) => async () =>
        E.right(
          [...secrets].flatMap(([id, { label }]) => (onRecord.includes(id) ? [] : [{ id, label }])),
        ),
    };
  }

  /** Juju's access rules, in Juju's words. */
  #objection(unit: string, bag: Bag, access: 'read' | 'write'): JujuError | null {
    const refuse = (why: string): JujuError =>
      refusal(access === 'read' ? 'relation-get' : 'relation-set', why);
    if (!this.#units.has(unit)) return refuse(`unit ${unit} not found`);
    const isLeader = this.leader === unit;
    switch (bag._tag) {
      case 'PeerApp':
        return access === 'read' || isLeader ? null : refuse('cannot write relation settings');
      case 'PeerUnit':
        if (access === 'write' && bag.unit !== unit) return refuse('permission denied');
        return this.#units.has(bag.unit) ? null : refuse(`unit ${bag.unit} not found`);
      case 'RemoteUnit':
        if (this.#relations.get(bag.relation)?.units.has(bag.unit) !== true)
          return refuse(`settings not found for unit ${bag.unit}`);
        return access === 'read' ? null : refuse('permission denied');
      case 'OwnUnit':
      case 'RemoteApp':
      case 'OwnApp':
        if (!this.#relations.has(bag.relation)) return refuse('relation not found');
        if (bag._tag === 'OwnUnit') return bag.unit === unit ? null : refuse('permission denied');
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
        if (bag._tag === 'OwnUnit') relation?.ownUnits.set(bag.unit, next);
        else if (relation !== undefined) relation.own = next;
      }
    }
    this.#states.set(unit, merged(this.#states.get(unit) ?? {}, state));
    this.#statuses.set(unit, status);
  }
}

const refusal = (call: string, why: string): JujuError => ({
  _tag: 'ModelRefused',
  class: 'broken',
  call,
  why,
});
