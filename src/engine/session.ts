/**
 * One hook's view of the world: each thing is read once, what is to be written is gathered, and the
 * ledger shows what the hook has put on record so far.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Grant, Login } from '../../machines/index.ts';
import {
  type BackendEndpoints,
  type Configuration,
  unusedReplicas,
  unverified,
} from '../domain/configuration.ts';
import { type Fate, flagsIn } from '../domain/departing.ts';
import { connectionInfo } from '../domain/endpoints.ts';
import { allowedOf } from '../domain/extra-roles.ts';
import { grantOf, passwordIn } from '../domain/grant.ts';
import { type HostPort, parseHostPort } from '../domain/host-port.ts';
import {
  encodeRecord,
  keptSecrets,
  type Ledger,
  type LedgerRecord,
  leaderKey,
  lookupKey,
  parseLedger,
  recordKey,
  userGroup,
} from '../domain/ledger.ts';
import type { Audit } from '../domain/reconcile.ts';
import type { Databag } from '../domain/request.ts';
import { statusOf } from '../domain/status.ts';
import type { Secret } from '../hook/index.ts';
import { type HookError, render } from './errors.ts';
import { isToEnd, openFate } from './fate.ts';
import { type OpenLedger, openLedger } from './open-ledger.ts';
import { peerIn } from './peers.ts';
import type { Adapters, Bag, Changes, Holdings } from './ports.ts';
import type { Rules } from './rules.ts';
import { kept } from './secrets.ts';
import { attempt, halt, once, right, take } from './steps.ts';
import { bagName, difference, gatheredWrites } from './writes.ts';

export interface Session {
  readonly adapters: Adapters;
  readonly parse: Rules['parse'];
  readonly policy: Rules['policy'];
  readonly leader: () => Promise<boolean>;
  /** Whether another unit has led since this one did; the next hook sees all that it left. */
  readonly succeeding: () => Promise<boolean>;
  readonly backendReady: () => Promise<boolean>;
  /** Why the backend is not ready; null where it is. */
  readonly backendTrouble: () => Promise<HookError | null>;
  /** What this deployment has on the backend, as far as it may be had by now. */
  readonly holdings: () => Promise<Holdings>;
  /** True once the hook's time is up. */
  readonly isLate: () => boolean;
  /** Where the backend listens; null while there is none. */
  readonly endpoints: () => Promise<BackendEndpoints | null>;
  /** Where this unit is reached, as the model says; null where no client could reach that. */
  readonly endpoint: () => Promise<HostPort | null>;
  readonly relations: () => Promise<ReadonlySet<number>>;
  /** The requests of all relations whose databags can be read, read anew by those who were told nothing. */
  readonly requests: () => Promise<ReadonlyMap<number, ReturnType<Session['parse']>>>;
  readonly fate: () => Promise<Fate>;
  /** Whether anything hints at this unit's end, so that its fate is worth a question. */
  readonly mayGo: () => Promise<boolean>;
  /** Whether the hook itself is such a hint. */
  isCalledToGo: boolean;
  /** The relations for which this unit's departing flag stands. */
  readonly flags: () => Promise<readonly number[]>;
  readonly info: () => Promise<ReturnType<typeof connectionInfo>>;
  readonly ledger: () => Promise<OpenLedger>;
  readonly remote: (relation: number) => Promise<Databag>;
  readonly own: (relation: number) => Promise<Databag>;
  /** What a unit says to its peers. */
  readonly peer: (unit: string) => Promise<Databag>;
  /** The password of a grant, wherever it is kept. */
  readonly passwordOf: (grant: Grant) => Promise<Secret | null>;
  /** The login with which poolers of version 0.1 look up users. */
  readonly lookup: () => Promise<Login | null>;
  /** Whether every unit that is planned has said that it needs that login no more. */
  readonly lookupIsIdle: () => Promise<boolean>;
  /** Gathers what is to be written; only what differs will be. */
  readonly write: (bag: Bag, values: Databag) => void;
  /** As `write`, where it is known that something differs: the databag need not be read for it. */
  readonly overwrite: (bag: Bag, values: Databag) => void;
  /** Puts values into the unit's durable state. */
  readonly remember: (values: Databag) => void;
  readonly state: () => Promise<Databag>;
  /** What this hook has put in force. */
  configured: Configuration | null;
  /** Asks at once for what tells whether a changed databag says anything new. */
  readonly glance: (relation: number | undefined) => Promise<readonly [Ledger, leads: boolean]>;
  /** Asks at once for what every chart will ask for, one thing after the other. */
  readonly foresee: (relation: number | undefined) => Promise<void>;
  /** Begins to look where the other units are, which takes a while; `info` waits for the outcome. */
  readonly look: () => void;
  /** Whether this hook has looked where the other units are. */
  readonly hasLooked: () => boolean;
  /** What the backend was found to hold; null where this hook has not asked it. */
  audit: Audit | null;
  /** What is to be said of the hook beside its ways and its work, in sentences. */
  readonly notes: string[];
  /** What is to be committed; only what differs from what Juju holds. */
  readonly changes: (waitingFor: string | null, obstacles?: readonly string[]) => Promise<Changes>;
}

