/** Juju's hook tools as command lines, over the simulated model: arguments in, text and exit code out. */
import { readFileSync } from 'node:fs';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import type { HookTools } from '../../../src/testing/hook-tools.ts';
import { isSecretKey, shortId } from '../../../src/testing/secret-names.ts';
import { ToolError } from '../../../src/testing/tool-error.ts';

/** What a model has beside applications that ask for databases. */
export interface Surroundings {
  /** What the backend's application has written; null while nothing is related to `backend-database`. */
  readonly backend: Databag | null;
  /** The content of the secret to which the backend's databag points. */
  readonly backendSecret: Databag;
  /** The content of the other one, about TLS; missing where the backend says nothing of that. */
  readonly backendTls?: Databag | null;
  /** What the charm has written to its side of `backend-database`. */
  readonly asked: Record<string, string>;
  /** Who gives certificates; null while nothing is related to `certificates`. */
  readonly certificates?: CertificatesRelation | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly address: string;
  /** What `network-get` shows instead, where a test knows it. */
  readonly network?: unknown;
  /** What `goal-state` shows of the related applications, by endpoint. */
  readonly goals?: Readonly<Record<string, unknown>>;
  /** The statuses that `goal-state` shows of its own units; `active` where missing. */
  readonly statuses?: Readonly<Record<string, string>>;
  /** What is in a file that holds a value; by default it is read. */
  readonly content?: (path: string) => string;
  /** The id of the secret that the next `secret-add` makes; by default the simulation's own. */
  readonly nextSecret?: () => string | undefined;
}

/** The relation with who gives certificates, as one hook sees it. */
export interface CertificatesRelation {
  readonly relation: number;
  /** What the provider's application says. */
  readonly given: Databag;
  /** What each unit of the charm says, with what the hook has written. */
  readonly read: (unit: string) => Databag;
  readonly write: (unit: string, values: Databag) => void;
}

export const backendRelation = 100_000;
export const backendSecretId = 'secret:backend0000000000000';
export const backendTlsId = 'secret:backendtls000000000';

