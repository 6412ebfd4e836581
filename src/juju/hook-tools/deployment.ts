import * as v from 'valibot';
import { halt, once, right, take } from '../../hook/index.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Databag } from '../port.ts';
import type { Environment } from './environment.ts';
import {
  type Applications,
  applicationsKey,
  type Known,
  knownKey,
  parseApplications,
  parseKnown,
} from './known.ts';
import { read, type Tools, textList, textsByKey, unanswered } from './tools.ts';

/**
 * Where a unit is and whom it is related to: told once, kept in its state, asked for where missing.
 * All of these are steps: they are halted by a tool that fails.
 */
export interface Deployment {
  /** The unit's own state, as Juju keeps it. */
  readonly stored: () => Promise<Databag>;
  /** The peer relation, `pgb-peers:0`; null before it is there, and once the unit has left it. */
  readonly peers: () => Promise<string | null>;
  /** Whether the unit had left it before this hook, or was found to have in it. */
  readonly hasLeft: () => Promise<boolean>;
  /** The peer relation was not found, though it had been there. */
  readonly leave: () => void;
  /** The relation with what the charm requires; the one that breaks only where the application goes as well. */
  readonly required: () => Promise<Known['backend']>;
  readonly plannedUnits: () => Promise<readonly string[]>;
  readonly address: () => Promise<Known['address']>;
  readonly config: () => Promise<Known['config']>;
  readonly relationIds: (endpoint: string) => Promise<readonly string[]>;
  /** Their numbers, sorted. */
  readonly relationNumbers: (endpoint: string) => Promise<readonly number[]>;
  /** A relation as the tools call it, `database:4`. */
  readonly nameOf: (relation: number) => string;
  /** The other application of a relation. */
  readonly remoteApplication: (relation: number) => Promise<string>;
  readonly forgetRequired: () => void;
  /** The mark of the backend's databag with which this unit was content. */
  readonly seen: () => Promise<string | null>;
  /** What is to be kept of what was learned, and of this; nothing where all of it is kept already. */
  readonly learned: (seen?: Pick<Known, 'seen'>) => Promise<Databag>;
}

const state = v.nullable(textsByKey);
const goal = v.object({ units: v.record(v.string(), v.object({ status: v.string() })) });
const settings = v.record(v.string(), v.unknown());
const network = v.object({
  'bind-addresses': v.array(v.object({ addresses: v.array(v.object({ value: v.string() })) })),
  'ingress-addresses': v.optional(v.array(v.string()), []),
});

/**
 * Events after which what a unit was told about itself is asked anew; an operator's action may come
 * before the hook in which Juju tells what that operator has just set.
 */
