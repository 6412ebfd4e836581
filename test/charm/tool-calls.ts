/** Juju's hook tools as command lines, over the simulated model: arguments in, text and exit code out. */
import { readFileSync } from 'node:fs';
import type { Databag } from '../../src/engine/index.ts';
import type { HookTools } from '../../src/testing/hook-tools.ts';
import { ToolError } from '../../src/testing/tool-error.ts';
import { peerRelation } from '../../src/testing/world.ts';

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
  readonly config: Readonly<Record<string, unknown>>;
  readonly address: string;
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
  const json = (value: unknown) => `${JSON.stringify(value)}\n`;
  const wrong = (why: string) => new ToolError(tool, 2, why);
  const isBackend = (id: number) => id === backendRelation && around.backend !== null;
  const { view } = tools;
  const relation = (): number => {
    const given = flags.get('-r') ?? '';
    const id = Number(/^[a-z-]+:(\d+)$/.exec(given)?.[1] ?? Number.NaN);
    if (Number.isNaN(id) || (view.relations[id] === undefined && !isBackend(id)))
      throw wrong(`invalid value "${given}" for option -r: relation not found`);
    return id;
  };
  switch (tool) {
    case 'is-leader':
      return json(tools.isLeader());
    case 'relation-ids': {
      const [endpoint = ''] = rest;
      if (endpoint === 'backend-database')
        return json(around.backend === null ? [] : [`${endpoint}:${backendRelation}`]);
      return json(
        tools
          .relationIds(endpoint)
          .map((id) => `${endpoint}:${id}`)
          .sort(),
      );
    }
    case 'relation-list': {
      const id = relation();
      if (isBackend(id)) return json(flags.has('--app') ? 'postgresql' : ['postgresql/0']);
      return json(flags.has('--app') ? tools.relationListApplication(id) : tools.relationList(id));
    }
    case 'relation-get': {
      const id = relation();
      const [key, who = ''] = rest;
      if (key !== '-') throw wrong('only all keys at once are served here');
      if (isBackend(id)) {
        const isOurs = who === view.application;
        if (isOurs && !tools.isLeader()) throw new ToolError(tool, 1, 'permission denied');
        return json(isOurs ? around.asked : around.backend);
      }
      return json(tools.relationGet(id, flags.has('--app') ? (who.split('/')[0] ?? '') : who));
    }
    case 'relation-set': {
      const id = relation();
      if (flags.get('--file') !== '-' || rest.length > 0)
        throw wrong('values in the arguments are there for everyone to see');
      const values = JSON.parse(input) as Databag;
      if (isBackend(id)) {
        if (!tools.isLeader()) throw new ToolError(tool, 1, 'cannot write relation settings');
        Object.assign(around.asked, values);
      } else tools.relationSet(id, flags.has('--app') ? 'application' : 'unit', values);
      return '';
    }
    case 'goal-state': {
      // Those that are going are listed as well.
      const statusOf = (unit: string) => (view.plannedUnits.includes(unit) ? 'active' : 'dying');
      const all = [...view.plannedUnits, ...tools.relationList(peerRelation), view.unit];
      const units = Object.fromEntries(all.map((unit) => [unit, { status: statusOf(unit) }]));
      return json({ units, relations: {} });
    }
    case 'state-get': {
      const [key] = rest;
      const state = tools.stateGet();
      return json(key === undefined ? state : (state[key] ?? ''));
    }
    case 'state-set':
      if (flags.get('--file') !== '-') throw wrong('the state is read from standard input');
      tools.stateSet(JSON.parse(input));
      return '';
    case 'status-set': {
      const [name = '', message = ''] = rest;
      if (name !== 'active' && name !== 'waiting' && name !== 'blocked')
        throw wrong(`invalid status "${name}", expected one of [active waiting blocked]`);
      tools.statusSet({ name, message });
      return '';
    }
    case 'config-get':
      return json(around.config);
    case 'network-get': {
      const addresses = [{ hostname: '', value: around.address, cidr: '' }];
      return json({
        'bind-addresses': [{ 'mac-address': '', 'interface-name': 'lo', addresses }],
        'egress-subnets': [],
        'ingress-addresses': [around.address],
      });
    }
    case 'secret-add':
      return `${tools.secrets.add('application', contentIn(tool, rest), flags.get('--label') ?? null)}\n`;
    case 'secret-set': {
      const [id = '', ...content] = rest;
      tools.secrets.set(id, contentIn(tool, content));
      return '';
    }
    case 'secret-get': {
      const [id = ''] = rest;
      if (id === backendSecretId) return json(around.backendSecret);
      if (id === backendTlsId && around.backendTls) return json(around.backendTls);
      return json(tools.secrets.get(id, flags.has('--refresh') ? 'refresh' : 'tracked'));
    }
    case 'secret-info-get': {
      const label = flags.get('--label');
      const [asked] = rest;
      const found = Object.entries(tools.secrets.infos()).find(([id, one]) =>
        asked === undefined ? one.label === label : id === asked,
      );
      if (found === undefined) throw new ToolError(tool, 1, `secret "${asked ?? label}" not found`);
      return json({ [found[0].replace('secret:', '')]: { ...found[1], owner: 'application' } });
    }
    case 'secret-ids':
      return json(Object.keys(tools.secrets.infos()).map((id) => id.replace('secret:', '')));
    case 'secret-grant': {
      const [, id] = (flags.get('--relation') ?? '').split(':');
      tools.secrets.grant(rest[0] ?? '', Number(id));
      return '';
    }
    case 'secret-remove':
      tools.secrets.remove(rest[0] ?? '');
      return '';
    default:
      throw wrong('there is no such tool here');
  }
}

/** The flags of each tool that take a value, and those that take none. */
const known: Readonly<
  Record<string, readonly [valued: readonly string[], bare: readonly string[]]>
> = {
  'relation-list': [['-r'], ['--app']],
  'relation-get': [['-r'], ['--app']],
  'relation-set': [['-r', '--file'], ['--app']],
  'state-set': [['--file'], []],
  'secret-add': [['--owner', '--label'], []],
  'secret-get': [[], ['--refresh']],
  'secret-info-get': [['--label'], []],
  'secret-grant': [['--relation'], []],
};

function parse(tool: string, args: readonly string[]) {
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

/** Values MUST come in files: what is in arguments is there for everyone to see. */
function contentIn(tool: string, args: readonly string[]): Databag {
  return Object.fromEntries(
    args.map((arg) => {
      const found = /^([a-z][a-z0-9-]*)#file=(.+)$/.exec(arg);
      if (found === null) throw new ToolError(tool, 2, `"${arg}" shows its value`);
      return [found[1], readFileSync(found[2] ?? '', 'utf8')];
    }),
  );
}
