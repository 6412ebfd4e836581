/** What a container holds as long as it is up: layers, services, files. It is plain data, a world's own. */
import { FileTree } from './file-tree.ts';
import { type Layer, planOf, type Sections } from './plan.ts';

/** A notice, as its key and type name it. */
export interface Notice {
  readonly type: string;
  readonly key: string;
  readonly occurrences: number;
  readonly data: Readonly<Record<string, string>>;
}

/** One container, of which nothing is left once it was restarted, but for its volumes. */
export interface Container {
  /** Where storage is mounted: what is there outlives it. */
  readonly volumes: readonly string[];
  /** Whether its Pebble answers. */
  readonly isUp: boolean;
  readonly layers: readonly Layer[];
  /** Services that run, with what the plan said of each when it was started. */
  readonly running: Readonly<Record<string, string>>;
  readonly files: FileTree;
  readonly notices: readonly Notice[];
  /** Checks that are down. */
  readonly failing: readonly string[];
}

/** As it is before its Pebble answers for the first time; with what its image brings. */
export const containerDown = (volumes: readonly string[], image = new FileTree()): Container => ({
  volumes,
  isUp: false,
  layers: [],
  running: {},
  files: volumes.reduce(
    (files, path) => files.makeFolder(path, 0o755, { user: 'root', group: 'root' }, true),
    image,
  ),
  notices: [],
  failing: [],
});

/** The checks that Pebble makes by itself. */
export const checksIn = ({ layers }: Container): readonly string[] =>
  Object.entries(planOf(layers).checks).flatMap(([name, { startup }]) =>
    startup === 'disabled' ? [] : [name],
  );

/** The same once somebody has told Pebble something; a notice of the same key is the same notice again. */
export function noticed(
  container: Container,
  key: string,
  data: Readonly<Record<string, string>> = {},
): Container {
  const { notices } = container;
  const at = notices.findIndex((notice) => notice.key === key);
  const occurrences = (notices[at]?.occurrences ?? 0) + 1;
  const made = { type: 'custom', key, occurrences, data };
  return { ...container, notices: at < 0 ? [...notices, made] : notices.with(at, made) };
}

/** What is left of it when it was restarted, and comes up some time later. */
export function restarted({ files, volumes }: Container, image = files.fresh()): Container {
  const fresh = containerDown(volumes, image);
  return { ...fresh, files: fresh.files.with(files.below(volumes)) };
}

/** What Pebble refuses to do with services, in its words. */
export class ServiceRefused extends Error {
  override readonly name = 'ServiceRefused';
}

/** What became of services, and which of them were started or stopped. */
export interface Acted {
  readonly container: Container;
  readonly started: readonly string[];
  readonly stopped: readonly string[];
}

/** Starts, stops, restarts services, or does what the plan wants. `ServiceRefused` where it cannot. */
export function act(container: Container, action: string, named: readonly string[]): Acted {
  const { services } = planOf(container.layers);
  const isOfPlan = action === 'replan' || action === 'autostart';
  if (isOfPlan && named.length > 0) throw new ServiceRefused(`${action} accepts no service names`);
  if (!isOfPlan && named.length === 0)
    throw new ServiceRefused(`no services to ${action} provided`);
  const unknown = named.find((name) => services[name] === undefined);
  if (unknown !== undefined) throw new ServiceRefused(`service "${unknown}" does not exist`);
  const enabled = Object.keys(services).filter((name) => services[name]?.startup === 'enabled');
  const running = Object.keys(container.running);
  switch (action) {
    case 'start':
      return changed(container, [], withRequired(services, named));
    case 'stop':
      return changed(container, withThoseThatRequire(services, named), []);
    case 'restart':
      return changed(container, named, withRequired(services, named));
    case 'autostart':
      if (enabled.length === 0) throw new ServiceRefused('no default services');
      return changed(container, [], withRequired(services, enabled));
    case 'replan': {
      const moved = running.filter((name) => container.running[name] !== signOf(services[name]));
      return changed(container, moved, withRequired(services, [...moved, ...enabled]));
    }
    default:
      throw new ServiceRefused(`action "${action}" is unsupported`);
  }
}

function changed(container: Container, stop: readonly string[], start: readonly string[]): Acted {
  const { services } = planOf(container.layers);
  const stopped = stop.filter((name) => container.running[name] !== undefined);
  const left = Object.entries(container.running).filter(([name]) => !stopped.includes(name));
  const started = start.filter((name) => !left.some(([other]) => other === name));
  const fresh = started.map((name) => [name, signOf(services[name])] as const);
  const running = [...left, ...fresh].sort(([one], [other]) => (one < other ? -1 : 1));
  return { container: { ...container, running: Object.fromEntries(running) }, started, stopped };
}

const listed = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map(String) : [];

function withRequired(services: Sections['services'], named: readonly string[]): readonly string[] {
  const all = new Set(named);
  for (const name of all) for (const other of listed(services[name]?.requires)) all.add(other);
  return [...all];
}

function withThoseThatRequire(
  services: Sections['services'],
  named: readonly string[],
): readonly string[] {
  const all = new Set(named);
  for (const name of all)
    for (const [other, { requires }] of Object.entries(services))
      if (listed(requires).includes(name)) all.add(other);
  return [...all];
}

/** What a service was started with; another sign is another configuration. */
const signOf = (service: unknown): string => JSON.stringify(service ?? null);

/** As `GET /v1/services` tells them. */
export const serviceInfos = ({ layers, running }: Container, names: readonly string[]) =>
  Object.entries(planOf(layers).services)
    .filter(([name]) => names.length === 0 || names.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { startup }]) => ({
      name,
      startup: startup === 'enabled' ? 'enabled' : 'disabled',
      current: running[name] === undefined ? 'inactive' : 'active',
    }));