/** Carries out one call; a `ToolError` is what the tool says when it refuses. */
export function call(
  tools: HookTools,
  around: Surroundings,
  tool: string,
  args: readonly string[],
  input: string,
): string {
  const { flags, rest } = parse(tool, args);
  const wrong = (why: string) => new ToolError(tool, 2, why);
  const isBackend = (id: number) => id === backendRelation && around.backend !== null;
  const certificatesOf = (id: number) =>
    around.certificates?.relation === id ? around.certificates : null;
  const { view } = tools;
  const relation = (flag = '-r'): number => {
    const given = flags.get(flag) ?? '';
    const id = Number(/^(?:[a-z0-9-]+:)?(\d+)$/.exec(given)?.[1] ?? Number.NaN);
    const invalid = `invalid value "${given}" for option ${flag}`;
    if (Number.isNaN(id)) throw wrong(`${invalid}: invalid relation id`);
    if (view.relations[id] === undefined && !isBackend(id) && certificatesOf(id) === null)
      throw wrong(`${invalid}: relation not found`);
    return id;
  };
  switch (tool) {
    case 'juju-log':
      return '';
    case 'open-port':
    case 'close-port':
      if (!/^\d+\/tcp$/.test(rest.join(' '))) throw wrong(`invalid port "${rest.join(' ')}"`);
      return '';
    case 'is-leader':
      return json(tools.isLeader());
    case 'relation-ids': {
      const ofHook = view.relations[view.hook.relation ?? -1]?.endpoint;
      const [endpoint = ofHook] = rest;
      if (endpoint === undefined) throw wrong('no endpoint name specified');
      if (endpoint === 'backend-database' && around.backend !== null)
        return json([`${endpoint}:${backendRelation}`]);
      const ids = tools.relationIds(endpoint).map((id) => `${endpoint}:${id}`);
      return json(ids.sort());
    }
    case 'relation-list': {
      const id = relation();
      if (isBackend(id)) return json(flags.has('--app') ? 'postgresql' : ['postgresql/0']);
      if (certificatesOf(id) !== null) return json(flags.has('--app') ? 'ca' : ['ca/0']);
      return json(flags.has('--app') ? tools.relationListApplication(id) : tools.relationList(id));
    }
    case 'relation-get': {
      const id = relation();
      const [key = '-', who = view.hook.remoteUnit ?? ''] = rest;
      const isUnit = who.includes('/');
      if (!isUnit && !flags.has('--app'))
        throw wrong(`expected unit name, got application name "${who}"`);
      const shown = (bag: Databag) => json(key === '-' ? sorted(bag) : (bag[key] ?? null));
      const certificates = certificatesOf(id);
      if (certificates !== null && isUnit) {
        if (who !== view.unit) throw new ToolError(tool, 1, 'permission denied');
        return shown(certificates.read(who));
      }
      if (certificates !== null) return shown(certificates.given);
      if (isBackend(id)) {
        const isOurs = who === view.application;
        if (isOurs && !tools.isLeader()) throw new ToolError(tool, 1, 'permission denied');
        return shown(isOurs ? around.asked : (around.backend ?? {}));
      }
      return shown(tools.relationGet(id, flags.has('--app') ? (who.split('/')[0] ?? '') : who));
    }
    case 'relation-set': {
      const id = relation();
      const values = valuesIn(tool, flags.get('--file'), input, rest);
      const certificates = certificatesOf(id);
      if (certificates !== null) {
        if (flags.has('--app')) throw wrong('the charm says nothing there for its application');
        certificates.write(view.unit, values);
      } else if (isBackend(id)) {
        if (!tools.isLeader()) throw new ToolError(tool, 1, 'cannot write relation settings');
        Object.assign(around.asked, values);
      } else tools.relationSet(id, flags.has('--app') ? 'application' : 'unit', values);
      return '';
    }
    case 'goal-state': {
      // Those that are going are listed as well.
      const all = [...new Set([...view.plannedUnits, ...view.dyingUnits])].sort();
      const statusOf = (unit: string) =>
        view.plannedUnits.includes(unit) ? (around.statuses?.[unit] ?? 'active') : 'dying';
      const units = all.map((unit) => [unit, { status: statusOf(unit), since: 'TIMESTAMP' }]);
      return json({ units: Object.fromEntries(units), relations: around.goals ?? {} });
    }
    case 'state-get': {
      const [key] = rest;
      const state = tools.stateShown();
      if (key !== undefined && key !== '-') return json(state[key] ?? '');
      return json(Object.keys(state).length === 0 ? null : sorted(state));
    }
    case 'state-set':
      tools.stateSet(valuesIn(tool, flags.get('--file'), input, rest));
      return '';
    case 'state-delete':
      tools.stateDelete(rest[0] ?? '');
      return '';
    case 'status-set': {
      const [name = '', ...words] = rest;
      const message = words.filter((word) => word !== '--').join(' ');
      if (name !== 'active' && name !== 'waiting' && name !== 'blocked' && name !== 'maintenance')
        throw wrong(
          `invalid status "${name}", expected one of [maintenance blocked waiting active]`,
        );
      if (name !== 'maintenance') tools.statusSet({ name, message });
      return '';
    }
    case 'status-get':
      return json({ status: tools.status?.name ?? 'unknown' });
    case 'config-get': {
      const [key] = rest;
      return json(key === undefined ? sorted(around.config) : (around.config[key] ?? null));
    }
    case 'network-get': {
      const [binding = ''] = rest;
      const isKnown = Object.values(view.relations).some(({ endpoint }) => endpoint === binding);
      if (!isKnown && !endpoints.includes(binding))
        throw new ToolError(tool, 1, `no network config found for binding "${binding}"`);
      const addresses = [{ hostname: '', value: around.address, cidr: '' }];
      const network = {
        'bind-addresses': [{ 'mac-address': '', 'interface-name': 'lo', addresses }],
        'egress-subnets': [],
        'ingress-addresses': [around.address],
      };
      return json(around.network ?? network);
    }
    default:
      return secretCall(tools, around, tool, { flags, rest, relation });
  }
}

const endpoints = ['database', 'backend-database', 'pgb-peers'];

