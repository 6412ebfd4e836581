/** A collector of traces: it takes OTLP over HTTP and keeps what it was told. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as v from 'valibot';

const value = v.union([
  v.object({ stringValue: v.string() }),
  v.object({ intValue: v.number() }),
  v.object({ doubleValue: v.number() }),
  v.object({
    arrayValue: v.object({ values: v.array(v.object({ stringValue: v.string() })) }),
  }),
]);
const attributes = v.pipe(
  v.array(v.object({ key: v.string(), value })),
  v.transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, plain(value)]))),
);
const nanoseconds = v.pipe(
  v.string(),
  v.regex(/^\d{19}$/),
  v.transform((text) => BigInt(text)),
);
const span = v.object({
  traceId: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  spanId: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  parentSpanId: v.optional(v.string()),
  name: v.string(),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  status: v.object({ code: v.number(), message: v.optional(v.string()) }),
});
const told = v.object({
  resourceSpans: v.array(
    v.object({
      resource: v.object({ attributes }),
      scopeSpans: v.array(
        v.object({ scope: v.object({ name: v.string() }), spans: v.array(span) }),
      ),
    }),
  ),
});

const plain = (said: v.InferOutput<typeof value>) =>
  'arrayValue' in said
    ? said.arrayValue.values.map(({ stringValue }) => stringValue)
    : Object.values(said)[0];

/** A span as a test reads it, with those in it. */
export interface ToldSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The sentence of one that is marked as an error; null where it is not. */
  readonly error: string | null;
  /** Nanoseconds since the epoch. */
  readonly began: bigint;
  readonly ended: bigint;
  readonly spans: readonly ToldSpan[];
}

/** One hook, as it was told. */
export interface ToldTrace {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly root: ToldSpan;
}

export class Collector {
  readonly traces: ToldTrace[] = [];
  /** All that arrived, as it was written. */
  text = '';
  /** What it answers with. */
  status = 200;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        this.text += body;
        if (request.method === 'POST' && request.url === '/v1/traces') this.#take(body);
        response.statusCode = this.status;
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
  }

  static async start(): Promise<Collector> {
    const collector = new Collector();
    await new Promise<void>((resolve) => collector.#server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What a related collector says of itself, by interface `tracing`. */
  get receivers(): Record<string, string> {
    const of = (name: string, type: string, url: string) => ({ protocol: { name, type }, url });
    return {
      receivers: JSON.stringify([
        of('otlp_grpc', 'grpc', '127.0.0.1:4317'),
        of('otlp_http', 'http', this.url),
      ]),
    };
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(body: string): void {
    for (const { resource, scopeSpans } of v.parse(told, JSON.parse(body)).resourceSpans) {
      const inside = new Map<string | undefined, v.InferOutput<typeof span>[]>();
      for (const one of scopeSpans.flatMap(({ spans }) => spans))
        inside.set(one.parentSpanId, (inside.get(one.parentSpanId) ?? []).concat(one));
      const below = (parent: string | undefined): readonly ToldSpan[] =>
        (inside.get(parent) ?? [])
          .sort((one, other) => Number(one.startTimeUnixNano - other.startTimeUnixNano))
          .map(({ spanId, name, attributes, status, startTimeUnixNano, endTimeUnixNano }) => ({
            name,
            attributes,
            error: status.code === 2 ? (status.message ?? '') : null,
            began: startTimeUnixNano,
            ended: endTimeUnixNano,
            spans: below(spanId),
          }));
      for (const root of below(undefined))
        this.traces.push({ resource: resource.attributes, root });
    }
  }
}

/** A trace as a tree: what a span is called, what was answered, and what went wrong. */
export const treeOf = ({ name, attributes, error, spans }: ToldSpan, indent = ''): string =>
  [
    `${indent}${name}${ending(attributes)}${error === null ? '' : ` ! ${error}`}`,
    ...spans.map((inner) => treeOf(inner, `${indent}  `)),
  ].join('\n');

const ending = (attributes: ToldSpan['attributes']): string => {
  const said = attributes['hookchart.answer'] ?? attributes['hookchart.end'];
  return said === undefined ? '' : `: ${said}`;
};

/** Whether every span lies in the one around it, and none ends before it begins. */
export const isInTime = ({ began, ended, spans }: ToldSpan): boolean =>
  began <= ended &&
  spans.every((inner) => began <= inner.began && inner.ended <= ended && isInTime(inner));
