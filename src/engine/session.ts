/**
 * One hook's view of the world: each thing is read once, what is to be written is gathered, and the
 * ledger shows what the hook has put on record so far.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import type { Grant, Login, Secret } from '../../machines/index.ts';
import type { BackendEndpoints, Configuration } from '../domain/configuration.ts';
import { connectionInfo, type Peer, parseEndpoint } from '../domain/endpoints.ts';
import { passwordIn } from '../domain/grant.ts';
import { latest } from '../domain/latest.ts';
import {
  authKey,
  encodeLogin,
  encodeRecord,
  type LedgerRecord,
  leaderKey,
  parseLedger,
  recordKey,
  userGroup,
} from '../domain/ledger.ts';
import type { Audit } from '../domain/reconcile.ts';
import type { Databag, parseRequest } from '../domain/request.ts';
import { statusOf } from '../domain/status.ts';
import { type OpenLedger, openLedger } from './open-ledger.ts';
import type { Adapters, Bag, Changes } from './ports.ts';
import { kept, keptLogin } from './secrets.ts';
import { halt, once, right, take } from './steps.ts';

export interface Session {
  readonly adapters: Adapters;
  readonly parse: ReturnType<typeof parseRequest>;
  readonly leader: () => Promise<boolean>;
  /** Whether another unit has led since this one did; the next hook sees all that it left. */
  readonly succeeding: () => Promise<boolean>;
  readonly backendReady: () => Promise<boolean>;
  /** Where the backend listens; null while there is none. */
  readonly endpoints: () => Promise<BackendEndpoints | null>;
  /** Where this unit is reached, as the model says. */
  readonly endpoint: () => Promise<string | null>;
  readonly relations: () => Promise<ReadonlySet<number>>;
  /** The requests of all relations, read anew by those who were told nothing. */
  readonly requests: () => Promise<ReadonlyMap<number, ReturnType<Session['parse']>>>;
  /** The relations for which this unit's departing flag stands. */
  readonly flags: () => Promise<readonly number[]>;
  readonly info: () => Promise<ReturnType<typeof connectionInfo>>;
  readonly ledger: () => Promise<OpenLedger>;
  readonly remote: (relation: number) => Promise<Databag>;
  readonly own: (relation: number) => Promise<Databag>;
  /** The password of a grant, wherever it is kept. */
  readonly passwordOf: (grant: Grant) => Promise<Secret | null>;
  /** The login with which PgBouncer looks up users. */
  readonly auth: () => Promise<Login | null>;
  /** Gathers what is to be written; only what differs will be. */
  readonly write: (bag: Bag, values: Databag) => void;
  /** As `write`, where it is known that something differs: the databag need not be read for it. */
  readonly overwrite: (bag: Bag, values: Databag) => void;
  /** Puts values into the unit's durable state. */
  readonly remember: (values: Databag) => void;
  readonly state: () => Promise<Databag>;
  /** What this hook has put in force. */
  configured: Configuration | null;
  /** Asks at once for what every chart will ask for, one thing after the other. */
  readonly foresee: (relation: number | undefined) => Promise<void>;
  /** Begins to look where the other units are, which takes a while; `info` waits for the outcome. */
  readonly look: () => void;
  /** Whether this hook has looked where the other units are. */
  readonly hasLooked: () => boolean;
  /** What the backend was found to hold; null where this hook has not asked it. */
  audit: Audit | null;
  /** What is to be committed; only what differs from what Juju holds. */
  readonly changes: (waitingFor: string | null, obstacles?: readonly string[]) => Promise<Changes>;
}

const flagPrefix = 'departing-';
export const flagKey = (relation: number): string => `${flagPrefix}${relation}`;

