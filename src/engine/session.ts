/**
 * One hook's view of the world: each thing is read once, what is to be written is gathered, and the
 * ledger shows what the hook has put on record so far.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import type { ConnectionInfo, Granted } from '../../machines/index.ts';
import type { Configuration } from '../domain/configuration.ts';
import { connectionInfo, type Peer, parseEndpoint } from '../domain/endpoints.ts';
import {
  authKey,
  encode,
  type Ledger,
  type LedgerRecord,
  parseLedger,
  recordKey,
} from '../domain/ledger.ts';
import { remember } from '../domain/remember.ts';
import type { Databag, parseRequest } from '../domain/request.ts';
import { statusOf } from '../domain/status.ts';
import type { Adapters, Attempt, Bag, Changes } from './ports.ts';
import { once, right, steps, take } from './steps.ts';

export interface Session {
  readonly adapters: Adapters;
  readonly parse: ReturnType<typeof parseRequest>;
  readonly leader: Attempt<boolean>;
  readonly backendReady: Attempt<boolean>;
  readonly relations: Attempt<ReadonlySet<number>>;
  readonly units: Attempt<number>;
  /** The relations for which this unit's departing flag stands. */
  readonly flags: Attempt<readonly number[]>;
  readonly info: Attempt<(database: string) => ConnectionInfo>;
  /** The ledger with what this hook has put into it. */
  readonly ledger: Attempt<Ledger>;
  /** The record as it was before this hook. */
  readonly recorded: (relation: number) => Attempt<LedgerRecord | undefined>;
  readonly put: (record: LedgerRecord) => Attempt<void>;
  readonly drop: (relation: number) => Attempt<void>;
  /** Makes sure that what a command carries is on record. */
  readonly adopt: (granted: Granted) => Attempt<void>;
  readonly remote: (relations: readonly number[]) => Attempt<readonly Databag[]>;
  readonly own: (relation: number) => Attempt<Databag>;
  readonly write: (bag: Bag, values: Databag) => void;
  /** What this hook has put in force. */
  configured: Configuration | null;
  /** What is to be committed; only what differs from what Juju holds. */
  readonly changes: (waitingFor: string | null) => Attempt<Changes>;
}

const flagPrefix = 'departing-';
export const flagKey = (relation: number): string => `${flagPrefix}${relation}`;

export function openSession(adapters: Adapters, parse: Session['parse']): Session {
  const { model, backend } = adapters;
  const writes = new Map<string, { bag: Bag; values: Record<string, string> }>();
  const bags = new Map<string, Attempt<Databag>>();
  const own: Bag = { _tag: 'PeerUnit', unit: model.unit };

  const read = (bag: Bag): Attempt<Databag> => {
    const key = nameOf(bag);
    const known = bags.get(key);
    if (known !== undefined) return known;
    const attempt = once(steps(async () => (await take(model.read([bag])))[0] ?? {}));
    bags.set(key, attempt);
    return attempt;
  };

  /** The bags of the peer relation in one go, for nearly every hook reads them all. */
  const peerBags = once(
    steps(async () => {
      const units = await take(model.peers);
      const wanted: Bag[] = [{ _tag: 'PeerApp' }, own];
      for (const unit of units) wanted.push({ _tag: 'PeerUnit', unit });
      const contents = await take(model.read(wanted));
      for (const [index, bag] of wanted.entries())
        bags.set(nameOf(bag), async () => E.right(contents[index] ?? {}));
      const others = units.map((unit, index) => peer(unit, contents[index + 2] ?? {}));
      return { app: contents[0] ?? {}, unit: contents[1] ?? {}, others };
    }),
  );

  const recorded = once(steps(async () => right(parseLedger((await take(peerBags)).app))));
  const ledger = once(
    steps(async () => {
      const { records, auth } = await take(recorded);
      return { records: new Map(records), auth };
    }),
  );

  const write = (bag: Bag, values: Databag): void => {
    const key = nameOf(bag);
    const pending = writes.get(key);
    if (pending === undefined) writes.set(key, { bag, values: { ...values } });
    else Object.assign(pending.values, values);
  };

  const put = (record: LedgerRecord): Attempt<void> =>
    steps(async () => {
      (await take(ledger)).records.set(record.relation, record);
      write({ _tag: 'PeerApp' }, { [recordKey(record.relation)]: encode(record) });
    });

  const leader = once(model.leader);
  const backendReady = once<boolean>(async () => E.right(await backend.ready()));

  const session: Session = {
    adapters,
    parse,
    leader,
    backendReady,
    relations: once(steps(async () => new Set(await take(model.relations)))),
    units: steps(async () => (await take(peerBags)).others.length + 1),
    flags: steps(async () => flagsIn((await take(peerBags)).unit)),
    info: once(
      steps(async () => {
        const endpoint = await take(model.endpoint);
        const version = (await take(backendReady)) ? await backend.version() : null;
        const { others } = await take(peerBags);
        return connectionInfo(
          endpoint === null ? null : parseEndpoint(endpoint),
          others,
          version !== null && E.isRight(version) ? version.right : null,
        );
      }),
    ),
    ledger,
    recorded: (relation) => steps(async () => (await take(recorded)).records.get(relation)),
    put,
    drop: (relation) =>
      steps(async () => {
        (await take(ledger)).records.delete(relation);
        write({ _tag: 'PeerApp' }, { [recordKey(relation)]: '' });
      }),
    adopt: ({ grant, auth }) =>
      steps(async () => {
        const current = await take(ledger);
        if (current.records.get(grant.relation) !== grant) await take(put(grant));
        if (current.auth?.password.secret === auth.password.secret) return;
        current.auth = auth;
        write({ _tag: 'PeerApp' }, { [authKey]: encode(auth) });
      }),
    remote: (relations) =>
      model.read(relations.map((relation) => ({ _tag: 'RemoteApp', relation }))),
    own: (relation) => read({ _tag: 'OwnApp', relation }),
    write,
    configured: null,
    changes: (waitingFor) =>
      steps(async () => {
        const changed: { bag: Bag; values: Databag }[] = [];
        for (const { bag, values } of writes.values()) {
          const before = await take(read(bag));
          const differing = Object.entries(values).filter(
            ([key, value]) => (before[key] ?? '') !== value,
          );
          if (differing.length > 0) changed.push({ bag, values: Object.fromEntries(differing) });
        }
        return { bags: changed, status: statusOf(await take(ledger), waitingFor) };
      }),
  };
  return session;
}

/** The requests of all relations, read anew by those who were told nothing. */
export const requestsOf = (session: Session): Attempt<ReadonlyMap<number, ParsedRequest>> =>
  steps(async () => {
    const relations = [...(await take(session.relations))];
    const remote = await take(session.remote(relations));
    return new Map(
      relations.map((relation, index) => [relation, session.parse(relation, remote[index] ?? {})]),
    );
  });

type ParsedRequest = ReturnType<Session['parse']>;

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

const names = v.array(v.string());

/** What a unit says that it serves; whatever cannot be read confirms nothing. */
const serving = remember(64, (text): ReadonlySet<string> => {
  try {
    return new Set(v.parse(names, JSON.parse(text)));
  } catch {
    return new Set();
  }
});

function peer(unit: string, databag: Databag): Peer {
  return {
    unit,
    endpoint: parseEndpoint(databag.address ?? ''),
    serving: serving(databag.serving ?? ''),
  };
}
