import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { once } from '../../hook/index.ts';
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
import { type Answer, type Tools, unanswered } from './tools.ts';

/** Where a unit is and whom it is related to: told once, kept in its state, asked for where missing. */
export interface Deployment {
  /** The unit's own state, as Juju keeps it. */
  readonly stored: () => Answer<Databag>;
  /** The peer relation, `pgb-peers:0`; null before it is there, and once the unit has left it. */
  readonly peers: () => Answer<string | null>;
  /** Whether the unit had left it before this hook, or was found to have in it. */
  readonly hasLeft: () => Answer<boolean>;
  /** The peer relation was not found, though it had been there. */
  readonly leave: () => void;
  /** The relation with what the charm requires; the one that breaks only where the application goes as well. */
  readonly required: () => Answer<Known['backend']>;
  readonly plannedUnits: () => Answer<readonly string[]>;
  readonly address: () => Answer<Known['address']>;
  readonly config: () => Answer<Known['config']>;
  readonly relationIds: (endpoint: string) => () => Answer<readonly string[]>;
  /** A relation as the tools call it, `database:4`. */
  readonly nameOf: (relation: number) => string;
  /** The other application of a relation. */
  readonly remoteApplication: (relation: number) => Answer<string>;
  readonly forgetRequired: () => void;
  /** The mark of the backend's databag with which this unit was content. */
  readonly seen: () => Answer<string | null>;
  /** What is to be kept of what was learned, and of this; nothing where all of it is kept already. */
  readonly learned: (seen?: Pick<Known, 'seen'>) => Answer<Databag>;
}

const names = v.array(v.string());
const state = v.nullable(v.record(v.string(), v.string()));
const goal = v.object({ units: v.record(v.string(), v.object({ status: v.string() })) });
const settings = v.record(v.string(), v.unknown());
const network = v.object({
  'bind-addresses': v.array(v.object({ addresses: v.array(v.object({ value: v.string() })) })),
  'ingress-addresses': v.optional(v.array(v.string()), []),
});

