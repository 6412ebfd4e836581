import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { given, once } from '../../hook/index.ts';
import type { Endpoints } from '../endpoints.ts';
import type { JujuError } from '../errors.ts';
import { fingerprint } from '../fingerprint.ts';
import type { Bag, Changes, Databag, Juju, JujuAttempt, Status } from '../port.ts';
import { printable } from '../printable.ts';
import { type ActionTools, actionTools } from './action.ts';
import { deployment } from './deployment.ts';
import type { Environment, Variables } from './environment.ts';
import { withoutKnown } from './known.ts';
import { type JujuSecrets, secretTools } from './secrets.ts';
import {
  asModel,
  hookTools,
  isNoRelation,
  isOutOfReach,
  refused,
  type ToolProblem,
  unreadable,
} from './tools.ts';

const databag = v.record(v.string(), v.string());
const names = v.array(v.string());

/** What the other side of the required relation has written, and where. */
export interface RequiredAnswer {
  readonly relation: string;
  readonly databag: Databag;
}

/** Juju as a hook sees it, and what a charm asks of it beside the engine. */
export interface JujuModel extends Juju {
  /** What this unit listens on, and where others reach it; `EndpointUnknown` where Juju names nothing. */
  readonly address: JujuAttempt<{ readonly bind: string; readonly ingress: string }>;
  /** Null while nothing is related to the endpoint that the charm requires. */
  readonly required: JujuAttempt<RequiredAnswer | null>;
  /** Asks the required application, where it is not asked yet; only the leader may. */
  readonly request: (databag: Databag) => JujuAttempt<void>;
  /** Whether it has said anything since this unit was last content with all there is. */
  readonly requiredHasMoved: JujuAttempt<boolean>;
  /** Keeps what was learned of the model though nothing else is to be committed. */
  readonly remember: JujuAttempt<void>;
  /** Writes what nothing else of the hook depends on, at once. */
  readonly put: (changes: Pick<Changes, 'bags' | 'state'>) => JujuAttempt<void>;
  /** Has others reach a port of this unit, or of its application's service on Kubernetes, or not. */
  readonly ports: Readonly<Record<'open' | 'close', (port: number) => JujuAttempt<void>>>;
  /** Shows a status, and writes nothing else: for a hook that is to leave all as it is. */
  readonly say: (status: Status) => JujuAttempt<void>;
  readonly secrets: JujuSecrets | null;
  /** Only while an action runs. */
  readonly action: ActionTools;
}

