/** Whoever reads metrics: its side of the relation, by interface `prometheus_scrape`, and a scrape. */
import { setTimeout as after } from 'node:timers/promises';
import type { Instead } from './stand-in.ts';

export class Scraper {
  readonly relation = 77;
  isRelated = true;
  /** What the application and its units say to it, by who says it. */
  readonly said: Record<string, Record<string, string>> = {};

  get #name(): string {
    return `metrics-endpoint:${this.relation}`;
  }

  /** The hook tools, for this relation. */
  instead(unit: string): Instead {
    return ({ tool, args, input }) => {
      const done = (value: unknown = '') => ({
        ...{ code: 0, error: '' },
        out: value === '' ? '' : `${JSON.stringify(value)}\n`,
      });
      if (tool === 'relation-ids' && args.includes('metrics-endpoint'))
        return done(this.isRelated ? [this.#name] : []);
      if (!args.includes(this.#name)) return null;
      if (tool === 'relation-get') return done(this.said[args.at(-1) ?? ''] ?? {});
      if (tool !== 'relation-set') throw new Error(`${tool} is not asked`);
      const whose = args.includes('--app') ? (unit.split('/')[0] ?? '') : unit;
      this.said[whose] = { ...this.said[whose], ...JSON.parse(input) };
      return done();
    };
  }

  /** Its hook, as Juju calls it. */
  hook(name: string) {
    return { name, relation: this.relation, remoteApplication: 'prometheus' };
  }
}

/** What is read at a port as soon as somebody answers there; the caller's own limit is the end of a wait. */
export async function scraped(
  port: unknown,
  path = '/metrics',
): Promise<{ readonly status: number; readonly text: string }> {
  for (;;) {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
    if (reply !== null) return { status: reply.status, text: await reply.text() };
    await after(20);
  }
}