/** Events after which what a unit was told about itself is asked anew. */
const renewing = /^(install|start|upgrade-charm|config-changed)$/;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: all that Juju tells of the deployment shares what was found out once.
export function deployment(
  environment: Environment,
  { ask }: Tools,
  endpoints: Endpoints,
): Deployment {
  const { event, relation: own } = environment;

  const stored = once(async () => {
    const read = await ask(state, 'state-get')();
    return E.isLeft(read) ? read : E.right(read.right ?? {});
  });

  let current: Known | null = null;
  let hasLeft = false;
  /** Whether a name was learned: what is only to be forgotten can wait for something to be kept. */
  let isNamed = false;
  const known = once(async (): Answer<Known> => {
    const read = await stored();
    if (E.isLeft(read)) return read;
    const before = parseKnown(read.right);
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
      learnName(read.right, Number(id), name);
    const told = applicationOf(environment, endpoints);
    if (told !== null) learnName(read.right, told.relation, told.application);
    return E.right(current);
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
    find: () => Answer<Known[Key]>,
  ) =>
    once(async (): Answer<Known[Key]> => {
      const before = await known();
      if (E.isLeft(before)) return before;
      if (before.right[key] !== null) return E.right(before.right[key]);
      const found = await find();
      if (E.isRight(found)) learn({ [key]: found.right });
      return found;
    });

  const named = new Map(own === null ? [] : [[own.id, `${own.endpoint}:${own.id}`]]);
  /** Juju takes the number alone as well; what is known of its endpoint is said. */
  const nameOf = (id: number): string =>
    named.get(id) ?? (endpoints.serves === undefined ? String(id) : `${endpoints.serves}:${id}`);
  const relationIds = (endpoint: string) => async () => {
    const ids = await ask(names, 'relation-ids', endpoint)();
    if (E.isRight(ids)) for (const id of ids.right) named.set(Number(id.split(':')[1]), id);
    return ids;
  };
  const remoteOf = (id: string) => ask(v.string(), 'relation-list', '-r', id, '--app');

  /** The relation of this hook is the required one, and it breaks. */
  const isBroken = own !== null && own.endpoint === endpoints.requires && event.endsWith('-broken');
  const plannedUnits = once(async () => {
    const found = await ask(goal, 'goal-state')();
    if (E.isLeft(found)) return found;
    const units = Object.entries(found.right.units);
    return E.right(units.flatMap(([name, { status }]) => (status === 'dying' ? [] : [name])));
  });
  const findRequired = async (): Answer<Known['backend']> => {
    if (endpoints.requires === undefined) return E.right(null);
    const ids = await relationIds(endpoints.requires)();
    if (E.isLeft(ids)) return ids;
    const hooks = own === null ? '' : `${own.endpoint}:${own.id}`;
    const other = ids.right.find((one) => one !== hooks);
    // An agent that was started anew lists none that is dying, and calls this hook for it all the same.
    const id = other ?? (isBroken ? hooks : ids.right[0]);
    if (id === undefined) return E.right(null);
    if (isBroken && id === hooks) {
      // Of an application that goes it takes the roles along: this is the last look at its login.
      const planned = await plannedUnits();
      if (E.isLeft(planned)) return planned;
      if (planned.right.length > 0) return E.right(null);
    }
    const remote = id === hooks ? own?.remoteApplication : null;
    if (typeof remote === 'string') return E.right({ relation: id, application: remote });
    const found = await remoteOf(id)();
    return E.isLeft(found) ? found : E.right({ relation: id, application: found.right });
  };

  const peers = remembered('peers', async () => {
    if (endpoints.peers === undefined) return E.right(null);
    const ids = await relationIds(endpoints.peers)();
    return E.isLeft(ids) ? ids : E.right(ids.right[0] ?? null);
  });

  const findAddress = async (): Answer<Known['address']> => {
    const found = await ask(
      network,
      'network-get',
      endpoints.serves ?? endpoints.peers ?? 'juju-info',
    )();
    if (E.isLeft(found)) return found;
    const [bind] = found.right['bind-addresses'].flatMap(({ addresses }) => addresses);
    const [ingress] = found.right['ingress-addresses'];
    const any = bind?.value ?? ingress;
    return any === undefined
      ? unanswered('network-get', 'it names none')
      : E.right({ bind: any, ingress: ingress ?? any });
  };

  return {
    stored,
    relationIds,
    nameOf,
    peers: async () => {
      const found = await peers();
      return hasLeft ? E.right(null) : found;
    },
    hasLeft: async () => {
      const read = await known();
      return E.isLeft(read) ? read : E.right(hasLeft);
    },
    leave: () => {
      hasLeft = true;
      learn({ hasLeft });
    },
    required: isBroken ? once(findRequired) : remembered('backend', findRequired),
    plannedUnits,
    address: remembered('address', findAddress),
    config: remembered('config', ask(settings, 'config-get')),
    remoteApplication: async (id) => {
      if (own?.id === id && own.remoteApplication !== null) return E.right(own.remoteApplication);
      const before = await known();
      if (E.isLeft(before)) return before;
      const state = await stored();
      if (E.isLeft(state)) return state;
      const name = partIn(state.right, id)[id];
      if (name !== undefined) return E.right(name);
      const found = await remoteOf(nameOf(id))();
      if (E.isRight(found)) learnName(state.right, id, found.right);
      return found;
    },
    forgetRequired: () => learn({ backend: null }),
    seen: async () => {
      const before = await known();
      return E.isLeft(before) ? before : E.right(before.right.seen);
    },
    learned: async (seen) => {
      const before = await stored();
      if (E.isLeft(before)) return before;
      const after = await known();
      if (E.isLeft(after)) return after;
      learn(seen ?? {});
      const text = JSON.stringify({ ...after.right, ...current });
      if (!isNamed && text === before.right[knownKey]) return E.right({});
      const named = [...parts].map(([key, part]) => [
        key,
        Object.keys(part).length === 0 ? '' : JSON.stringify(part),
      ]);
      return E.right({ ...Object.fromEntries(named), [knownKey]: text });
    },
  };
}

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
