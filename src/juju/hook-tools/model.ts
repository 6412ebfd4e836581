import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { attempt, given, halt, once, right, take } from '../../hook/index.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Bag, Changes, Databag, Juju, JujuAttempt, Status } from '../port.ts';
import { type ActionTools, actionTools } from './action.ts';
import { deployment } from './deployment.ts';
import type { Environment, Variables } from './environment.ts';
import { fingerprint } from './fingerprint.ts';
import { type Known, withoutKnown } from './known.ts';
import { printable } from './printable.ts';
import { type JujuSecrets, secretTools } from './secrets.ts';
import {
  asModel,
  hookTools,
  isNoRelation,
  isOutOfReach,
  read as readAs,
  refused,
  type ToolProblem,
  type Tools,
  textList,
  textsByKey,
  unreadable,
} from './tools.ts';

/** What the other side of the required relation has written, and where. */
export interface RequiredAnswer {
  readonly relation: string;
  readonly databag: Databag;
}

/**
 * Reads a databag out of the JSON that Juju has printed, in a quicker way than JSON is read; null
 * where that cannot be. What it yields MUST be what JSON would be.
 */
export type ReadPrinted = (printed: string) => Databag | null;

/** Juju as a hook sees it, and what a charm's process asks of it beside what a hook does. */
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
 *
 * @category A Juju
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
  /** How the application's databag among its peers is read; as JSON by default. */
  readPeers: ReadPrinted | null = null,
): JujuModel {
  given('juju', 'the environment', environment, {
    ...{ unit: 'text', event: 'text', charmFolder: 'text', model: 'record' },
  });
  given('juju', 'the variables', variables, 'record');
  given('juju', 'where clients reach the unit', where, 'function');
  given('juju', 'the endpoints', endpoints, 'record');
  const { unit, application, model, version } = environment;
  const tools = hookTools(variables, remaining, environment.charmFolder);
  const { ask } = tools;
  const tell = (...call: Parameters<Tools['tell']>) => take(() => tools.tell(...call));
  const deployed = deployment(environment, tools, endpoints);
  const breaking = breakingOf(environment);

  const get = (relation: string, who: string) =>
    ask(
      textsByKey,
      'relation-get',
      '-r',
      relation,
      ...(who.includes('/') ? [] : ['--app']),
      '-',
      who,
    );

  /** What the application says to its units, which may be megabytes. */
  const getOwn = async (peers: string) => {
    if (readPeers === null) return get(peers, application)();
    const tool = 'relation-get';
    const read = (printed: string) => {
      const known = readPeers(printed);
      return known === null ? readAs(textsByKey, tool, printed) : E.right(known);
    };
    return E.chain(read)(await tools.print(tool, '-r', peers, '--app', '-', application));
  };

  const readBag = async (bag: Bag): Promise<Databag> => {
    if (bag._tag === 'PeerApp' || bag._tag === 'PeerUnit') {
      const id = await deployed.peers();
      // Before the peer relation is created there is nothing in it, nor for a unit that has left it.
      if (id === null) return {};
      const read = await (bag._tag === 'PeerApp' ? getOwn(id) : get(id, bag.unit)());
      if (bag._tag !== 'PeerApp' || E.isRight(read) || !isNoRelation(read.left)) return right(read);
      deployed.leave();
      return {};
    }
    const id = deployed.nameOf(bag.relation);
    if (bag._tag === 'OwnApp') return take(get(id, application));
    if (bag._tag === 'RemoteUnit' || bag._tag === 'OwnUnit') return take(get(id, bag.unit));
    return take(get(id, await deployed.remoteApplication(bag.relation)));
  };

  const write = async (bag: Bag, values: Databag): Promise<void> => {
    const isPeers = bag._tag === 'PeerApp' || bag._tag === 'PeerUnit';
    const id = isPeers ? await deployed.peers() : deployed.nameOf(bag.relation);
    if (id === null) halt(unreadable('relation-set', 'the peer relation is not there yet'));
    await set(id, isOfUnit(bag) ? [] : ['--app'], values);
  };
  const set = (relation: string, whose: readonly string[], values: Databag) =>
    tell('relation-set', ['-r', relation, ...whose, '--file', '-'], JSON.stringify(values));

  /** The state that is to be written: what the hook puts by, and what was learned. */
  const keep = async (values: Databag, seen?: { readonly seen: string | null }): Promise<void> =>
    setState({ ...values, ...(await deployed.learned(seen)) });
  const setState = async (values: Databag): Promise<void> => {
    if (Object.keys(values).length === 0) return;
    await tell('state-set', ['--file', '-'], JSON.stringify(values));
  };

  const shown = ({ name, message }: Status) => tell('status-set', ['--', name, printable(message)]);

  let mark: string | null = null;
  const required = once(async (): Promise<RequiredAnswer | null> => {
    const found = await deployed.required();
    if (found === null) return null;
    const { relation, application: remote } = found;
    const read = await get(relation, remote)();
    if (E.isLeft(read) && isOutOfReach(read.left)) {
      // It went without a word, as by force; the next hook asks for it anew.
      deployed.forgetRequired();
      return null;
    }
    const databag = right(read);
    mark = fingerprint(JSON.stringify([relation, databag]));
    return { relation, databag };
  });

  return {
    action: actionTools(tools),
    unit,
    owner: `${model.uuid}/${application}`,
    endpoint: where,
    leader: asModel(once(() => take(ask(v.boolean(), 'is-leader')))),
    plannedUnits: asModel(deployed.plannedUnits),
    hasLeft: asModel(deployed.hasLeft),
    peers: asModel(
      once(async () => {
        const id = await deployed.peers();
        return id === null ? [] : take(ask(textList, 'relation-list', '-r', id));
      }),
    ),
    relations: (endpoint) =>
      asModel(async () => {
        const ids = await deployed.relationNumbers(endpoint);
        // An agent that has not been started anew since it joined still lists the one that breaks.
        return breaking?.endpoint === endpoint ? ids.filter((id) => id !== breaking.id) : ids;
      }),
    remoteUnits: (relation) =>
      asModel(() => take(ask(textList, 'relation-list', '-r', deployed.nameOf(relation)))),
    read: (bags) => () => Promise.all(bags.map((bag) => asModel(() => readBag(bag))())),
    state: asModel(async () => withoutKnown(await deployed.stored())),
    secrets: version[0] >= 3 ? secretTools(tools, environment.charmFolder, deployed.nameOf) : null,
    commit: ({ bags, state, status: { name, message } }) => {
      const isContent = name === 'active';
      const seen = isContent && mark === null ? undefined : { seen: isContent ? mark : null };
      const [ofUnit, ofApplication] = partitioned(bags);
      return asModel(async () => {
        // What only the leader may write comes first: where it is refused, nothing was written.
        await Promise.all(ofApplication.map(({ bag, values }) => write(bag, values)));
        await Promise.all([
          ...ofUnit.map(({ bag, values }) => write(bag, values)),
          keep(state, seen),
          shown({ name, message }),
        ]);
      });
    },
    ports: {
      open: (port) => asModel(async () => void (await tell('open-port', [`${port}/tcp`]))),
      close: (port) => asModel(async () => void (await tell('close-port', [`${port}/tcp`]))),
    },
    say: (status) => asModel(async () => void (await shown(status))),
    config: asModel(async () => (await deployed.config()) ?? {}),
    address: async () => {
      const found = await attempt<NonNullable<Known['address']>, ToolProblem>(
        async () => (await deployed.address()) ?? { bind: '', ingress: '' },
      )();
      if (E.isRight(found)) return found;
      const { _tag, tool, why } = found.left;
      return E.left(
        _tag === 'ToolFailed'
          ? { _tag: 'EndpointUnknown', class: 'unavailable', unit, why: `${tool}: ${why}` }
          : refused(found.left),
      );
    },
    required: asModel(required),
    requiredHasMoved: asModel(async () => {
      await required();
      return mark === null || mark !== (await deployed.seen());
    }),
    request: (wanted) =>
      asModel(async () => {
        const found = await deployed.required();
        if (found === null) return;
        const { relation } = found;
        const asked = await take(get(relation, application));
        const isAsked = Object.entries(wanted).every(([key, value]) => asked[key] === value);
        if (!isAsked) await set(relation, ['--app'], wanted);
      }),
    remember: asModel(() => keep({})),
    put: ({ bags, state }) =>
      asModel(async () => {
        for (const { bag, values } of bags) await write(bag, values);
        await setState(state);
      }),
  };
}

/** Whether a databag is one that any unit may write. */
const isOfUnit = ({ _tag }: Bag): boolean => _tag === 'PeerUnit' || _tag === 'OwnUnit';

const partitioned = (bags: Changes['bags']) =>
  [bags.filter(({ bag }) => isOfUnit(bag)), bags.filter(({ bag }) => !isOfUnit(bag))] as const;

/** The relation that breaks in this hook; null in any other one. */
const breakingOf = ({ event, relation }: Environment): Environment['relation'] =>
  event.endsWith('-broken') ? relation : null;
