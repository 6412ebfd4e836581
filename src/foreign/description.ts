/** What a folder says of the charm in it: its name, its endpoints, its options, and how it is run. */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { parse } from 'yaml';
import { type Configuration, Misuse } from '../testing/index.ts';
import type { Schema } from './parameters.ts';
import type { FileTree } from './pebble/file-tree.ts';

/** Where others may be related, as the charm's metadata has it. */
export interface Endpoint {
  readonly name: string;
  readonly role: 'provides' | 'requires';
  readonly interface: string;
  /** No more relations than this at a time; null where there is no limit. */
  readonly limit: number | null;
}

/** An option of the charm. */
export interface CharmOption {
  readonly name: string;
  readonly type: string;
  readonly default: unknown;
  readonly description: string;
}

/** A workload beside the charm. */
interface ContainerOf {
  readonly name: string;
  /** Where storage is mounted in it: what is there outlives it. */
  readonly volumes: readonly string[];
  /** What its image brings, where somebody has said it. */
  readonly image?: FileTree;
}

/** What operators may ask a unit for. */
interface ActionOf {
  readonly name: string;
  /** What its parameters are where nobody says anything else. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** What may be given to it. */
  readonly schema: Schema;
}

/** How a hook is run. */
type Entry =
  /** One program for all hooks. */
  | { readonly _tag: 'Dispatch' }
  /** One program for each hook, in `hooks/`; one that is missing is passed over. */
  | { readonly _tag: 'Hooks' }
  /** A charm in Python that was not packed yet: `src/charm.py`. */
  | { readonly _tag: 'Source' };

/** A charm in a folder. */
export interface Description {
  readonly folder: string;
  readonly name: string;
  readonly entry: Entry;
  readonly endpoints: readonly Endpoint[];
  readonly peers: readonly string[];
  readonly options: readonly CharmOption[];
  /** What a unit has from the first on; of what may be there never (`range: 0-3`) it has none. */
  readonly storage: readonly string[];
  /** Of each storage, how many of it a unit may have; null where there is no limit. */
  readonly mostStorage: Readonly<Record<string, number | null>>;
  readonly containers: readonly ContainerOf[];
  readonly actions: readonly ActionOf[];
  /** Files that come with it, by their names; null where nobody has given one. */
  readonly resources: Readonly<Record<string, string | null>>;
  /** All that the file says in which the charm is named. */
  readonly document: Readonly<Record<string, unknown>>;
}

const endpoint = v.object({
  interface: v.optional(v.string(), ''),
  limit: v.optional(v.nullable(v.number()), null),
  scope: v.optional(v.string()),
});
const byName = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.optional(v.nullable(v.record(v.string(), v.nullable(schema)), {}), {});
const metadata = v.object({
  name: v.string(),
  provides: byName(endpoint),
  requires: byName(endpoint),
  peers: byName(endpoint),
  storage: byName(v.looseObject({ multiple: v.optional(v.unknown()) })),
  containers: byName(
    v.object({ mounts: v.optional(v.array(v.object({ location: v.optional(v.string()) })), []) }),
  ),
  config: v.optional(v.unknown()),
  actions: v.optional(v.unknown()),
  resources: byName(v.unknown()),
});
const actionsIn = byName(v.looseObject({ params: byName(v.unknown()) }));
const optionsOf = v.object({
  options: byName(
    v.object({
      type: v.optional(v.string(), 'string'),
      default: v.optional(v.unknown()),
      description: v.optional(v.string(), ''),
    }),
  ),
});