function secretCall(
  { secrets, view }: HookTools,
  around: Surroundings,
  tool: string,
  { flags, rest, relation }: Parsed & { readonly relation: (flag: string) => number },
): string {
  const content = (args: readonly string[]) => contentIn(tool, args, around.content ?? read);
  switch (tool) {
    case 'secret-add': {
      const owner = flags.get('--owner') === 'unit' ? 'unit' : 'application';
      const label = flags.get('--label') ?? null;
      return `${secrets.add(owner, content(rest), label, around.nextSecret?.())}\n`;
    }
    case 'secret-set': {
      const [id = '', ...args] = rest;
      secrets.set(id, args.length === 0 ? {} : content(args));
      return '';
    }
    case 'secret-get': {
      const [id = null] = rest;
      if (id === backendSecretId) return json(around.backendSecret);
      if (id === backendTlsId && around.backendTls) return json(around.backendTls);
      const reading = flags.has('--refresh') ? 'refresh' : flags.has('--peek') ? 'peek' : 'tracked';
      return json(sorted(secrets.get(id, reading, flags.get('--label'))));
    }
    case 'secret-info-get': {
      const label = flags.get('--label');
      const [asked] = rest;
      const found = Object.entries(secrets.infos()).find(([id, one]) =>
        asked === undefined ? one.label === label : shortId(id) === shortId(asked),
      );
      const named = asked === undefined ? label : shortId(asked);
      if (found === undefined) throw new ToolError(tool, 1, `secret "${named}" not found`);
      const [id, { revision, label: known, owner, grants, isNew }] = found;
      const access = grants.map((granted) => ({
        target: `application-${view.relations[granted]?.remote}`,
        scope: `relation-${view.relations[granted]?.key.replaceAll(':', '.').replace(' ', '#')}`,
        role: 'view',
      }));
      const info = {
        revision,
        label: known ?? '',
        owner: owner === view.unit ? 'unit' : 'application',
        // Of one that was made in this hook there is no more to tell yet.
        ...(isNew ? {} : { rotation: 'never' }),
        ...(isNew || access.length === 0 ? {} : { access }),
      };
      return json({ [shortId(id)]: info });
    }
    case 'secret-ids':
      return json(Object.keys(secrets.infos()).map(shortId).sort());
    case 'secret-grant':
      secrets.grant(rest[0] ?? '', relation('--relation'));
      return '';
    case 'secret-remove': {
      const revision = flags.get('--revision');
      secrets.remove(rest[0] ?? '', revision === undefined ? undefined : Number(revision));
      return '';
    }
    default:
      throw new ToolError(tool, 2, 'there is no such tool here');
  }
}

/** As Go writes it. */
const json = (value: unknown): string =>
  `${JSON.stringify(value).replace(/[<>&]/g, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`)}\n`;

const sorted = <Value>(record: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));

/** The flags of each tool that take a value, and those that take none. */
const known: Readonly<
  Record<string, readonly [valued: readonly string[], bare: readonly string[]]>
> = {
  'juju-log': [['--log-level'], []],
  'relation-list': [['-r'], ['--app']],
  'relation-get': [['-r'], ['--app']],
  'relation-set': [['-r', '--file'], ['--app']],
  'state-set': [['--file'], []],
  'status-set': [[], ['--application=False']],
  'secret-add': [['--owner', '--label'], []],
  'secret-get': [['--label'], ['--refresh', '--peek']],
  'secret-info-get': [['--label'], []],
  'secret-grant': [['--relation'], []],
  'secret-remove': [['--revision'], []],
};

interface Parsed {
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

function parse(tool: string, args: readonly string[]): Parsed {
  const [valued, bare] = known[tool] ?? [[], []];
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return { flags, rest: [...rest, ...args.slice(at + 1)] };
    if (arg === '--format=json' || bare.includes(arg)) flags.set(arg, '');
    else if (valued.includes(arg)) {
      at += 1;
      flags.set(arg, args[at] ?? '');
    } else if (arg.startsWith('-') && arg !== '-')
      throw new ToolError(tool, 2, `flag provided but not defined: ${arg}`);
    else rest.push(arg);
  }
  return { flags, rest };
}

/** Values MUST come on standard input; it is YAML, of which this is given JSON alone. */
function valuesIn(
  tool: string,
  file: string | undefined,
  input: string,
  rest: readonly string[],
): Databag {
  if (file === undefined || rest.length > 0)
    throw new ToolError(tool, 2, 'values in the arguments are there for everyone to see');
  if (file !== '-') throw new ToolError(tool, 1, `open ${file}: no such file or directory`);
  const yaml = (why: string) => new ToolError(tool, 1, `yaml: ${why}`);
  let values: Record<string, unknown>;
  try {
    values = JSON.parse(input === '' ? '{}' : input);
  } catch {
    throw yaml('line 1: did not find expected node content');
  }
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (typeof value === 'object' && value !== null)
        throw yaml('unmarshal errors:\n  line 1: cannot unmarshal !!map into string');
      return [key, value === null ? '' : String(value)];
    }),
  );
}

const read = (path: string): string => readFileSync(path, 'utf8');

/** Values MUST come in files: what is in arguments is there for everyone to see. */
function contentIn(
  tool: string,
  args: readonly string[],
  content: (path: string) => string,
): Databag {
  const parts = (arg: string) => /^([^=#]+)(#file)?=(.*)$/.exec(arg) ?? [];
  const wrong = args.map((arg) => parts(arg)[1] ?? '').find((key) => !isSecretKey(key));
  if (wrong !== undefined) throw new ToolError(tool, 2, `key "${wrong}" not valid`);
  return Object.fromEntries(
    args.map((arg) => {
      const [, key = '', isFile, value = ''] = parts(arg);
      if (isFile === undefined) throw new ToolError(tool, 2, `"${arg}" shows its value`);
      try {
        return [key, content(value)];
      } catch {
        const why = `open ${value}: no such file or directory`;
        throw new ToolError(tool, 2, `reading content for secret key "${key}": ${why}`);
      }
    }),
  );
}
