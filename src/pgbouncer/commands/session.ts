/**
 * What PgBouncer's handlers know in one hook, beside what Juju says: the ledger with what the hook
 * has put on record so far, the backend's readiness and whereabouts, what the other units serve.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Grant, Login } from '../../../machines/index.ts';
import { once, right, type Secret, take } from '../../hook/index.ts';
import type { Databag, JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import type { HookError } from '../errors.ts';
import { endpoints } from '../keys.ts';
import {
  type BackendEndpoints,
  type Configuration,
  unusedReplicas,
  unverified,
} from '../pooler/configuration.ts';
import type { Holdings, Outside } from '../ports.ts';
import { type Fate, flagsIn } from '../relation/departing.ts';
import { connectionInfo } from '../relation/endpoints.ts';
import { allowedOf } from '../relation/extra-roles.ts';
import { grantOf, passwordIn } from '../relation/grant.ts';
import { type HostPort, parseHostPort } from '../relation/host-port.ts';
import { type LedgerRecord, leaderKey, parseLedger, userGroup } from '../relation/ledger.ts';
import type { Audit } from '../relation/reconcile.ts';
import { isHintOfEnd, isToEnd, openFate } from './fate.ts';
import { type OpenLedger, openLedger } from './open-ledger.ts';
import { peerIn } from './peers.ts';
import type { Rules } from './rules.ts';
import { attempt, halt } from './steps.ts';

export interface Session extends Outside {
  readonly juju: Unit;
  readonly parse: Rules['parse'];
  readonly policy: Rules['policy'];
  /** Whether another unit has led since this one did; the next hook sees all that it left. */
  readonly succeeding: () => Promise<boolean>;
  readonly backendReady: () => Promise<boolean>;
  /** Why the backend is not ready; null where it is. */
  readonly backendTrouble: () => Promise<HookError | null>;
  /** What this deployment has on the backend, as far as it may be had by now. */
  readonly holdings: () => Promise<Holdings>;
  /** Where the backend listens; null while there is none. */
  readonly endpoints: () => Promise<BackendEndpoints | null>;
  /** What all goes without, as far as this hook has asked where the backend listens. */
  readonly remarks: readonly string[];
  /** Where this unit is reached, as Juju says; null where no client could reach that. */
  readonly endpoint: () => Promise<HostPort | null>;
  /** The relations that ask for a database. */
  readonly relations: () => Promise<ReadonlySet<number>>;
  /** The requests of all relations whose databags can be read, read anew by those who were told nothing. */
  readonly requests: () => Promise<ReadonlyMap<number, ReturnType<Session['parse']>>>;
  /** The relations whose databags could not be read, and why. */
  readonly unreadable: ReadonlyMap<number, HookError>;
  readonly fate: () => Promise<Fate>;
  /** Whether anything hints at this unit's end, so that its fate is worth a question. */
  readonly mayGo: () => Promise<boolean>;
  /** The relations for which this unit's departing flag stands. */
  readonly flags: () => Promise<readonly number[]>;
  readonly info: () => Promise<ReturnType<typeof connectionInfo>>;
  readonly ledger: () => Promise<OpenLedger>;
  /** The relations whose records this hook has changed. */
  readonly touched: ReadonlyMap<number, unknown>;
  /** The password of a grant, wherever it is kept. */
  readonly passwordOf: (grant: Grant) => Promise<Secret | null>;
  /** The login with which poolers of version 0.1 look up users. */
  readonly lookup: () => Promise<Login | null>;
  /** Whether every unit that is planned has said that it needs that login no more. */
  readonly lookupIsIdle: () => Promise<boolean>;
  /** Begins to look where the other units are, which takes a while; `info` waits for the outcome. */
  readonly look: () => void;
  /** Whether this hook has looked where the other units are. */
  readonly hasLooked: () => boolean;
  /** What this hook has put in force. */
  configured: Configuration | null;
  /** What the backend was found to hold; null where this hook has not asked it. */
  audit: Audit | null;
}

