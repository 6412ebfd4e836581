import * as E from 'fp-ts/lib/Either.js';
import { type HookEvent, type HookName, hooks } from '../machines/index.ts';
import type { JujuEvent } from '../src/juju/port.ts';
import { type HookError, render } from '../src/pgbouncer/errors.ts';
import {
  MemoryIdentity,
  MemoryJuju,
  MemoryPgbouncer,
  MemoryPostgres,
  seededEntropy,
} from '../src/pgbouncer/memory/index.ts';
import type { Adapters } from '../src/pgbouncer/ports.ts';
import type { Databag } from '../src/pgbouncer/relation/request.ts';
import type { DispatchRun, Driven } from '../src/pgbouncer/run.ts';
import { type DispatchOptions, dispatch } from './dispatch.ts';
import { type HookRun, interpret, type Options } from './interpret.ts';

/** Three units in memory, `p/1` the leader, each thing within reach of a test. */
export class MemoryWorld {
  readonly juju: MemoryJuju;
  readonly endpoints = new Map<string, string | null>(
    [0, 1, 2, 3].map((number) => [`p/${number}`, `pgb-${number}:6432`]),
  );
  readonly postgres = new MemoryPostgres();
  readonly poolers = new Map<string, MemoryPgbouncer>(
    [0, 1, 2, 3].map((number) => [`p/${number}`, new MemoryPgbouncer(this.postgres)]),
  );
  readonly entropy = seededEntropy(1);
  readonly identities = new Map<string, MemoryIdentity>(
    [0, 1, 2, 3].map((number) => [
      `p/${number}`,
      new MemoryIdentity(`p/${number}`, [`pgb-${number}`]),
    ]),
  );

  /** Juju 2.9 by default, which has no secrets. */
  constructor({ hasSecrets = false } = {}) {
    this.juju = new MemoryJuju({
      application: 'p',
      units: ['p/0', 'p/1', 'p/2'],
      leader: 'p/1',
      endpoint: (unit) => this.endpoints.get(unit) ?? null,
      hasSecrets,
    });
  }

  pooler(unit: string): MemoryPgbouncer {
    const pooler = this.poolers.get(unit);
    if (pooler === undefined) throw new Error(`no unit ${unit}`);
    return pooler;
  }

  identity(unit: string): MemoryIdentity {
    const identity = this.identities.get(unit);
    if (identity === undefined) throw new Error(`no unit ${unit}`);
    return identity;
  }

  adapters(unit: string): Adapters {
    return {
      juju: this.juju.hook(unit),
      backend: this.postgres.hook(),
      pooler: this.pooler(unit).hook(),
      entropy: this.entropy,
      identity: this.identity(unit).hook(),
      clock: () => 0,
    };
  }

  attempt(
    unit: string,
    hook: HookName,
    event: HookEvent,
    options?: Options,
  ): Promise<E.Either<HookError, HookRun>> {
    return interpret(this.adapters(unit), options)(hooks[hook])(event)();
  }

  async run(unit: string, hook: HookName, event: HookEvent, options?: Options): Promise<HookRun> {
    const outcome = await this.attempt(unit, hook, event, options);
    if (E.isLeft(outcome)) throw new Error(render(outcome.left));
    return outcome.right;
  }

  /** One hook of a unit, as Juju calls for it. */
  async dispatch(unit: string, event: JujuEvent, options?: DispatchOptions): Promise<DispatchRun> {
    const outcome = await dispatch(this.adapters(unit), options)(event)();
    if (E.isLeft(outcome)) throw new Error(render(outcome.left));
    return outcome.right;
  }

  /** The hook in which nobody was told anything; all that it went through. */
  async reconcile(unit: string, options?: DispatchOptions): Promise<readonly Driven[]> {
    const { charts, reconciled } = await this.dispatch(unit, { hook: 'update-status' }, options);
    return [...charts, ...reconciled];
  }

  /** The leader decides, the others hear of it, the leader hears of them. */
  async settle(): Promise<void> {
    const { leader, units } = this.juju;
    const followers = units.filter((unit) => unit !== leader);
    const decides = leader === null ? [] : [leader];
    for (const unit of [...decides, ...followers, ...decides]) await this.reconcile(unit);
  }

  /** A relation that is asked for, provisioned and known to all units. */
  async relate(
    relation: number,
    remote: Databag = { database: `db${relation}` },
  ): Promise<Databag> {
    this.juju.request(relation, remote);
    for (const unit of this.juju.units) await this.run(unit, 'database-requested', { relation });
    await this.settle();
    return this.own(relation);
  }

  own(relation: number): Databag {
    return this.juju.databag({ _tag: 'OwnApp', relation });
  }

  peer(unit?: string): Databag {
    return this.juju.databag(unit === undefined ? { _tag: 'PeerApp' } : { _tag: 'PeerUnit', unit });
  }

  record(relation: number): Record<string, unknown> | null {
    const text = this.peer()[`relation-${relation}`];
    return text === undefined ? null : JSON.parse(text);
  }

  /** The roles that belong to relations. */
  users(): string[] {
    return [...this.postgres.roles].flatMap(([name, { relation }]) =>
      relation === null ? [] : [name],
    );
  }

  /** Whether the published credentials log in through the published endpoint. */
  logsIn(bag: Databag): boolean {
    const unit = [...this.endpoints].find(([, endpoint]) => endpoint === bag.endpoints)?.[0];
    if (unit === undefined || bag.database === undefined) return false;
    const login = { user: bag.username ?? '', password: { secret: bag.password ?? '' } };
    return this.pooler(unit).serves(bag.database) && this.postgres.admits(login, bag.database);
  }
}
