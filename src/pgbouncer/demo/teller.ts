import type pg from 'pg';
import type { Recorder } from '../../inspector/recorder.ts';
import type { JujuEvent } from '../../juju/port.ts';
import type { ActionResults } from '../../process/action.ts';
import { bagKeys } from '../keys.ts';
import type { Databag } from '../relation/request.ts';
import { login } from './client.ts';
import type { Check } from './demo.ts';
import { narrateDispatch } from './narrate.ts';
import type { World } from './world.ts';

/**
 * Brings a story forward on the servers, and tells of each step in the terminal and to the page. An
 * interruption takes effect between two steps: none is left half done.
 */
export class Teller {
  readonly world: World;
  readonly checks: Check[] = [];
  readonly tell: (text: string) => void;
  readonly #recorder: Recorder;
  readonly #interruption: AbortSignal;
  readonly #clients = new Set<pg.Client>();

  constructor(
    world: World,
    tell: (text: string) => void,
    recorder: Recorder,
    interruption: AbortSignal,
  ) {
    this.world = world;
    this.tell = tell;
    this.#recorder = recorder;
    this.#interruption = interruption;
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.#clients].map((client) => client.end()));
  }

  asks(id: number, wanted: Databag): void {
    this.happens(`relation ${id} asks for ${wanted.database}`, `relation ${id}`);
    this.world.juju.request(id, wanted);
  }

  async removeRelation(id: number): Promise<void> {
    const { juju } = this.world;
    this.happens(`relation ${id} is removed`, `relation ${id}`);
    await this.everyone({
      hook: 'database-relation-departed',
      relation: id,
      departingUnit: 'application/0',
    });
    juju.breaking(id);
    await this.everyone({ hook: 'database-relation-broken', relation: id });
    juju.forget(id);
    await this.newsGoRound();
  }

  async everyone(event: JujuEvent): Promise<void> {
    for (const unit of this.world.juju.units) await this.hook(unit, event);
  }

  async hook(unit: string, event: JujuEvent): Promise<void> {
    this.#interruption.throwIfAborted();
    const run = await this.world.record(unit, event, this.#recorder);
    narrateDispatch(this.tell, unit, run);
  }

  /** What an operator gets who says `juju run UNIT NAME`. */
  async act(unit: string, name: string, parameters: object): Promise<ActionResults> {
    this.#interruption.throwIfAborted();
    this.happens(`an operator runs ${name} on ${unit}`, unit);
    this.tell(`\n$ ${['juju run', unit, name, ...parametersIn(parameters)].join(' ')}\n`);
    const results = await this.world.act(unit, name, parameters, this.#recorder);
    this.tell(`${JSON.stringify(results, null, 2).replaceAll(/^/gm, '  ')}\n`);
    return results;
  }

  /** The followers hear of the ledger, and the leader of the followers. */
  async newsGoRound(): Promise<void> {
    const { units, leader } = this.world.juju;
    const followers = units.filter((unit) => unit !== leader);
    const hook = 'pgb-peers-relation-changed';
    for (const unit of followers) await this.hook(unit, { hook });
    if (leader === null) return;
    for (const remoteUnit of followers) await this.hook(leader, { hook, remoteUnit });
  }

  async check(name: string, body: () => Promise<[ok: boolean, detail: string]>): Promise<void> {
    this.#interruption.throwIfAborted();
    let [ok, detail] = [false, ''];
    try {
      [ok, detail] = await body();
    } catch (error) {
      detail = error instanceof Error ? error.message : String(error);
    }
    this.checks.push({ name, ok, detail });
    this.#recorder.note('check', name, ok, { detail });
    this.tell(`  ${ok ? '✓' : '✗'} ${name} (${detail})\n`);
  }

  async login(bag: Databag, options?: Parameters<typeof login>[1]): Promise<pg.Client> {
    const ca = (bag.tls === 'True' && bag[bagKeys.tlsAuthorities]) || '';
    const client = await login(bag, { ca, ...options });
    this.#clients.add(client);
    return client;
  }

  published(id: number): Databag {
    return this.world.juju.databag({ _tag: 'OwnApp', relation: id });
  }

  endpointOf(unit: string): string {
    const { host, port } = this.world.pooler(unit);
    return `${host}:${port}`;
  }

  happens(text: string, of?: string): void {
    this.#recorder.note('action', text, true, of === undefined ? {} : { of });
  }

  chapter(title: string): void {
    this.#recorder.note('chapter', title);
    this.tell(`\n${title}\n${'─'.repeat(title.length)}\n`);
  }
}

const parametersIn = (parameters: object): readonly string[] =>
  Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
