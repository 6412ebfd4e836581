/** What is asked of Pebble by HTTP, and how it answers. */
import type { Container } from './container.ts';
import { partsOf } from './multipart.ts';
import { isSection } from './plan.ts';

/** A request as it came in. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly contentType: string;
  readonly body: Buffer;
}

/** What is sent back, and what becomes of the container. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
  readonly container?: Container;
}

/** A time that stands for all: none passes. */
export const now = '2026-01-01T00:00:00Z';

export const sync = (result: unknown, container?: Container): Reply =>
  json(200, { type: 'sync', 'status-code': 200, status: 'OK', result }, container);

export function refused(status: number, message: string, kind?: string): Reply {
  const result = { message, ...(kind === undefined ? {} : { kind }) };
  const reasons: Readonly<Record<number, string>> = { 400: 'Bad Request', 404: 'Not Found' };
  const reason = reasons[status] ?? 'Internal Server Error';
  return json(status, { type: 'error', 'status-code': status, status: reason, result });
}

const json = (status: number, content: object, container?: Container): Reply => ({
  status,
  type: 'application/json',
  body: Buffer.from(JSON.stringify(content)),
  ...(container === undefined ? {} : { container }),
});

/** What was asked for in JSON; empty where it is none. */
export function contentOf({ contentType, body }: Asked): Readonly<Record<string, unknown>> {
  const [request] = contentType.startsWith('multipart/') ? partsOf(contentType, body) : [];
  try {
    const found: unknown = JSON.parse((request?.content ?? body).toString());
    return isSection(found) ? found : {};
  } catch {
    return {};
  }
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
