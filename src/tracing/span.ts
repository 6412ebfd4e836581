/** What a trace is made of, before it is told to anyone: plain data, whatever the protocol. */
import { isRecord, maskText } from '../hook/index.ts';

/** What is said of a span, beside its name. */
export type Attributes = Readonly<Record<string, string | number | readonly string[]>>;

/** A hook, one of its charts, or a node of one. Times are milliseconds since the epoch. */
export interface Span {
  readonly name: string;
  readonly began: number;
  readonly ended: number;
  readonly attributes: Attributes;
  /** What went wrong, in a sentence; null where nothing did. */
  readonly error: string | null;
  readonly spans: readonly Span[];
}

/** What nobody reads to its end is cut, in characters. */
const longest = 8_000;

/** A value as an attribute: JSON, for what is asked and answered is data. */
export const shown = (value: unknown): string => cut(JSON.stringify(value) ?? 'null');

export const cut = (text: string): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;

/** Where in a value something was masked, as paths: `grant.password`. */
export function maskedIn(value: unknown, path = ''): readonly string[] {
  if (value === maskText) return [path];
  if (Array.isArray(value)) return value.flatMap((one, at) => maskedIn(one, below(path, at)));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => maskedIn(one, below(path, key)));
}

const below = (path: string, key: string | number): string =>
  path === '' ? String(key) : `${path}.${key}`;
