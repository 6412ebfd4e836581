/**
 * What an operator has set and related around a charm that is attacked. `operated` is a machine
 * whose metrics are read, whose clients must come by TLS, and which runs two PgBouncers; `service`
 * is Kubernetes, where applications are told of one service for all units.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../src/pgbouncer/demo/servers/child.ts';
import type { Databag } from '../../src/pgbouncer/relation/request.ts';
import { unitsOf } from '../../src/testing/world.ts';
import { type Authority, authority } from '../integration/certificates.ts';
import { type APebble, startPebble } from '../pgbouncer/charm/a-pebble.ts';
import { Scraper } from '../pgbouncer/charm/a-scraper.ts';
import { CertificateGiver } from '../pgbouncer/charm/certificate-giver.ts';
import type { Hindrance, RealCharm } from '../pgbouncer/charm/charm.ts';
import { dies } from '../pgbouncer/charm/kept.ts';
import type { Instead } from '../pgbouncer/charm/stand-in.ts';

/** How many PgBouncers a unit runs there. */
export const processes = 2;

/** Where one of a unit's PgBouncers, and no other, listens. */
export const hostOf = (number: number): string => `127.0.0.${11 + number}`;

/** Milliseconds in which a scrape is answered, whoever else asks. */
const patience = 6_000;

/** Characters of an answer about metrics, or of one action. */
const mostMetrics = 1_000_000;
const mostShown = 100_000;

const sample =
  /^(?:pgbouncer_(?:up|pools_|stats_totals_|databases_)|hookchart_(?:hook_|charts_total|relations|removals_waiting|last_hook_))[a-z_]*(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? [-+.e\d]+$/;
const comment =
  /^# (?:HELP|TYPE) (?:pgbouncer_(?:up|pools_|stats_totals_|databases_)|hookchart_)[a-z_]*(?: [ -~]+)?$/;

export class Operations {
  readonly setting: 'operated' | 'service';
  readonly scraper = new Scraper();
  readonly #charm: RealCharm;
  readonly #units: readonly string[];
  readonly #pebbles = new Map<string, APebble>();
  readonly #authority: Authority | null;

  private constructor(charm: RealCharm, setting: 'operated' | 'service') {
    this.#charm = charm;
    this.setting = setting;
    this.#units = unitsOf(charm.world, 'pgbouncer');
    this.#authority = setting === 'operated' ? authority() : null;
  }

  /** Before the charm has run any hook. */
  static async of(charm: RealCharm, setting: 'operated' | 'service'): Promise<Operations> {
    const operations = new Operations(charm, setting);
    for (const unit of operations.#units)
      if (setting === 'operated')
        Object.assign(charm.config(unit), {
          ...{ processes: String(processes), tls: 'require' },
          'metrics-port': await freePort(),
        });
      else {
        Object.assign(charm.config(unit), { endpoint: 'service', processes: '1' });
        operations.#pebbles.set(unit, await startPebble(charm.home(unit)));
      }
    return operations;
  }

  /** What a hook or an action finds around it. */
  hindrance(unit: string): Pick<Hindrance, 'instead' | 'variables'> {
    // Others have no hooks of their own here.
    if (!this.#units.includes(unit)) return {};
    const pebble = this.#pebbles.get(unit);
    const onKubernetes = {
      ...{ JUJU_MACHINE_ID: '', HOOKCHART_HOME: this.#charm.home(unit) },
      HOOKCHART_PEBBLE_SOCKET: pebble?.socket,
    };
    return {
      ...(pebble === undefined ? {} : { variables: onKubernetes }),
      ...(this.setting === 'operated' ? { instead: this.scraper.instead(unit) } : {}),
    };
  }

  /** The same, with what an action has. */
  ofAction(
    unit: string,
    action: { readonly instead: Instead; readonly variables: Readonly<Record<string, string>> },
  ): Pick<Hindrance, 'instead' | 'variables'> {
    const { instead, variables } = this.hindrance(unit);
    return {
      variables: { ...variables, ...action.variables },
      instead: (call, number) => action.instead(call, number) ?? instead?.(call, number) ?? null,
    };
  }

  /** Relates who gives certificates and who reads metrics, once the charm is up. */
  async relate(hook: (unit: string, name: string) => Promise<void>): Promise<void> {
    if (this.#authority === null) return;
    this.#charm.certificates = new CertificateGiver(100_001);
    for (const unit of this.#units) await hook(unit, 'certificates-relation-created');
    this.#charm.certificates.give(this.#authority);
    for (const unit of this.#units)
      for (const name of ['certificates-relation-changed', 'metrics-endpoint-relation-created'])
        await hook(unit, name);
  }

  /** Hooks that these relations bring, beside all others. */
  get hooks(): readonly string[] {
    return this.setting === 'operated'
      ? ['certificates-relation-changed', 'metrics-endpoint-relation-changed']
      : ['pgbouncer-pebble-ready'];
  }

  port(unit: string): number {
    return Number(this.#charm.config(unit)['metrics-port']);
  }

  /** What metrics say and show, and whether it is only what they are to show. */
  async look(unit: string): Promise<{ readonly text: string; readonly why: readonly string[] }> {
    if (this.setting !== 'operated') return { text: '', why: [] };
    const why: string[] = [];
    const url = `http://127.0.0.1:${this.port(unit)}/metrics`;
    const reply = await fetch(url, { signal: AbortSignal.timeout(patience) }).catch(String);
    if (typeof reply === 'string') return { text: '', why: [`no metrics are told: ${reply}`] };
    const text = await reply.text();
    if (reply.status !== 200) why.push(`metrics answer with ${reply.status}`);
    if (text.length > mostMetrics) why.push(`metrics have ${text.length} characters`);
    const odd = text
      .split('\n')
      .find((one) => one !== '' && !sample.test(one) && !comment.test(one));
    if (odd !== undefined) why.push(`metrics have a line ${odd.slice(0, 200)}`);
    for (let number = 0; number < processes; number++)
      if (!text.split('\n').includes(`pgbouncer_up{process="${number}"} 1`))
        why.push(`metrics do not say that process ${number} is up`);
    const console = readFileSync(join(this.#charm.home(unit), 'console-password'), 'utf8');
    if (text.includes(console)) why.push('metrics have the password of the console');
    return { text, why };
  }

  /** What an action may not show, whatever it is about. */
  objections(name: string, shown: string): readonly string[] {
    const why: string[] = [];
    if (shown.length > mostShown) why.push(`${name} shows ${shown.length} characters`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
    const odd = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/.exec(shown);
    if (odd !== null) why.push(`${name} shows ${JSON.stringify(odd[0])}, which a terminal obeys`);
    return why;
  }

  /** A databag with addresses that can be reached from here: nobody resolves names of a cluster. */
  reached(bag: Databag): Databag {
    const of = (text = '') => text.replaceAll(/[a-z0-9.-]+\.svc\.cluster\.local/g, '127.0.0.1');
    return this.setting === 'operated' ? bag : { ...bag, endpoints: of(bag.endpoints) };
  }

  async stop(): Promise<void> {
    this.#authority?.remove();
    for (const [unit, pebble] of this.#pebbles) {
      dies({ iniFile: join(this.#charm.home(unit), 'pgbouncer.ini') });
      await pebble.stop();
    }
  }
}
