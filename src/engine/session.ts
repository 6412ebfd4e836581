/**
 * One hook's view of the world: each thing is read once, what is to be written is gathered, and the
 * ledger shows what the hook has put on record so far.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import type { Granted, Login } from '../../machines/index.ts';
import type { Configuration } from '../domain/configuration.ts';
import { connectionInfo, type Peer, parseEndpoint } from '../domain/endpoints.ts';
import { latest } from '../domain/latest.ts';
import {
  authKey,
  encode,
  type Ledger,
  type LedgerRecord,
  leaderKey,
  type ParsedLedger,
  parseLedger,
  recordKey,
} from '../domain/ledger.ts';
import type { Databag, parseRequest } from '../domain/request.ts';
import { statusOf } from '../domain/status.ts';
import type { Adapters, Bag, Changes } from './ports.ts';
import { once, right, take } from './steps.ts';

/** The ledger with what this hook has put into it so far. */
export interface OpenLedger extends Ledger {
  /** The record as it was before this hook. */
  readonly before: (relation: number) => LedgerRecord | undefined;
  readonly put: (record: LedgerRecord) => void;
  readonly drop: (relation: number) => void;
  /** The lookup login as it was before this hook. */
  readonly readAuth: Login | null;
  /** Makes sure that what a command carries is on record. */
  readonly adopt: (granted: Granted) => void;
}

export interface Session {
  readonly adapters: Adapters;
  readonly parse: ReturnType<typeof parseRequest>;
  readonly leader: () => Promise<boolean>;
  /** Whether another unit has led since this one did; the next hook sees all that it left. */
  readonly succeeding: () => Promise<boolean>;
  readonly backendReady: () => Promise<boolean>;
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
  readonly write: (bag: Bag, values: Databag) => void;
  /** What this hook has put in force. */
  configured: Configuration | null;
  /** What is to be committed; only what differs from what Juju holds. */
  readonly changes: (waitingFor: string | null, state?: Databag) => Promise<Changes>;
}

const flagPrefix = 'departing-';
export const flagKey = (relation: number): string => `${flagPrefix}${relation}`;

export function openSession(adapters: Adapters, parse: Session['parse']): Session {
  const { model, backend } = adapters;
  const writes = new Map<string, { bag: Bag; values: Record<string, string> }>();
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

  /** The bags of the peer relation in one go, for nearly every hook reads them all. */
  const peerBags = once(async () => {
    const units = await take(model.peers);
    const wanted: Bag[] = [{ _tag: 'PeerApp' }, { _tag: 'PeerUnit', unit: model.unit }];
    for (const unit of units) wanted.push({ _tag: 'PeerUnit', unit });
    const contents = await take(model.read(wanted));
    for (const [index, bag] of wanted.entries()) bags.set(nameOf(bag), contents[index] ?? {});
    const others = units.map((unit, index) => peer(unit, contents[index + 2] ?? {}));
    return { app: contents[0] ?? {}, unit: contents[1] ?? {}, others };
  });

  const write = (bag: Bag, values: Databag): void => {
    const name = nameOf(bag);
    const pending = writes.get(name);
    if (pending === undefined) writes.set(name, { bag, values: { ...values } });
    else Object.assign(pending.values, values);
  };

  const ledger = once(async () => openLedger(right(parseLedger((await peerBags()).app)), touched));
  const backendReady = once(backend.ready);
  const leader = once(() => take(model.leader));
  const lastLeader = async () => (await peerBags()).app[leaderKey] ?? null;
  const endpoint = once(() => take(model.endpoint));
  const relations = once(async () => new Set(await take(model.relations)));

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
    flags: async () => flagsIn((await peerBags()).unit),
    info: once(async () => {
      const leader = await endpoint();
      const version = (await backendReady()) ? await backend.version() : null;
      return connectionInfo(
        leader === null ? null : parseEndpoint(leader),
        (await peerBags()).others,
        version !== null && E.isRight(version) ? version.right : null,
      );
    }),
    ledger,
    remote: async (relation) => {
      const known = remotes.get(relation) ?? (await read({ _tag: 'RemoteApp', relation }));
      remotes.set(relation, known);
      return known;
    },
    own: (relation) => read({ _tag: 'OwnApp', relation }),
    write,
    configured: null,
    changes: async (waitingFor, state = {}) => {
      const { records, auth, readAuth } = await ledger();
      for (const relation of touched.keys()) {
        const record = records.get(relation);
        const value = record === undefined ? '' : encode(record);
        write({ _tag: 'PeerApp' }, { [recordKey(relation)]: value });
      }
      if (auth !== null && auth !== readAuth)
        write({ _tag: 'PeerApp' }, { [authKey]: encode(auth) });
      const isOnRecord = writes.has('PeerApp') || (await lastLeader()) !== null;
      if (isOnRecord && (await leader())) write({ _tag: 'PeerApp' }, { [leaderKey]: model.unit });
      const changed: { bag: Bag; values: Databag }[] = [];
      for (const { bag, values } of writes.values()) {
        const differing = difference(await read(bag), values);
        if (differing !== null) changed.push({ bag, values: differing });
      }
      return { bags: changed, state, status: statusOf({ records, auth }, waitingFor) };
    },
  };
}

/** The map that was read becomes the map that is written; what it held is kept where it changes. */
function openLedger(
  { records, auth }: ParsedLedger,
  touched: Map<number, LedgerRecord | undefined>,
): OpenLedger {
  const touch = (relation: number) => {
    if (!touched.has(relation)) touched.set(relation, records.get(relation));
  };
  const open = {
    records,
    auth,
    readAuth: auth,
    before: (relation: number) =>
      touched.has(relation) ? touched.get(relation) : records.get(relation),
    put: (record: LedgerRecord) => {
      touch(record.relation);
      records.set(record.relation, record);
    },
    drop: (relation: number) => {
      touch(relation);
      records.delete(relation);
    },
    adopt: ({ grant, auth }: Granted) => {
      if (records.get(grant.relation) !== grant) open.put(grant);
      open.auth = auth;
    },
  };
  return open;
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
