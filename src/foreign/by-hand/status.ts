/** What `juju status` says of a model: as data in Juju's own shape, and as its tables. */
import { isPeer, type Relation, tell, unitsOf } from '../../testing/index.ts';
import type { Pod } from '../pod.ts';
import { addressOf } from '../unit-address.ts';
import type { HandModel } from './model.ts';
import { endpointIn } from './relating.ts';

interface Said {
  readonly current: string;
  readonly message?: string;
}

interface UnitStatus {
  readonly 'workload-status': Said;
  readonly 'juju-status': Said;
  readonly leader?: true;
  readonly life?: 'dying';
  readonly 'open-ports'?: readonly string[];
  readonly address: string;
}

interface ApplicationStatus {
  readonly charm: string;
  readonly 'charm-name': string;
  readonly 'charm-origin': 'local';
  readonly exposed: false;
  readonly life?: 'dying';
  readonly version?: string;
  readonly 'application-status': Said;
  readonly relations?: Readonly<Record<string, readonly RelatedTo[]>>;
  readonly units?: Readonly<Record<string, UnitStatus>>;
}

interface RelatedTo {
  readonly 'related-application': string;
  readonly interface: string;
  readonly scope: 'global';
}

interface RelationStatus {
  readonly id: number;
  readonly provider: string;
  readonly requirer: string;
  readonly interface: string;
  readonly type: 'regular' | 'peer';
  readonly message: string;
}

/** All of it; `relations` and `waiting` are in no status of Juju's. */
export interface ModelStatus {
  readonly model: Readonly<Record<string, string>>;
  readonly applications: Readonly<Record<string, ApplicationStatus>>;
  readonly relations: readonly RelationStatus[];
  /** Hooks of which Juju would run one next, and what befalls a unit in it. */
  readonly waiting: readonly { readonly unit: string; readonly hook: string }[];
}

export function statusOf(model: HandModel): ModelStatus {
  const { world } = model;
  const waiting = model.due().map(({ unit, hook }) => {
    const { interruption, ...bare } = {
      ...{ _tag: 'RunHook' as const, unit, hook },
      interruption: model.crashes[unit],
    };
    const met = interruption === undefined ? bare : { ...bare, interruption };
    const told = tell(model.simulated, met);
    return { unit, hook: told.slice(`${unit} runs `.length) };
  });
  return {
    model: {
      ...{ name: 'simulated', type: 'caas', controller: 'hookchart', cloud: 'memory' },
      version: '3.6.9',
    },
    applications: Object.fromEntries(
      Object.keys(world.applications)
        .sort()
        .map((name) => [name, applicationStatus(model, name)]),
    ),
    relations: Object.entries(world.relations).map(([id, relation]) => ({
      id: Number(id),
      ...relationStatus(model, relation),
    })),
    waiting: [
      ...waiting,
      ...model.comingUp().map((up) => ({ unit: up.unit ?? '', hook: tell(model.simulated, up) })),
    ],
  };
}

function applicationStatus(model: HandModel, name: string): ApplicationStatus {
  const { world } = model;
  const charm = model.charmOf(name);
  const { leader, life } = world.applications[name] ?? {};
  const names = unitsOf(world, name).toSorted(byNumber);
  const units = Object.fromEntries(names.map((unit) => [unit, unitStatus(model, unit)]));
  const pods = [leader ?? '', ...names].flatMap((unit) => world.outside.units[unit] ?? []);
  const relations: Record<string, RelatedTo[]> = {};
  for (const relation of Object.values(world.relations)) {
    if (relation.provider !== name && relation.requirer !== name) continue;
    const endpoint = endpointIn(relation, name);
    const remote = relation.provider === name ? relation.requirer : relation.provider;
    const { interface: spoken } = relationStatus(model, relation);
    const related = { 'related-application': remote, interface: spoken, scope: 'global' as const };
    relations[endpoint] = [...(relations[endpoint] ?? []), related];
  }
  const version = pods.find(({ beside }) => beside.version !== '')?.beside.version;
  return {
    charm: charm.name,
    'charm-name': charm.name,
    'charm-origin': 'local',
    exposed: false,
    ...(life === 'dying' ? { life } : {}),
    ...(version === undefined ? {} : { version }),
    'application-status': ofApplication(pods, Object.values(units)),
    ...(Object.keys(relations).length === 0 ? {} : { relations }),
    ...(names.length === 0 ? {} : { units }),
  };
}

/** The gravest first, as Juju has it of an application that says nothing itself. */
const gravest = ['error', 'blocked', 'waiting', 'maintenance', 'terminated', 'active', 'unknown'];

