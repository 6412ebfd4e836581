/** The charms on the other side: a script of their own for each endpoint, or one that asks and reads. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Databag } from '../juju/index.ts';
import { Misuse, type Script, ToolError } from '../testing/index.ts';

/** Who is on the other side of an endpoint. */
export interface OtherSide {
  readonly script: Script;
  /** What an application there may ask for. */
  readonly requests: readonly Databag[];
}

/** Writes what it asks for once it is related, and reads the secrets that it is told of. */
export const asksAndReads: Script = {
  hook(tools, { name, relation, remoteApplication }, { request }) {
    if (relation === undefined) return [];
    if (name.endsWith('-relation-created') && tools.isLeader())
      tools.relationSet(relation, 'application', request);
    if (!name.endsWith('-relation-changed') || remoteApplication === undefined) return [];
    for (const value of Object.values(tools.relationGet(relation, remoteApplication)))
      if (/^secret:\S+$/.test(value)) readable(() => tools.secrets.get(value, 'refresh'));
    return [];
  },
  ask(tools, { request }) {
    const { application, relations } = tools.view;
    for (const [id, { isListed, isPeer }] of Object.entries(relations)) {
      if (!isListed || isPeer || !tools.isLeader()) continue;
      const before = tools.relationGet(Number(id), application);
      const withdrawn = Object.fromEntries(Object.keys(before).map((key) => [key, '']));
      tools.relationSet(Number(id), 'application', { ...withdrawn, ...request });
    }
  },
};

/** A secret that cannot be read is not this side's to mend. */
function readable(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
  }
}

/**
 * The other side that a module brings: `script`, as `hookchart/testing` has it, and `requests`, the
 * databags that it may ask with. `Misuse` says what is wrong with it.
 */
export async function otherSideIn(file: string): Promise<OtherSide> {
  const wrong = (what: string) => new Misuse(`${file} ${what}`);
  let exported: { readonly script?: unknown; readonly requests?: unknown };
  try {
    exported = await import(pathToFileURL(resolve(file)).href);
  } catch (cause) {
    throw wrong(`cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const { script = asksAndReads, requests = [{}] } = exported;
  if (!isScript(script)) throw wrong('exports a "script" that lacks the functions hook and ask');
  if (!isRequests(requests))
    throw wrong('exports "requests" that are no list of databags: [{ key: "value" }]');
  return { script, requests };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isScript = (value: unknown): value is Script =>
  isRecord(value) && typeof value.hook === 'function' && typeof value.ask === 'function';

const isRequests = (value: unknown): value is readonly Databag[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every(
    (one) => isRecord(one) && Object.values(one).every((text) => typeof text === 'string'),
  );
