import * as E from 'fp-ts/lib/Either.js';
import type { Failure } from '../hook/index.ts';
import { given } from '../misuse/given.ts';
import { gathered, type HookEnd, type SeenOfHook } from './gather.ts';
import type { Attributes, Span } from './span.ts';

/** Where a hook's trace goes, and what is said with it. */
export interface TraceOptions {
  /** Where a collector takes OTLP over HTTP: `http://host:4318`, or the whole path. */
  readonly url: string;
  /** Who is traced: `{ 'service.name': 'ingress' }`, as OpenTelemetry calls it. */
  readonly resource: Attributes;
  /** The hook's name, and what is said of it beside its charts. */
  readonly hook: {
    readonly name: string;
    readonly attributes?: Attributes;
    /** When it began, in milliseconds since the epoch; now, where nothing is said. */
    readonly began?: number;
  };
  /** Told in one line what went wrong: a hook MUST NOT fail for want of a trace. */
  readonly tell: (problem: string) => void;
  /** Milliseconds that the hook has left; a collector is waited for 750 at most. */
  readonly remaining?: () => number;
  readonly render?: (why: Failure) => string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Told of what is seen of a hook: the option `watch` of `dispatch` and of `drive`. */
export type TraceWatch = (seen: SeenOfHook) => void;

/**
 * A hook is held no longer by whom it tells. Below 800 ms the exporter does not try again, which is
 * right for a hook: where nobody listens it is over at once.
 */
const patience = 750;

/**
 * Runs a hook and tells a collector of it: the hook is a trace, each chart and each node in it a
 * span with what was asked and what was answered, masked. A hook that goes through no chart is told
 * of only where it fails. What the hook comes to is handed through untouched; nothing of
 * OpenTelemetry is loaded before it is over.
 *
 * @category Recording
 */
export async function traced<Outcome extends E.Either<Failure, unknown>>(
  options: TraceOptions,
  run: (watch: TraceWatch) => Promise<Outcome>,
): Promise<Outcome> {
  given('traced', 'the options', options, { url: 'text', hook: 'record' });
  given('traced', 'what runs the hook', run, 'function');
  const { hook, now = present, render = ({ _tag }) => _tag, ...to } = options;
  const { name, attributes = {}, began = now() } = hook;
  const { watch, end } = gathered({ name, attributes, began }, { now, render });
  let how: HookEnd = 'Defect';
  try {
    const outcome = await run(watch);
    how = E.isLeft(outcome) ? outcome.left : null;
    return outcome;
  } finally {
    const span = end(how);
    if (span !== null) await told(span, to);
  }
}

async function told(
  span: Span,
  { url, resource, tell, remaining = () => patience }: Omit<TraceOptions, 'hook'>,
): Promise<void> {
  const target = tracesAt(url);
  if (target === null) {
    tell(
      `${JSON.stringify(withoutLogin(url))} is no address of a collector of traces; it is to be like http://127.0.0.1:4318`,
    );
    return;
  }
  const who = `the collector of traces at ${withoutLogin(target)}`;
  const left = () => Math.min(patience, Math.floor(remaining()));
  if (left() <= 0) return tell(`${who} was not told of this hook, whose time was up`);
  try {
    const { tellCollector } = await import('./collector.ts');
    const problem = await tellCollector(span, { url: target, resource, patience: left() });
    if (problem !== null) tell(`${who} ${problem}; this hook has no trace`);
  } catch (error) {
    tell(`${who} was not told of this hook: ${error instanceof Error ? error.message : error}`);
  }
}

/** Where traces are taken, below what is named; null where nothing can be. */
function tracesAt(url: string): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.hostname === '') return null;
  const path = parsed.pathname.replace(/\/+$/, '');
  parsed.pathname = path.endsWith('/v1/traces') ? path : `${path}/v1/traces`;
  return parsed.href;
}

/** An address as it may be printed: who logs in there is nobody's business. */
const withoutLogin = (url: string): string =>
  url.replace(/\/\/[^/]*@/, '//').replace(/[?#].*/s, '');

/** On a clock that does not go back while a hook runs. */
const present = (): number => performance.timeOrigin + performance.now();