/** What a session is opened with: the world, what an application may be given, what was called for. */
export interface Opening extends Outside, Rules {
  readonly juju: Unit;
}

export const peerAppBag = { _tag: 'PeerApp' } as const;

export function openSession(opening: Opening, called: JujuEvent): Session {
  const { juju, backend, pooler, entropy, clock, parse, policy } = opening;
  const touched = new Map<number, LedgerRecord | undefined>();
  const unreadable = new Map<number, HookError>();

  /** What the other units say, in one go. */
  let hasLooked = false;
  const others = once(async () => {
    hasLooked = true;
    const units = await juju.peers();
    const contents = await juju.readAll(units.map((unit) => ({ _tag: 'PeerUnit', unit })));
    return units.map((unit, index) => peerIn(unit, contents[index] ?? {}));
  });
  const ledger = once(async () =>
    openLedger(right(parseLedger(await juju.read(peerAppBag))), touched),
  );
  const reach = once(backend.ready);
  const backendReady = async () => E.isRight(await reach());
  const relations = () => juju.relations(endpoints.database);
  const endpoint = once(async () => {
    const text = await juju.endpoint();
    return text === null ? null : parseHostPort(text);
  });
  const flags = async () => flagsIn(await juju.state());
  const secret = secretsOf(juju);
  const remarks: string[] = [];

  const session: Session = {
    ...{ juju, backend, pooler, entropy, clock, parse, policy, touched, unreadable, remarks },
    succeeding: async () => {
      const last = await lastLeader(juju);
      return last !== null && last !== juju.name;
    },
    backendReady,
    backendTrouble: async () => {
      const outcome = await reach();
      return E.isLeft(outcome) ? outcome.left : null;
    },
    holdings: async () => {
      const records = [...(await ledger()).records.values()];
      const version = await backend.version();
      const grants = records.flatMap((record) => grantOf(record) ?? []);
      return {
        owner: juju.owner,
        grants: E.isLeft(version)
          ? grants
          : grants.map((grant) => ({ ...grant, ...allowedOf(grant, policy, version.right) })),
      };
    },
    endpoints: once(async () => {
      const found = await take(backend.endpoints);
      if (found !== null) remarks.push(...unusedReplicas(found));
      return found;
    }),
    endpoint,
    relations,
    requests: async () => {
      const all = [...(await relations())];
      // All at once; which of them cannot be read is found one by one.
      await attempt(() => juju.readAll(all.map((relation) => ({ _tag: 'RemoteApp', relation }))))();
      const requests = new Map<number, ReturnType<Session['parse']>>();
      for (const relation of all) {
        const content = await attempt(() => juju.remote(relation))();
        if (E.isLeft(content)) unreadable.set(relation, content.left);
        else requests.set(relation, parse(relation, content.right));
      }
      return requests;
    },
    fate: openFate(juju),
    mayGo: async () =>
      isHintOfEnd(called, juju.name) || isToEnd(await juju.state()) || (await flags()).length > 0,
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
      saying.set(juju.name, session.configured !== null && !pooler.looksUp());
      return (await juju.plannedUnits()).every((unit) => saying.get(unit) === true);
    },
    look: () => void others().catch(() => {}),
    hasLooked: () => hasLooked,
    configured: null,
    audit: null,
  };
  return session;
}

/** The unit that has led last; null before any has. */
export const lastLeader = async (juju: Unit): Promise<string | null> =>
  (await juju.read(peerAppBag))[leaderKey] ?? null;

/** The contents of secrets, each read once. */
function secretsOf({ secrets }: Unit): (id: string) => Promise<Databag> {
  const contents = new Map<string, Promise<Databag>>();
  return (id) => {
    if (secrets === null) {
      const why = 'Juju has no secrets';
      return halt({ _tag: 'SecretUnreadable', class: 'unavailable', id, why });
    }
    const content = contents.get(id) ?? take(secrets.read(id));
    contents.set(id, content);
    return content;
  };
}
