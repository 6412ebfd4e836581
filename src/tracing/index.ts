/** Hooks as traces, in OTLP over HTTP. */
export type { SeenOfHook } from './gather.ts';
export type { Attributes } from './span.ts';
export { type TraceOptions, type TraceWatch, traced } from './traced.ts';
