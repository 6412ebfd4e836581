/** A charm whose leader has requests that wait, for hooks in which servers hang. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { startBackend } from '../../../src/pgbouncer/demo/world.ts';
import type { Hook } from '../../../src/testing/world.ts';
import { type Ended, type Hindrance, RealCharm } from './charm.ts';

export const leader = 'pgbouncer/0';
const follower = 'pgbouncer/1';
const updateStatus: Hook = { name: 'update-status' };

/** Seconds that a hook may take here, the fewest that can be set. */
const budget = 10;

export class Queue {
  readonly charm: RealCharm;
  /** The process id of PostgreSQL's first process. */
  readonly postmaster: number;
  #made = 0;

  private constructor(charm: RealCharm, postmaster: number) {
    this.charm = charm;
    this.postmaster = postmaster;
  }

  /** With two units, and so many relations that are served. */
  static async start(published: number): Promise<Queue> {
    const requirers = Object.fromEntries(
      Array.from({ length: 16 }, (_, number) => [
        `app-${number}`,
        { units: 1, request: { database: `db_${number}` } },
      ]),
    );
    const backend = await startBackend(['log_statement=all']);
    const charm = await RealCharm.start({ units: 2, hasSecrets: true, requirers }, backend);
    for (const unit of [leader, follower]) charm.config(unit)['hook-budget'] = budget;
    const [row] = await charm.sql('SHOW data_directory');
    const file = join(String(row?.data_directory), 'postmaster.pid');
    const queue = new Queue(charm, Number(readFileSync(file, 'utf8').split('\n')[0]));
    await queue.#related(published);
    return queue;
  }

  /** So many more requests, which wait in the leader's queue since the backend has not answered yet. */
  async wait(count: number): Promise<readonly number[]> {
    this.charm.answer = {};
    const relations = await this.#related(count);
    this.charm.answer = this.charm.backendDatabag;
    return relations;
  }

  isServed(relation: number): boolean {
    return this.charm.answerOf(relation).username !== undefined;
  }

  /** A hook of the leader that ends in time and in order, and calls nothing done that was not. */
  async honest(
    relations: readonly number[],
    { hook = updateStatus, ...hindrance }: Hindrance & { readonly hook?: Hook } = {},
  ): Promise<Ended & { readonly status: string }> {
    const ended = await this.charm.hook(leader, hook, hindrance);
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(ended.milliseconds).toBeLessThan((budget + 1) * 1_000);
    for (const relation of relations) {
      const isDone = new RegExp(
        `^(?:database-requested of relation ${relation}:.*, returned$|Provision of relation ${relation}: done)`,
        'm',
      ).test(ended.out);
      expect([relation, isDone]).toEqual([relation, this.isServed(relation)]);
    }
    return { ...ended, status: this.charm.statusOf(leader) };
  }

  /** Once the servers are back, the next update-status does what was left, and says so. */
  async madeUp(relations: readonly number[]): Promise<void> {
    for (const unit of [leader, follower])
      expect(await this.charm.hook(unit, updateStatus)).toMatchObject({ code: 0, error: '' });
    expect(this.charm.statusOf(leader)).toBe('active: ');
    expect(this.charm.statusOf(follower)).toBe('active: ');
    await this.charm.settle();
    for (const relation of relations) await (await login(this.charm.answerOf(relation))).end();
  }

  /** What is to happen once PostgreSQL has logged something. */
  upon(text: string, act: () => void): void {
    const { primary } = this.charm.backend;
    const from = primary.log().length;
    const timer = setInterval(() => {
      if (!primary.log().slice(from).includes(text)) return;
      clearInterval(timer);
      act();
    }, 1);
  }

  async #related(count: number): Promise<readonly number[]> {
    const relations: number[] = [];
    for (let one = 0; one < count; one++) {
      relations.push(this.charm.world.made.relations);
      await this.charm.take({ _tag: 'Relate', application: `app-${this.#made++}` });
    }
    await this.charm.settle();
    return relations;
  }
}
