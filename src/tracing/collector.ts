/** Where spans go: OTLP over HTTP, by OpenTelemetry's own packages. Loaded once there is a trace. */
import { Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import {
  type Context,
  type HrTime,
  ROOT_CONTEXT,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { lookUp } from './look-up.ts';
import type { Attributes, Span } from './span.ts';

/** Whom a trace is told, and how long that may take. */
export interface Told {
  /** The whole path, `http://host:4318/v1/traces`. */
  readonly url: string;
  /** Who is traced, in OpenTelemetry's words. */
  readonly resource: Attributes;
  /** Milliseconds after which nothing of it goes on; in less than 800 the exporter tries once. */
  readonly patience: number;
}

/** Tells a collector of a hook. The result is what went wrong; null where it took all. It never rejects. */
export async function tellCollector(
  root: Span,
  { url, resource, patience }: Told,
): Promise<string | null> {
  const lines = new Set<Socket>();
  const names = lookUp(patience);
  const exporter = new OTLPTraceExporter({
    url,
    timeoutMillis: patience,
    httpAgentOptions: agentOf(names.lookup, (line) => void lines.add(line)),
  });
  const taken = new Promise<string | null>((resolve) =>
    exporter.export(spansOf(root, resource), ({ error }) =>
      resolve(error === undefined ? null : whyOf(error)),
    ),
  );
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`did not answer within ${patience} ms`), patience);
  });
  const problem = await Promise.race([silent, taken]).catch(whyOf);
  clearTimeout(timer);
  // A name that nobody knows yet, or a word at a time, would keep the process of a hook that is over.
  names.end();
  for (const line of lines) line.destroy();
  return problem;
}

/** What the exporter says, or what the system says of a connection; of two addresses it says both. */
function whyOf(error: unknown): string {
  const { errors, message, code } = error as AggregateError & { readonly code?: string | number };
  const said = errors?.map((one: unknown) => (one instanceof Error ? one.message : String(one)));
  return `did not take it (${[code, said?.join(', ') ?? message].filter(Boolean).join(' ')})`;
}

/** Connections of which somebody is told. */
function agentOf(
  lookup: LookupFunction,
  seen: (line: Socket) => void,
): (protocol: string) => PlainAgent {
  return (protocol) => {
    const agent = protocol === 'https:' ? new TlsAgent({ lookup }) : new PlainAgent({ lookup });
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (options, connected) => {
      const line = connect(options, connected);
      if (line != null) seen(line as Socket);
      return line;
    };
    return agent;
  };
}

function spansOf(root: Span, resource: Attributes): ReadableSpan[] {
  const spans: ReadableSpan[] = [];
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes(ofOpenTelemetry(resource)),
    sampler: new AlwaysOnSampler(),
    spanProcessors: [
      {
        onStart: () => {},
        onEnd: (span) => void spans.push(span),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
  tellSpan(provider.getTracer('hookchart'), ROOT_CONTEXT, root);
  return spans;
}

function tellSpan(tracer: Tracer, context: Context, span: Span): void {
  const { name, began, ended, attributes, error, spans } = span;
  const told = tracer.startSpan(
    name,
    { startTime: at(began), attributes: ofOpenTelemetry(attributes) },
    context,
  );
  for (const inner of spans) tellSpan(tracer, trace.setSpan(context, told), inner);
  if (error !== null) told.setStatus({ code: SpanStatusCode.ERROR, message: error });
  told.end(at(ended));
}

/** A number would be taken for a time since the process began where it is small. */
const at = (milliseconds: number): HrTime => {
  const seconds = Math.floor(milliseconds / 1_000);
  return [seconds, Math.round((milliseconds - seconds * 1_000) * 1_000_000)];
};

const ofOpenTelemetry = (attributes: Attributes): Record<string, string | number | string[]> =>
  Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'object' ? [...value] : value,
    ]),
  );