/**
 * Juju through its hook tools, for one hook: each thing is read once, independent things at a time,
 * and each databag is written once, at the commit. Errors: `ModelRefused` where a tool refuses,
 * `ModelUnusable` where it is missing or prints what cannot be read.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: all that a hook asks of Juju shares its tools and what was found out once.
export function juju(
  environment: Environment,
  variables: Variables,
  /** Where clients reach this unit, `host:port`. */
  where: JujuAttempt<string | null>,
  endpoints: Endpoints,
  /** Milliseconds that are left for the hook; no tool is waited for longer. */
  remaining: () => number = () => Number.POSITIVE_INFINITY,
): JujuModel {
  given('juju', 'the environment', environment, {
    ...{ unit: 'text', event: 'text', charmFolder: 'text', model: 'record' },
  });
  given('juju', 'the variables', variables, 'record');
  given('juju', 'where clients reach the unit', where, 'function');
  given('juju', 'the endpoints', endpoints, 'record');
  const { unit, application, model, version } = environment;
  const tools = hookTools(variables, remaining);
  const { ask } = tools;
  const deployed = deployment(environment, tools, endpoints);
  const breaking = breakingOf(environment);

  const get = (relation: string, who: string) =>
    ask(databag, 'relation-get', '-r', relation, ...(who.includes('/') ? [] : ['--app']), '-', who);

  const readBag = async (bag: Bag): Promise<E.Either<ToolProblem, Databag>> => {
    if (bag._tag === 'PeerApp' || bag._tag === 'PeerUnit') {
      const id = await deployed.peers();
      if (E.isLeft(id)) return id;
      // Before the peer relation is created there is nothing in it, nor for a unit that has left it.
      if (id.right === null) return E.right({});
      const read = await get(id.right, bag._tag === 'PeerApp' ? application : bag.unit)();
      if (bag._tag !== 'PeerApp' || E.isRight(read) || !isNoRelation(read.left)) return read;
      deployed.leave();
      return E.right({});
    }
    const id = deployed.nameOf(bag.relation);
    if (bag._tag === 'OwnApp') return get(id, application)();
    if (bag._tag === 'RemoteUnit' || bag._tag === 'OwnUnit') return get(id, bag.unit)();
    const remote = await deployed.remoteApplication(bag.relation);
    if (E.isLeft(remote)) return remote;
    return get(id, remote.right)();
  };

  const write = async (bag: Bag, values: Databag): Promise<E.Either<ToolProblem, unknown>> => {
    const isPeers = bag._tag === 'PeerApp' || bag._tag === 'PeerUnit';
    const id = isPeers ? await deployed.peers() : E.right(deployed.nameOf(bag.relation));
    if (E.isLeft(id)) return id;
    if (id.right === null) return unreadable('relation-set', 'the peer relation is not there yet');
    return set(id.right, isOfUnit(bag) ? [] : ['--app'], values);
  };
  const set = (relation: string, whose: readonly string[], values: Databag) =>
    tools.tell('relation-set', ['-r', relation, ...whose, '--file', '-'], JSON.stringify(values));

  /** The state that is to be written: what the engine wants, and what was learned. */
  const keep = async (
    values: Databag,
    seen?: { readonly seen: string | null },
  ): Promise<E.Either<ToolProblem, unknown>> => {
    const learned = await deployed.learned(seen);
    if (E.isLeft(learned)) return learned;
    const all = { ...values, ...learned.right };
    if (Object.keys(all).length === 0) return E.right(null);
    return tools.tell('state-set', ['--file', '-'], JSON.stringify(all));
  };

  const shown = ({ name, message }: Status) =>
    tools.tell('status-set', ['--', name, printable(message)]);

  let mark: string | null = null;
  const required = once(async (): Promise<E.Either<ToolProblem, RequiredAnswer | null>> => {
    const found = await deployed.required();
    if (E.isLeft(found)) return found;
    if (found.right === null) return E.right(null);
    const { relation, application: remote } = found.right;
    const read = await get(relation, remote)();
    if (E.isRight(read)) {
      mark = fingerprint(JSON.stringify([relation, read.right]));
      return E.right({ relation, databag: read.right });
    }
    if (!isOutOfReach(read.left)) return read;
    // It went without a word, as by force; the next hook asks for it anew.
    deployed.forgetRequired();
    return E.right(null);
  });

  return {
    action: actionTools(tools),
    unit,
    owner: `${model.uuid}/${application}`,
    endpoint: where,
    leader: asModel(once(ask(v.boolean(), 'is-leader'))),
    plannedUnits: asModel(deployed.plannedUnits),
    hasLeft: asModel(deployed.hasLeft),
    peers: asModel(
      once(async () => {
        const id = await deployed.peers();
        if (E.isLeft(id)) return id;
        return id.right === null ? E.right([]) : ask(names, 'relation-list', '-r', id.right)();
      }),
    ),
    relations: (endpoint) =>
      asModel(async () => {
        const ids = await deployed.relationIds(endpoint)();
        if (E.isLeft(ids)) return ids;
        // An agent that has not been started anew since it joined still lists the one that breaks.
        const others = ids.right.filter((id) => id !== breaking);
        const numbers = others.map((id) => Number(id.split(':')[1]));
        return E.right(numbers.sort((one, other) => one - other));
      }),
    remoteUnits: (relation) =>
      asModel(ask(names, 'relation-list', '-r', deployed.nameOf(relation))),
    read: (bags) => async () => {
      const contents = await Promise.all(bags.map(readBag));
      return contents.map((content) =>
        E.isLeft(content) ? E.left(refused(content.left)) : content,
      );
    },
    state: asModel(async () => {
      const read = await deployed.stored();
      if (E.isLeft(read)) return read;
      return E.right(withoutKnown(read.right));
    }),
    secrets: version[0] >= 3 ? secretTools(tools, environment.charmFolder, deployed.nameOf) : null,
    commit: ({ bags, state, status: { name, message } }) => {
      const isContent = name === 'active';
      const seen = isContent && mark === null ? undefined : { seen: isContent ? mark : null };
      const ofUnit = bags.filter(({ bag }) => isOfUnit(bag));
      // What only the leader may write comes first: where it is refused, nothing was written.
      const ordered = [...bags.filter(({ bag }) => !isOfUnit(bag)), ...ofUnit];
      return inOrder([
        ...ordered.map(
          ({ bag, values }) =>
            () =>
              write(bag, values),
        ),
        () => keep(state, seen),
        () => shown({ name, message }),
      ]);
    },
    ports: {
      open: (port) => inOrder([() => tools.tell('open-port', [`${port}/tcp`])]),
      close: (port) => inOrder([() => tools.tell('close-port', [`${port}/tcp`])]),
    },
    say: (status) => inOrder([() => shown(status)]),
    config: asModel(async () => {
      const found = await deployed.config();
      return E.isLeft(found) ? found : E.right(found.right ?? {});
    }),
    address: async () => {
      const found = await deployed.address();
      if (E.isRight(found)) return E.right(found.right ?? { bind: '', ingress: '' });
      const { _tag, tool, why } = found.left;
      return E.left(
        _tag === 'ToolFailed'
          ? { _tag: 'EndpointUnknown', class: 'unavailable', unit, why: `${tool}: ${why}` }
          : refused(found.left),
      );
    },
    required: asModel(required),
    requiredHasMoved: asModel(async () => {
      const found = await required();
      if (E.isLeft(found)) return found;
      const seen = await deployed.seen();
      return E.isLeft(seen) ? seen : E.right(mark === null || mark !== seen.right);
    }),
    request: (wanted) =>
      inOrder([
        async () => {
          const found = await deployed.required();
          if (E.isLeft(found) || found.right === null) return found;
          const { relation } = found.right;
          const asked = await get(relation, application)();
          if (E.isLeft(asked)) return asked;
          const isAsked = Object.entries(wanted).every(
            ([key, value]) => asked.right[key] === value,
          );
          return isAsked ? asked : set(relation, ['--app'], wanted);
        },
      ]),
    remember: inOrder([() => keep({})]),
    put: ({ bags, state }) =>
      inOrder([
        ...bags.map(
          ({ bag, values }) =>
            () =>
              write(bag, values),
        ),
        ...(Object.keys(state).length === 0
          ? []
          : [() => tools.tell('state-set', ['--file', '-'], JSON.stringify(state))]),
      ]),
  };
}

/** Whether a databag is one that any unit may write. */
const isOfUnit = ({ _tag }: Bag): boolean => _tag === 'PeerUnit' || _tag === 'OwnUnit';

/** The relation that breaks in this hook, as the tools name it; null in any other one. */
const breakingOf = ({ event, relation }: Environment): string | null =>
  relation !== null && event.endsWith('-broken') ? `${relation.endpoint}:${relation.id}` : null;

const inOrder =
  (calls: readonly (() => Promise<E.Either<ToolProblem, unknown>>)[]): JujuAttempt<void> =>
  async (): Promise<E.Either<JujuError, void>> => {
    for (const call of calls) {
      const outcome = await call();
      if (E.isLeft(outcome)) return E.left(refused(outcome.left));
    }
    return E.right(undefined);
  };