const renewing = /^(install|start|upgrade-charm|config-changed|actions\/.+)$/;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: all that Juju tells of the deployment shares what was found out once.
export function deployment(
  environment: Environment,
  { ask, tell }: Tools,
  endpoints: Endpoints,
): Deployment {
  const { event, relation: own } = environment;

  const stored = once(async () => {
    return (await take(ask(state, 'state-get'))) ?? {};
  });

  let current: Known | null = null;
  let hasLeft = false;
  /** Whether a name was learned: what is only to be forgotten can wait for something to be kept. */
  let isNamed = false;
  const known = once(async (): Promise<Known> => {
    const state = await stored();
    const before = parseKnown(state);
    hasLeft = before.hasLeft && own?.endpoint !== (endpoints.peers ?? '');
    current = {
      ...before,
      ...(own !== null && own.endpoint === endpoints.peers
        ? { peers: `${own.endpoint}:${own.id}`, hasLeft: event.endsWith('-broken') }
        : {}),
      ...(endpoints.requires !== undefined && event.startsWith(`${endpoints.requires}-`)
        ? { backend: null }
        : {}),
      ...(renewing.test(event) ? { address: null, config: null } : {}),
      applications: {},
    };
    for (const [id, name] of Object.entries(before.applications))
      learnName(state, Number(id), name);
    const told = applicationOf(environment, endpoints);
    if (told !== null) learnName(state, told.relation, told.application);
    return current;
  });
  /** Those parts of what is known of applications that this hook has changed. */
  const parts = new Map<string, Applications>();
  const partIn = (state: Databag, relation: number): Applications => {
    const key = applicationsKey(relation);
    return parts.get(key) ?? parseApplications(state, key);
  };
  const learnName = (state: Databag, relation: number, application: string | null): void => {
    const { [relation]: before, ...others } = partIn(state, relation);
    if (before === (application ?? undefined)) return;
    const after = application === null ? others : { ...others, [relation]: application };
    parts.set(applicationsKey(relation), after);
    isNamed ||= application !== null;
  };
  const learn = (part: Partial<Known>): void => {
    if (current !== null) current = { ...current, ...part };
  };

  /** What is known already, or is asked for and known from then on. */
  const remembered = <Key extends 'peers' | 'backend' | 'address' | 'config'>(
    key: Key,
    find: () => Promise<Known[Key]>,
  ) =>
    once(async (): Promise<Known[Key]> => {
      const before = await known();
      if (before[key] !== null) return before[key];
      const found = await find();
      learn({ [key]: found });
      return found;
    });

  const named = new Map(own === null ? [] : [[own.id, `${own.endpoint}:${own.id}`]]);
  /** Juju takes the number alone as well; what is known of its endpoint is said. */
  const nameOf = (id: number): string =>
    named.get(id) ?? (endpoints.serves === undefined ? String(id) : `${endpoints.serves}:${id}`);
  const relationIds = async (endpoint: string) => {
    const ids = await take(ask(textList, 'relation-ids', endpoint));
    // Of the endpoint that serves there are thousands, and they are called so in any case.
    if (endpoint !== endpoints.serves) for (const id of ids) named.set(numberOf(id), id);
    return ids;
  };
  const serving = async (endpoint: string): Promise<readonly number[]> => {
    const tool = 'relation-ids';
    const printed = await take(() => tell(tool, ['--format=json', endpoint]));
    return numbersIn(printed, endpoint) ?? right(read(textList, tool, printed)).map(numberOf);
  };
  const remoteOf = (id: string) => take(ask(v.string(), 'relation-list', '-r', id, '--app'));

  /** The relation of this hook is the required one, and it breaks. */
  const isBroken = own !== null && own.endpoint === endpoints.requires && event.endsWith('-broken');
  const plannedUnits = once(async () => {
    const { units } = await take(ask(goal, 'goal-state'));
    return Object.entries(units).flatMap(([name, { status }]) =>
      status === 'dying' ? [] : [name],
    );
  });
  const findRequired = async (): Promise<Known['backend']> => {
    if (endpoints.requires === undefined) return null;
    const ids = await relationIds(endpoints.requires);
    const hooks = own === null ? '' : `${own.endpoint}:${own.id}`;
    const other = ids.find((one) => one !== hooks);
    // An agent that was started anew lists none that is dying, and calls this hook for it all the same.
    const id = other ?? (isBroken ? hooks : ids[0]);
    if (id === undefined) return null;
    // Of an application that goes it takes the roles along: this is the last look at its login.
    if (isBroken && id === hooks && (await plannedUnits()).length > 0) return null;
    const remote = id === hooks ? own?.remoteApplication : null;
    return { relation: id, application: remote ?? (await remoteOf(id)) };
  };

  const peers = remembered('peers', async () => {
    if (endpoints.peers === undefined) return null;
    return (await relationIds(endpoints.peers))[0] ?? null;
  });

  const findAddress = async (): Promise<Known['address']> => {
    const found = await take(
      ask(network, 'network-get', endpoints.serves ?? endpoints.peers ?? 'juju-info'),
    );
    const [bind] = found['bind-addresses'].flatMap(({ addresses }) => addresses);
    const [ingress] = found['ingress-addresses'];
    const any = bind?.value ?? ingress;
    return any === undefined
      ? halt(unanswered('network-get', 'it names none'))
      : { bind: any, ingress: ingress ?? any };
  };

  return {
    stored,
    relationIds,
    relationNumbers: async (endpoint) => {
      const numbers =
        endpoint === endpoints.serves
          ? await serving(endpoint)
          : (await relationIds(endpoint)).map(numberOf);
      return [...numbers].sort((one, other) => one - other);
    },
    nameOf,
    peers: async () => {
      const found = await peers();
      return hasLeft ? null : found;
    },
    hasLeft: async () => {
      await known();
      return hasLeft;
    },
    leave: () => {
      hasLeft = true;
      learn({ hasLeft });
    },
    required: isBroken ? once(findRequired) : remembered('backend', findRequired),
    plannedUnits,
    address: remembered('address', findAddress),
    config: remembered('config', () => take(ask(settings, 'config-get'))),
    remoteApplication: async (id) => {
      if (own?.id === id && own.remoteApplication !== null) return own.remoteApplication;
      await known();
      const state = await stored();
      const name = partIn(state, id)[id];
      if (name !== undefined) return name;
      const found = await remoteOf(nameOf(id));
      learnName(state, id, found);
      return found;
    },
    forgetRequired: () => learn({ backend: null }),
    seen: async () => (await known()).seen,
    learned: async (seen) => {
      const before = await stored();
      const after = await known();
      learn(seen ?? {});
      const text = JSON.stringify({ ...after, ...current });
      if (!isNamed && text === before[knownKey]) return {};
      const named = [...parts].map(([key, part]) => [
        key,
        Object.keys(part).length === 0 ? '' : JSON.stringify(part),
      ]);
      return { ...Object.fromEntries(named), [knownKey]: text };
    },
  };
}

/**
 * The numbers in a list of relations that Juju has printed, all of one endpoint; null where it holds
 * anything else. Thousands are read at once so, and no text is made for each.
 */
export function numbersIn(printed: string, endpoint: string): readonly number[] | null {
  const named = `"${endpoint}:`;
  const bare = printed.replaceAll(named, '').replaceAll('"', '');
  if (!/^\[\d[\d,]*\]\s*$/.test(bare)) return null;
  try {
    const numbers: readonly number[] = JSON.parse(bare);
    return printed.trim() === `[${named}${numbers.join(`",${named}`)}"]` ? numbers : null;
  } catch {
    return null;
  }
}

/** The number of a relation that the tools call `database:4`. */
const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf(':') + 1));

/** Juju names the other application in each hook of a relation; one that breaks is forgotten. */
function applicationOf(
  { event, relation }: Environment,
  { peers, requires }: Endpoints,
): { readonly relation: number; readonly application: string | null } | null {
  if (relation === null || relation.endpoint === peers || relation.endpoint === requires)
    return null;
  const { id, remoteApplication } = relation;
  return { relation: id, application: event.endsWith('-broken') ? null : remoteApplication };
}