const peerAppBag = { _tag: 'PeerApp' } as const;

export function openSession(adapters: Adapters, { parse, policy }: Rules): Session {
  const { model, backend } = adapters;
  const writes = gatheredWrites();
  const bags = new Map<string, Promise<Databag>>();
  const touched = new Map<number, LedgerRecord | undefined>();

  const readAll = async (wanted: readonly Bag[]): Promise<readonly Databag[]> => {
    const unread = wanted.filter((bag) => !bags.has(bagName(bag)));
    const outcomes = unread.length === 0 ? null : model.read(unread)();
    for (const [at, bag] of unread.entries()) {
      const content = outcomes?.then((found) => right(found[at] ?? E.right({})));
      // Whoever asked for it hears of what is wrong with it.
      content?.catch(() => {});
      if (content !== undefined) bags.set(bagName(bag), content);
    }
    return Promise.all(wanted.map((bag) => bags.get(bagName(bag)) ?? {}));
  };
  const read = async (bag: Bag): Promise<Databag> => (await readAll([bag]))[0] ?? {};

  /** What the other units say, in one go. */
  let hasLooked = false;
  const others = once(async () => {
    hasLooked = true;
    const units = await take(model.peers);
    const contents = await readAll(units.map((unit) => ({ _tag: 'PeerUnit', unit })));
    return units.map((unit, index) => peerIn(unit, contents[index] ?? {}));
  });

  const ledger = once(async () => openLedger(right(parseLedger(await read(peerAppBag))), touched));
  const reach = once(backend.ready);
  const backendReady = async () => E.isRight(await reach());
  const unreadable = new Map<number, HookError>();
  const leader = once(() => take(model.leader));
  const lastLeader = async () => (await read(peerAppBag))[leaderKey] ?? null;
  const endpoint = once(async () => {
    const text = await take(model.endpoint);
    return text === null ? null : parseHostPort(text);
  });
  const relations = once(async () => new Set(await take(model.relations)));
  const state = once(() => take(model.state));
  const remembered: Record<string, string> = {};
  const remember = (values: Databag) => void Object.assign(remembered, values);
  const flags = async () => flagsIn({ ...(await state()), ...remembered });
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

  let remarks: readonly string[] = [];
  const endpoints = once(async () => {
    const found = await take(backend.endpoints);
    if (found !== null) remarks = unusedReplicas(found);
    return found;
  });
  const remote = (relation: number) => read({ _tag: 'RemoteApp', relation });

  const session: Session = {
    adapters,
    parse,
    policy,
    leader,
    isLate: () => adapters.clock() >= (adapters.deadline ?? Number.POSITIVE_INFINITY),
    backendTrouble: async () => {
      const outcome = await reach();
      return E.isLeft(outcome) ? outcome.left : null;
    },
    holdings: async () => {
      const records = [...(await ledger()).records.values()];
      const version = await backend.version();
      const grants = records.flatMap((record) => grantOf(record) ?? []);
      return {
        owner: model.owner,
        grants: E.isLeft(version)
          ? grants
          : grants.map((grant) => ({ ...grant, ...allowedOf(grant, policy, version.right) })),
      };
    },
    succeeding: async () => {
      const last = await lastLeader();
      return last !== null && last !== model.unit;
    },
    backendReady,
    endpoint,
    relations,
    requests: async () => {
      const all = [...(await relations())];
      // All at once; which of them cannot be read is found one by one.
      await attempt(() => readAll(all.map((relation) => ({ _tag: 'RemoteApp', relation }))))();
      const requests = new Map<number, ReturnType<Session['parse']>>();
      for (const relation of all) {
        const content = await attempt(() => remote(relation))();
        if (E.isLeft(content)) unreadable.set(relation, content.left);
        else requests.set(relation, parse(relation, content.right));
      }
      return requests;
    },
    fate: openFate(model, state, remember),
    mayGo: async () => session.isCalledToGo || isToEnd(await state()) || (await flags()).length > 0,
    flags,
    info: once(async () => {
      const version = (await backendReady()) ? await backend.version() : null;
      return connectionInfo(
        await endpoint(),
        await others(),
        version !== null && E.isRight(version) ? version.right : null,
        (await ledger()).lookup !== null,
      );
    }),
    ledger,
    remote,
    own: (relation) => read({ _tag: 'OwnApp', relation }),
    peer: (unit) => read({ _tag: 'PeerUnit', unit }),
    passwordOf: async ({ password, secrets: { [userGroup]: id } }) =>
      password ?? (id === undefined ? null : passwordIn(await secret(id))),
    lookup: async () => {
      const known = (await ledger()).lookup;
      if (known === null) return null;
      const password =
        known.password ?? (known.secret === null ? null : passwordIn(await secret(known.secret)));
      return password === null ? null : { user: known.user, password };
    },
    lookupIsIdle: async () => {
      const records = await ledger();
      if (records.lookup === null || unverified(records).length > 0) return false;
      const saying = new Map((await others()).map((peer) => [peer.unit, peer.listsUsers]));
      saying.set(model.unit, session.configured !== null && !adapters.pooler.looksUp());
      const planned = await take(model.plannedUnits);
      return planned.every((unit) => saying.get(unit) === true);
    },
    write: writes.write,
    overwrite: writes.overwrite,
    remember,
    state,
    isCalledToGo: false,
    configured: null,
    audit: null,
    notes: [],
    glance: async (relation) => {
      if (relation !== undefined) remote(relation).catch(() => {});
      const [, open, leads] = await Promise.all([state(), ledger(), leader()]);
      return [open, leads];
    },
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
      const { records, lookup } = open;
      for (const relation of touched.keys()) {
        const record = await kept(model.secrets, records.get(relation), keptSecrets(open));
        const value = record === undefined ? '' : encodeRecord(record);
        writes.write(peerAppBag, { [recordKey(relation)]: value });
      }
      if (open.hasRetired()) writes.write(peerAppBag, { [lookupKey]: '' });
      const isOnRecord = writes.has(peerAppBag) || (await lastLeader()) !== null;
      if (isOnRecord && (await leader())) writes.write(peerAppBag, { [leaderKey]: model.unit });
      return {
        bags: await writes.differing(read),
        state: difference(await state(), remembered) ?? {},
        status: statusOf({ records, lookup }, waitingFor ?? unread(unreadable), obstacles, remarks),
      };
    },
  };
  return session;
}

const unread = (unreadable: ReadonlyMap<number, HookError>): string | null => {
  const [first] = unreadable;
  return first === undefined
    ? null
    : `the databag of relation ${first[0]} cannot be read (${render(first[1])})`;
};
