/** Units of the ingress over a Juju in memory, each before a proxy of its own. */
import { type DispatchRun, dispatch, type JujuEvent, render } from 'hookchart';
import { MemoryJuju } from 'hookchart/juju';
import { charm, type ReverseProxy } from '../../docs/ingress/charm/charm.ts';
import { MemoryProxy } from '../../docs/ingress/charm/memory-proxy.ts';
import type { IngressWords } from '../../docs/ingress/charm/words.ts';

export interface Asking {
  readonly model?: unknown;
  readonly name?: unknown;
  readonly port?: unknown;
  readonly 'strip-prefix'?: unknown;
  readonly 'redirect-https'?: unknown;
}

const encoded = (values: object): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));

export class Deployment<Proxy extends ReverseProxy = MemoryProxy> {
  readonly juju: MemoryJuju;
  readonly proxies: ReadonlyMap<string, Proxy>;

  constructor(
    proxies: ReadonlyMap<string, Proxy>,
    config: Readonly<Record<string, unknown>> = {},
    endpoint = (unit: string) => `10.0.0.${unit.split('/')[1]}:80`,
  ) {
    const units = [...proxies.keys()];
    this.proxies = proxies;
    this.juju = new MemoryJuju({
      application: 'ingress',
      units,
      leader: units[0] ?? null,
      endpoint,
      config,
    });
  }

  /** What an application's databags say, and one of its units' each; `units` are addresses. */
  ask(relation: number, asking: Asking, units: readonly unknown[] = ['10.1.0.7']): void {
    this.juju.request(relation, encoded(asking), 'ingress');
    const bags = units.map((ip, at) => [`web/${at}`, encoded({ host: `web-${at}.local`, ip })]);
    this.juju.join(relation, Object.fromEntries(bags));
  }

  async hook(unit: string, event: JujuEvent): Promise<DispatchRun<IngressWords>> {
    const proxy = this.proxies.get(unit);
    if (proxy === undefined) throw new Error(`there is no ${unit}`);
    const outcome = await dispatch(charm, { juju: this.juju.hook(unit), proxy })(event)();
    if (outcome._tag === 'Left') throw new Error(render(outcome.left));
    return outcome.right;
  }

  /** Every unit is told of a relation, and then of what its peers say, until nobody says anything new. */
  async settle(hook: string, relation?: number): Promise<void> {
    const event = relation === undefined ? { hook } : { hook, relation };
    for (const unit of this.juju.units) await this.hook(unit, event);
    await this.hear();
  }

  async hear(): Promise<void> {
    for (let before = ''; before !== this.#said(); ) {
      before = this.#said();
      for (const unit of this.juju.units)
        await this.hook(unit, { hook: 'ingress-peers-relation-changed', relation: 0 });
    }
  }

  url(relation: number): string | null {
    const { ingress } = this.juju.databag({ _tag: 'OwnApp', relation });
    return ingress === undefined ? null : JSON.parse(ingress).url;
  }

  paths(unit: string): readonly string[] {
    const proxy = this.proxies.get(unit);
    if (!(proxy instanceof MemoryProxy)) throw new Error('only a proxy in memory tells');
    return [...proxy.routes.values()].map(({ path }) => path);
  }

  #said(): string {
    const peers = this.juju.units.map((unit) => this.juju.databag({ _tag: 'PeerUnit', unit }));
    return JSON.stringify([this.juju.databag({ _tag: 'PeerApp' }), peers]);
  }
}

export const inMemory = (
  units: readonly string[],
  config: Readonly<Record<string, unknown>> = {},
) => new Deployment(new Map(units.map((unit) => [unit, new MemoryProxy()])), config);
