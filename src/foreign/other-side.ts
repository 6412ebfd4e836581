/** The charms on the other side: a script of their own for each endpoint, or one that asks and reads. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Databag } from '../juju/index.ts';
import { Misuse, type OwnCharm, type Requirer, type Script, ToolError } from '../testing/index.ts';
import { type Description, defaultsOf, describeCharm, type Endpoint } from './description.ts';

/** Who is on the other side of an endpoint. */
export interface OtherSide {
  readonly script: Script;
  /** What an application there may ask for. */
  readonly requests: readonly Databag[];
  /** The charm that is there in place of a script. */
  readonly charm?: OtherCharm;
}

/** A charm on the other side, and where it is related. */
interface OtherCharm {
  readonly description: Description;
  readonly endpoint: string;
}

/** The charm in a folder as the other side, whose hooks are run as well. `Misuse` says what is wrong with it. */
export function charmAsOtherSide(folder: string, endpoint: string): OtherSide {
  const description = describeCharm(folder);
  return { script: asksAndReads, requests: [], charm: { description, endpoint } };
}

/** Whether two ends can be related, as Juju has it; `Misuse` says why not. */
export function checkFits(
  { name, role, interface: wanted }: Endpoint,
  other: OtherCharm | undefined,
): void {
  if (other === undefined) return;
  const { name: charm, endpoints } = other.description;
  const found = endpoints.find((one) => one.name === other.endpoint);
  if (found === undefined) {
    const names = endpoints.map((one) => one.name).join(', ') || 'none';
    throw new Misuse(`${charm} has no endpoint ${other.endpoint}; it has ${names}`);
  }
  if (found.role === role)
    throw new Misuse(`${name} and ${found.name} of ${charm} are both what is in "${role}"`);
  if (found.interface !== wanted)
    throw new Misuse(
      `${name} speaks "${wanted}", and ${found.name} of ${charm} speaks "${found.interface}"`,
    );
}

/** What the model is told of it. */
export const ownCharmOf = (
  other: OtherCharm | undefined,
): Pick<Requirer, 'charm' | 'ownEndpoint'> =>
  other === undefined ? {} : { ownEndpoint: other.endpoint, charm: deployable(other.description) };

/** What the model is to know of a charm that it deploys. */
export const deployable = (charm: Description): OwnCharm => ({
  config: defaultsOf(charm),
  storage: charm.storage,
  peers: charm.peers,
});

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
  if (exported.script === undefined && exported.requests === undefined)
    throw wrong('exports neither "script" nor "requests"');
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