/** Reads what is known of the charm in a folder; `Misuse` says what is missing, and where. */
export function describeCharm(folder: string): Description {
  const at = resolve(folder);
  // A packed charm has its metadata by itself; charmcraft has them in one file.
  const file = ['metadata.yaml', 'charmcraft.yaml']
    .map((name) => join(at, name))
    .find((path) => existsSync(path) && 'name' in asRecord(contentOf(path)));
  if (file === undefined)
    throw new Misuse(
      `${at} has neither a metadata.yaml nor a charmcraft.yaml that names the charm: name the charm's own folder`,
    );
  const known = read(file, metadata);
  const config = existsSync(join(at, 'config.yaml'))
    ? read(join(at, 'config.yaml'), optionsOf)
    : checked(file, optionsOf, known.config ?? {});
  const actions = existsSync(join(at, 'actions.yaml'))
    ? read(join(at, 'actions.yaml'), actionsIn)
    : checked(file, actionsIn, known.actions ?? {});
  const endpointsOf = (role: Endpoint['role']) =>
    Object.entries(known[role] ?? {}).flatMap(([name, one]): readonly Endpoint[] =>
      one?.scope === 'container'
        ? []
        : [{ name, role, interface: one?.interface ?? '', limit: one?.limit ?? null }],
    );
  return {
    folder: at,
    name: known.name,
    entry: entryOf(at),
    endpoints: [...endpointsOf('provides'), ...endpointsOf('requires')],
    peers: Object.keys(known.peers ?? {}),
    options: Object.entries(config.options ?? {}).map(([name, option]) => ({
      name,
      type: option?.type ?? 'string',
      default: option?.default,
      description: option?.description ?? '',
    })),
    storage: Object.entries(known.storage ?? {}).flatMap(([name, one]) =>
      isOptional(one?.multiple) ? [] : [name],
    ),
    mostStorage: Object.fromEntries(
      Object.entries(known.storage ?? {}).map(([name, one]) => [name, mostOf(one?.multiple)]),
    ),
    containers: Object.entries(known.containers ?? {}).map(([name, one]) => ({
      name,
      volumes: (one?.mounts ?? []).flatMap(({ location }) => location ?? []),
    })),
    actions: Object.entries(actions ?? {}).map(([name, one]) => ({
      name,
      defaults: defaultsIn(one?.params ?? {}),
      schema: { type: 'object', ...one, properties: one?.params ?? {} },
    })),
    resources: Object.fromEntries(Object.keys(known.resources ?? {}).map((name) => [name, null])),
    document: asRecord(contentOf(file)),
  };
}

/** The options that are set where nobody has set any. */
export const defaultsOf = ({ options }: Description): Configuration =>
  Object.fromEntries(
    options.flatMap(({ name, default: value }) =>
      value === undefined || value === null ? [] : [[name, value]],
    ),
  );

/** `range: 3` is just so many, `0-3` no more than three, `1-` and `1+` as many as there may be. */
function mostOf(multiple: unknown): number | null {
  const { range } = asRecord(multiple);
  if (range === undefined) return 1;
  const most = /^\d+(?:-(\d+)|([-+]))?$/.exec(String(range));
  return most?.[2] === undefined ? Number(most?.[1] ?? range) : null;
}

/** Whether a unit may do without such storage, as Juju gives it none then. */
const isOptional = (multiple: unknown): boolean =>
  /^0(-|\+|$)/.test(String(asRecord(multiple).range ?? ''));

const defaultsIn = (parameters: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, parameter]) => {
      const { default: value } = asRecord(parameter);
      return value === undefined ? [] : [[name, value]];
    }),
  );

function entryOf(folder: string): Entry {
  const dispatch = join(folder, 'dispatch');
  if (existsSync(dispatch)) {
    if (isExecutable(dispatch)) return { _tag: 'Dispatch' };
    throw new Misuse(`${dispatch} is not executable, and Juju would pass over it: chmod +x it`);
  }
  if (existsSync(join(folder, 'src', 'charm.py'))) return { _tag: 'Source' };
  const hooks = join(folder, 'hooks');
  if (existsSync(hooks) && statSync(hooks).isDirectory()) return { _tag: 'Hooks' };
  throw new Misuse(
    `${folder} has nothing to run: it needs an executable "dispatch", a folder "hooks", or src/charm.py`,
  );
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function contentOf(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Misuse(`${file} cannot be read: ${why}`, { cause });
  }
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const read = <Schema extends v.GenericSchema>(file: string, schema: Schema) =>
  checked(file, schema, contentOf(file));

function checked<Schema extends v.GenericSchema>(
  file: string,
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Misuse(`${file}: ${v.getDotPath(issue) ?? 'it'} is to be ${issue.expected}`);
}
