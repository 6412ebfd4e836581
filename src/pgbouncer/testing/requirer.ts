/**
 * An application that asks for a database, with what the real library (`data_interfaces`, v0) was
 * seen to do: it compares the provider's application databag with the copy in its own unit databag
 * and tells its charm at most one thing in each hook, beside statuses that were raised or resolved.
 */
import type { Asking, Hook, HookTools, Script } from '../../testing/index.ts';
import { endpoints } from '../keys.ts';
import type { Databag } from '../relation/request.ts';

/** What a requirer goes by beside its request. */
export interface RequirerOptions {
  /** Which generation of the library it uses; by default `v0.59`, the newest one that was watched. */
  readonly library?: 'v0.12' | 'v0.59';
  /**
   * Where the library keeps the provider's databag as it last saw it: the real one in its unit
   * databag, which no provider reads; one that keeps it to itself causes fewer hooks.
   */
  readonly copyIn?: 'databag' | 'state';
}

/** What the requirer's library told its charm, with the databag's fields as it saw them. */
interface RequirerEvent {
  readonly event:
    | 'database_created'
    | 'endpoints_changed'
    | 'read_only_endpoints_changed'
    | 'status_raised'
    | 'status_resolved';
  readonly relation: number;
  readonly fields: Databag;
}

/** The fields that the library hands to the charm, with the names that events give them. */
const fields: Readonly<Record<string, string>> = {
  database: 'database',
  username: 'username',
  password: 'password',
  endpoints: 'endpoints',
  'read-only-endpoints': 'read_only_endpoints',
  uris: 'uris',
  'read-only-uris': 'read_only_uris',
  version: 'version',
  tls: 'tls',
};

const secretFields = ['secret-user', 'secret-tls', 'secret-extra'];

/** Where the library keeps the provider's databag as it last saw it. */
const copyKey = 'data';

/** One hook of a requirer: what it writes through the tools, and what its charm was told. */
export function requirerHook(
  tools: HookTools,
  hook: Hook,
  { request, options: { library, copyIn } }: Asking,
): readonly RequirerEvent[] {
  const { relation, remoteApplication } = hook;
  if (relation === undefined || remoteApplication === undefined) return [];
  const asksIn = library === 'v0.12' ? 'joined' : 'created';
  if (hook.name.endsWith(`-${asksIn}`) && tools.isLeader())
    tools.relationSet(relation, 'application', askedBy(tools, library, request));
  const isKept = copyIn === 'state';
  if (isKept && hook.name.endsWith('-broken')) tools.stateSet({ [`${copyKey}-${relation}`]: '' });
  if (!hook.name.endsWith('-changed')) return [];
  const bag = tools.relationGet(relation, remoteApplication);
  const copy = isKept
    ? tools.stateGet()[`${copyKey}-${relation}`]
    : tools.relationGet(relation, tools.view.unit)[copyKey];
  const before: Databag = JSON.parse(copy ?? '{}');
  const statuses = library === 'v0.12' ? [] : statusEvents(relation, bag, before);
  const event = eventOf(tools, relation, bag, before);
  if (event !== 'not yet') {
    // As relation-get lists it, whatever was written first.
    const text = JSON.stringify(bag, Object.keys(bag).sort());
    if (isKept) tools.stateSet({ [`${copyKey}-${relation}`]: text });
    else tools.relationSet(relation, 'unit', { [copyKey]: text });
  }
  return event === null || event === 'not yet'
    ? statuses
    : [...statuses, { event, relation, fields: readFields(tools, bag) }];
}

/** What the library tells of `status`, from 55 on: codes are compared, and nothing else. */
function statusEvents(relation: number, bag: Databag, before: Databag): RequirerEvent[] {
  const [now, then] = [statusesIn(bag), statusesIn(before)];
  const has = (all: readonly Status[], { code }: Status) => all.some((one) => one.code === code);
  const told = (event: RequirerEvent['event'], all: readonly Status[]) =>
    all.map(({ code, message, resolution }) => ({
      ...{ event, relation },
      fields: { code: String(code), message, resolution },
    }));
  return [
    ...told(
      'status_raised',
      now.filter((status) => !has(then, status)),
    ),
    ...told(
      'status_resolved',
      then.filter((status) => !has(now, status)),
    ),
  ];
}

interface Status {
  readonly code: number;
  readonly message: string;
  readonly resolution: string;
}

const statusesIn = ({ status = '[]' }: Databag): readonly Status[] => JSON.parse(status);

/** Newer libraries ask for secrets by themselves where Juju has any. */
const askedBy = ({ view }: HookTools, library: string | undefined, request: Databag): Databag =>
  library === 'v0.12' || !view.hasSecrets
    ? request
    : {
        'requested-secrets': requestedSecrets,
        'provided-secrets': '["mtls-cert"]',
        // Whoever says what it asks for says it itself.
        ...request,
      };

const requestedSecrets =
  '["username", "password", "tls", "tls-ca", "uris", "read-only-uris", "entity-name", "entity-password"]';

/** Writes what the operator asks for by now; a requirer's leader does it in any hook of its own. */
function ask(tools: HookTools, { request, options: { library } }: Asking): void {
  if (!tools.isLeader()) return;
  for (const relation of tools.relationIds(endpoints.database)) {
    const before = tools.relationGet(relation, tools.view.application);
    const withdrawn = Object.fromEntries(Object.keys(before).map((key) => [key, '']));
    tools.relationSet(relation, 'application', {
      ...withdrawn,
      ...askedBy(tools, library, request),
    });
  }
}

function eventOf(
  tools: HookTools,
  relation: number,
  bag: Databag,
  before: Databag,
): RequirerEvent['event'] | 'not yet' | null {
  const members = tools.relationList(relation);
  const isReady = () => members.some((unit) => tools.relationGet(relation, unit).state === 'ready');
  if (bag.subordinated === 'true' && !isReady()) return 'not yet';
  const isAdded = (key: string) => before[key] === undefined && bag[key] !== undefined;
  const isNew = (key: string) => bag[key] !== undefined && before[key] !== bag[key];
  if (isAdded('secret-user') || (isAdded('username') && isAdded('password')))
    return 'database_created';
  if (isNew('endpoints')) return 'endpoints_changed';
  return isNew('read-only-endpoints') ? 'read_only_endpoints_changed' : null;
}

/** The fields as an event shows them: out of the databag, and out of the secrets that it names. */
function readFields(tools: HookTools, bag: Databag): Databag {
  const content: Record<string, string> = { ...bag };
  for (const field of secretFields) {
    const id = bag[field];
    if (id !== undefined) Object.assign(content, tools.secrets.get(id));
  }
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, name]) => {
      const value = content[key];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A requirer as the real library makes one. */
export const requirer: Script = { hook: requirerHook, ask };
