import { stringify } from 'yaml';
import type { DrawnHook } from './drawn-hooks.ts';

/** The endpoints and the like that a charm's hooks speak of, as far as their names say it. */
export interface DrawnEndpoints {
  /** Where others are related. */
  readonly others: readonly string[];
  /** The endpoint of the charm's own units; null where no hook names one. */
  readonly peers: string | null;
  /** Of `NAME-pebble-ready` and the like. */
  readonly containers: readonly string[];
  /** Of `NAME-storage-attached` and the like. */
  readonly storages: readonly string[];
}

/** Reads names such as `website-relation-changed`; one that ends in `peers` is of the charm's own units. */
export function endpointsOf(hooks: readonly DrawnHook[]): DrawnEndpoints {
  const named = (kind: string): readonly string[] => [
    ...new Set(hooks.flatMap(({ hook }) => new RegExp(`^(.+)-${kind}-`).exec(hook)?.[1] ?? [])),
  ];
  const relations = named('relation');
  const isPeers = (name: string): boolean => /(?:^|-)peers?$/.test(name);
  return {
    others: relations.filter((name) => !isPeers(name)),
    peers: relations.find(isPeers) ?? null,
    containers: named('pebble'),
    storages: named('storage'),
  };
}

/** `metadata.yaml`; what its author knows better is said beside it. */
export function metadataFile(
  name: string,
  { others, peers, containers, storages }: DrawnEndpoints,
): string {
  const record = <Value>(names: readonly string[], value: (one: string) => Value) =>
    Object.fromEntries(names.map((one) => [one, value(one)]));
  const interfaces = (names: readonly string[]) =>
    record(names, (one) => ({ interface: one.replaceAll('-', '_') }));
  const sections: readonly (readonly [comment: string, content: object])[] = [
    ['', { name, summary: `The charm ${name}`, description: 'Say here what it is for.' }],
    [
      others.length === 0
        ? ''
        : '# Endpoints whose hooks are drawn. Those at which this charm asks, and others answer, belong under `requires`.\n',
      others.length === 0 ? {} : { provides: interfaces(others) },
    ],
    ['', peers === null ? {} : { peers: interfaces([peers]) }],
    ['', containers.length === 0 ? {} : { containers: record(containers, () => ({})) }],
    [
      '',
      storages.length === 0 ? {} : { storage: record(storages, () => ({ type: 'filesystem' })) },
    ],
  ];
  return sections
    .filter(([, content]) => Object.keys(content).length > 0)
    .map(([comment, content]) => `${comment}${stringify(content)}`)
    .join('');
}