export function openSession(adapters: Adapters, parse: Session['parse']): Session {
  const { model, backend } = adapters;
  const writes = new Map<string, { bag: Bag; values: Record<string, string>; differs: boolean }>();
  const bags = new Map<string, Databag>();
  const remotes = new Map<number, Databag>();
  const touched = new Map<number, LedgerRecord | undefined>();

  const read = async (bag: Bag): Promise<Databag> => {
    const name = nameOf(bag);
    const known = bags.get(name);
    if (known !== undefined) return known;
    const [found = {}] = await take(model.read([bag]));
    bags.set(name, found);
    return found;
  };

  const peerApp = (): Promise<Databag> => read({ _tag: 'PeerApp' });

  /** What the other units say, in one go. */
  let hasLooked = false;
  const others = once(async () => {
    hasLooked = true;
    const units = await take(model.peers);
    const contents = await take(model.read(units.map((unit) => ({ _tag: 'PeerUnit', unit }))));
    return units.map((unit, index) => peer(unit, contents[index] ?? {}));
  });

  const gather = (differs: boolean) => (bag: Bag, values: Databag) => {
    const name = nameOf(bag);
    const before = writes.get(name);
    writes.set(name, {
      bag,
      values: { ...before?.values, ...values },
      differs: differs || (before?.differs ?? false),
    });
  };
  const write = gather(false);

  const ledger = once(async () => openLedger(right(parseLedger(await peerApp())), touched));
  const backendReady = once(backend.ready);
  const leader = once(() => take(model.leader));
  const lastLeader = async () => (await peerApp())[leaderKey] ?? null;
  const endpoint = once(() => take(model.endpoint));
  const relations = once(async () => new Set(await take(model.relations)));
  const state = once(() => take(model.state));
  const remembered: Record<string, string> = {};
  const contents = new Map<string, Promise<Databag>>();
  const secret = (id: string): Promise<Databag> => {
    const { secrets } = model;
    if (secrets === null)
      return halt({
        _tag: 'SecretUnreadable',
        class: 'unavailable',
        id,
        why: 'Juju has no secrets',
      });
    const content = contents.get(id) ?? take(secrets.read(id));
    contents.set(id, content);
    return content;
  };

  const endpoints = once(() => take(backend.endpoints));
  const remote = async (relation: number): Promise<Databag> => {
    const known = remotes.get(relation) ?? (await read({ _tag: 'RemoteApp', relation }));
    remotes.set(relation, known);
    return known;
  };

  return {
    adapters,
    parse,
    leader,
    succeeding: async () => {
      const last = await lastLeader();
      return last !== null && last !== model.unit;
    },
    backendReady,
    endpoint,
    relations,
    requests: async () => {
      const all = [...(await relations())];
      const unread = all.filter((relation) => !remotes.has(relation));
      const found = await take(
        model.read(unread.map((relation) => ({ _tag: 'RemoteApp', relation }))),
      );
      for (const [index, relation] of unread.entries()) remotes.set(relation, found[index] ?? {});
      return new Map(
        all.map((relation) => [relation, parse(relation, remotes.get(relation) ?? {})]),
      );
    },
    flags: async () => flagsIn({ ...(await state()), ...remembered }),
    info: once(async () => {
      const leader = await endpoint();
      const version = (await backendReady()) ? await backend.version() : null;
      return connectionInfo(
        leader === null ? null : parseEndpoint(leader),
        await others(),
        version !== null && E.isRight(version) ? version.right : null,
      );
    }),
    ledger,
    remote,
    own: (relation) => read({ _tag: 'OwnApp', relation }),
    passwordOf: async ({ password, secrets: { [userGroup]: id } }) =>
      password ?? (id === undefined ? null : passwordIn(await secret(id))),
    auth: async () => {
      const known = (await ledger()).auth;
      if (known === null) return null;
      const password =
        known.password ?? (known.secret === null ? null : passwordIn(await secret(known.secret)));
      return password === null ? null : { user: known.user, password };
    },
    write,
    overwrite: gather(true),
    remember: (values) => void Object.assign(remembered, values),
    state,
    configured: null,
    audit: null,
    foresee: async (relation) => {
      const asked: Promise<unknown>[] = [state(), leader(), relations(), ledger(), endpoints()];
      // A hook that failed is repeated although its relation was removed by force meanwhile.
      if (relation !== undefined) asked.push(remote(relation).catch(() => {}));
      await Promise.all(asked);
    },
    endpoints,
    look: () => {
      others().catch(() => {});
    },
    hasLooked: () => hasLooked,
    changes: async (waitingFor, obstacles) => {
      const open = await ledger();
      const { records, auth, readAuth } = open;
      for (const relation of touched.keys()) {
        const record = await kept(model.secrets, records.get(relation));
        const value = record === undefined ? '' : encodeRecord(record);
        write({ _tag: 'PeerApp' }, { [recordKey(relation)]: value });
      }
      if (auth !== null && auth !== readAuth) {
        const value = encodeLogin(await keptLogin(model.secrets, auth));
        write({ _tag: 'PeerApp' }, { [authKey]: value });
      }
      const isOnRecord = writes.has('PeerApp') || (await lastLeader()) !== null;
      if (isOnRecord && (await leader())) write({ _tag: 'PeerApp' }, { [leaderKey]: model.unit });
      const changed: { bag: Bag; values: Databag }[] = [];
      for (const { bag, values, differs } of writes.values()) {
        const differing = differs ? values : difference(await read(bag), values);
        if (differing !== null) changed.push({ bag, values: differing });
      }
      return {
        bags: changed,
        state: difference(await state(), remembered) ?? {},
        status: statusOf({ records, auth }, waitingFor, obstacles),
      };
    },
  };
}

/** Those values that a databag does not hold yet; null where it holds all of them. */
function difference(databag: Databag, values: Databag): Databag | null {
  let differing: Record<string, string> | null = null;
  for (const key in values) {
    const value = values[key] ?? '';
    if ((databag[key] ?? '') === value) continue;
    differing ??= {};
    differing[key] = value;
  }
  return differing;
}

const nameOf = (bag: Bag): string => {
  switch (bag._tag) {
    case 'RemoteApp':
    case 'OwnApp':
      return `${bag._tag} ${bag.relation}`;
    case 'PeerApp':
      return bag._tag;
    case 'PeerUnit':
      return `${bag._tag} ${bag.unit}`;
  }
};

function flagsIn(databag: Databag): readonly number[] {
  const flags: number[] = [];
  for (const key in databag)
    if (key.startsWith(flagPrefix)) flags.push(Number(key.slice(flagPrefix.length)));
  return flags;
}

const databases = v.record(v.string(), v.string());

/** What a unit says that it serves; whatever cannot be read confirms nothing. */
const serving = latest(64, (text: string): ReadonlyMap<number, string> => {
  try {
    const served = Object.entries(v.parse(databases, JSON.parse(text)));
    return new Map(served.map(([relation, database]) => [Number(relation), database]));
  } catch {
    return new Map();
  }
});

function peer(unit: string, databag: Databag): Peer {
  return {
    unit,
    endpoint: parseEndpoint(databag.address ?? ''),
    serving: serving(unit, databag.serving ?? ''),
  };
}