function ofApplication(pods: readonly Pod[], units: readonly UnitStatus[]): Said {
  const set = pods.find(({ beside }) => beside.applicationStatus.name !== 'unknown');
  if (set !== undefined) return said(set.beside.applicationStatus);
  const all = units.map((unit) => unit['workload-status']);
  const [worst] = all.toSorted(
    (one, other) => gravest.indexOf(one.current) - gravest.indexOf(other.current),
  );
  return worst ?? { current: 'unknown' };
}

const said = ({ name, message }: { readonly name: string; readonly message: string }): Said => ({
  current: name,
  ...(message === '' ? {} : { message }),
});

function unitStatus(model: HandModel, name: string): UnitStatus {
  const { world } = model;
  const unit = world.units[name];
  const beside = world.outside.units[name]?.beside;
  const leads = world.applications[unit?.application ?? '']?.leader === name;
  const isNew = unit?.queue.includes('install') === true && unit.failed === null;
  const isIdle = model.due().every((due) => due.unit !== name) || unit?.failed != null;
  const [next] = model.due().filter((due) => due.unit === name);
  const workload = (): Said => {
    if (unit?.failed != null)
      return { current: 'error', message: `hook failed: "${unit.failed.name}"` };
    if (isNew) return { current: 'waiting', message: 'installing agent' };
    return beside === undefined ? { current: 'unknown' } : said(beside.status);
  };
  const agent = (): Said => {
    if (isNew) return { current: 'allocating' };
    if (isIdle) return { current: 'idle' };
    return { current: 'executing', message: `running ${next?.hook.name} hook` };
  };
  return {
    'workload-status': workload(),
    'juju-status': agent(),
    ...(leads ? { leader: true } : {}),
    ...(unit?.life === 'dying' ? { life: 'dying' } : {}),
    ...(beside === undefined || beside.ports.length === 0 ? {} : { 'open-ports': beside.ports }),
    address: addressOf(name),
  };
}

function relationStatus(model: HandModel, relation: Relation): Omit<RelationStatus, 'id'> {
  const { provider, requirer, endpoint, life } = relation;
  const { endpoints, document } = model.charmOf(provider);
  const isOwn = isPeer(relation);
  const peers = Object.entries(Object(document.peers)).find(([name]) => name === endpoint)?.[1];
  return {
    provider: `${provider}:${endpoint}`,
    requirer: `${requirer}:${endpointIn(relation, requirer)}`,
    interface: isOwn
      ? String(Object(peers).interface ?? '')
      : (endpoints.find(({ name }) => name === endpoint)?.interface ?? ''),
    type: isOwn ? 'peer' : 'regular',
    message: life === 'alive' ? '' : life === 'dying' ? 'removing' : 'suspended',
  };
}

const byNumber = (one: string, other: string): number =>
  Number(one.split('/')[1]) - Number(other.split('/')[1]);

/** The tables of `juju status`. */
export function statusText({ model, applications, relations, waiting }: ModelStatus): string {
  const units = Object.values(applications).flatMap((one) => Object.entries(one.units ?? {}));
  const tables = [
    table(
      ['Model', 'Controller', 'Cloud', 'Version'],
      [[model.name, model.controller, model.cloud, model.version]],
    ),
    table(
      ['App', 'Version', 'Status', 'Scale', 'Charm', 'Message'],
      Object.entries(applications).map(([name, one]) => [
        ...[name, one.version, one['application-status'].current],
        ...[String(Object.keys(one.units ?? {}).length), one['charm-name']],
        one['application-status'].message,
      ]),
    ),
    table(
      ['Unit', 'Workload', 'Agent', 'Address', 'Ports', 'Message'],
      units.map(([name, one]) => [
        `${name}${one.leader ? '*' : ''}`,
        ...[one['workload-status'].current, one['juju-status'].current, one.address],
        one['open-ports']?.join(' '),
        [executed(one['juju-status']), one['workload-status'].message].filter(Boolean).join(' '),
      ]),
    ),
    table(
      ['Integration provider', 'Requirer', 'Interface', 'Type', 'Message'],
      relations.map((one) => [one.provider, one.requirer, one.interface, one.type, one.message]),
    ),
    table(
      ['Waiting', 'Hook'],
      waiting.map(({ unit, hook }) => [unit, hook]),
    ),
  ];
  return tables.filter((one) => one !== '').join('\n');
}

const executed = ({ message }: Said): string | undefined =>
  message === undefined ? undefined : message.replace(/^running (.*) hook$/, '($1)');

/** Columns as wide as what is in them; empty where there are no rows. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
): string {
  if (rows.length === 0) return '';
  const all = [head, ...rows];
  const widths = head.map((_, at) => Math.max(...all.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly (string | undefined)[]) =>
    head
      .map((_, at) => (row[at] ?? '').padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return `${all.map(line).join('\n')}\n`;
}
