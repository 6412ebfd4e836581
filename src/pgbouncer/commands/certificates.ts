/** This unit's certificate in one hook: what is remembered of it, what is wanted, and what is in force. */
import type { JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { endpoints } from '../keys.ts';
import type { ClientTls } from '../pooler/configuration.ts';
import type { Identity, Outside } from '../ports.ts';
import {
  type Answered,
  answerTo,
  commonNameOf,
  isAskedFor,
  isDue,
  objectionTo,
} from '../relation/certificate.ts';
import type { HostPort } from '../relation/host-port.ts';
import { forgetAll, type Remembered, rememberedOf } from './certificate-memory.ts';
import type { Rules } from './rules.ts';
import { once, take } from './steps.ts';

export interface Certificates {
  /** Whether a certificate is wanted: somebody gives them, and clients may come by TLS. */
  readonly isWanted: () => Promise<boolean>;
  /** Whether the provider has taken back what it gave: the key is not to be used any more. */
  readonly isRevoked: () => Promise<boolean>;
  /** Whether what is wanted is what was asked for, and nothing is to be renewed. */
  readonly isAsked: () => Promise<boolean>;
  /** Whether this hook, whatever it was called for, has to see to any of this. */
  readonly isLeft: () => Promise<boolean>;
  /** What the next hook that looks again would see to; null where that is nothing. */
  readonly due: () => Promise<string | null>;
  readonly ask: () => Promise<void>;
  readonly take: () => Promise<void>;
  /** Takes back the request, and has no certificate any more; PgBouncer may have it still. */
  readonly forget: () => Promise<void>;
  readonly deleteKey: () => Promise<void>;
  /** What PgBouncer is to show its clients; null where TLS is none of their matter. */
  readonly clients: () => Promise<ClientTls | null>;
  /** By whom clients verify this unit, as PEM; empty where it has no certificate to show. */
  readonly authorities: () => Promise<string>;
  /** What an operator must see to; null where nothing. */
  readonly obstacle: () => Promise<string | null>;
  /** What is still to come; null where nothing. */
  readonly lack: () => Promise<string | null>;
}

interface Needed extends Pick<Rules, 'tls'> {
  readonly juju: Unit;
  readonly identity: Outside['identity'];
  readonly endpoint: () => Promise<HostPort | null>;
}

/** When nobody may have told this unit of what has changed: time, its address, its own files. */
const looksAgain =
  /^(start|config-changed|update-status|upgrade-charm|leader-elected|.+-pebble-ready)$/;

export function openCertificates(needed: Needed, called: JujuEvent): Certificates {
  const { identity } = needed;
  if (identity === undefined || needed.tls === 'off')
    return withoutTls(needed, rememberedOf(needed, called), called);
  return withTls({ ...needed, identity, ...rememberedOf(needed, called) }, called);
}

const none: Promise<null> = Promise.resolve(null);
const nobody = Promise.resolve('');

/** A unit whose clients come without TLS, whatever is related; what it had of it is still to go. */
function withoutTls(
  { identity }: Needed,
  remembered: Remembered,
  { hook }: JujuEvent,
): Certificates {
  const nothing = () => none;
  const due = async () => {
    const { asked, held } = await remembered.certified();
    return identity !== undefined && (asked !== null || held !== null)
      ? `TLS is off: ${goes}`
      : null;
  };
  return {
    isWanted: async () => false,
    isRevoked: async () => false,
    isAsked: async () => true,
    isLeft: async () => looksAgain.test(hook) && (await due()) !== null,
    due,
    ask: async () => {},
    take: async () => {},
    forget: () => forgetAll(remembered),
    deleteKey: async () => {
      if (identity !== undefined) await take(identity.forget);
    },
    clients: nothing,
    authorities: () => nobody,
    obstacle: nothing,
    lack: nothing,
  };
}

interface Known extends Remembered {
  readonly juju: Unit;
  readonly identity: Identity;
  readonly tls: Rules['tls'];
  readonly endpoint: Needed['endpoint'];
}

/** What is so of a certificate in one hook. */
function viewed(known: Known, { hook }: JujuEvent) {
  const { identity, certified, said } = known;
  let readKey: Promise<string | null> | null = null;
  const key = (): Promise<string | null> => {
    readKey ??= take(identity.key);
    return readKey;
  };
  const names = once(() => take(identity.names));
  const isThere = async (): Promise<boolean> => (await said()) !== null;
  const answered = async (): Promise<Answered> => {
    const { asked } = await certified();
    const databag = await said();
    if (asked === null || databag === null) return { _tag: 'Nothing' };
    return answerTo(asked.request, databag);
  };
  const isRevoked = async () => (await answered())._tag === 'Revoked';
  /** Whether what was given has ended untaken: each request is answered once. No provider sets the pace. */
  const isLate = async () => {
    const given = await answered();
    if (!looksAgain.test(hook) || given._tag !== 'Given') return false;
    const facts = identity.examine(given.certificate, given.authorities);
    return facts !== null && facts.until <= identity.now();
  };
  /** Whether it is by another name than now, and nobody has given anything for it; what was given stays. */
  const isMisnamed = async () => {
    const { asked, held } = await certified();
    if (asked === null || asked.request === held?.request) return false;
    if (asked.name === commonNameOf(asked.names)) return false;
    return (await answered())._tag !== 'Given';
  };
  const isAsked = async () => {
    const { asked } = await certified();
    const isSame = isAskedFor(asked, { key: await key(), names: await names() });
    return isSame && !(await isToRenew(known)) && !(await isLate()) && !(await isMisnamed());
  };
  /** Why the provider refuses what was asked for last; asked of nobody where it was answered. */
  const refused = async () => {
    const { asked, held } = await certified();
    if (asked === null || asked.request === held?.request) return null;
    const given = await answered();
    return given._tag === 'Refused' ? given.why : null;
  };
  /** The certificate to show: one that the key is there for. */
  const shown = async () => {
    const { held } = await certified();
    return held !== null && held.key === (await key()) ? held : null;
  };
  return {
    key,
    /** Makes another key known, or that there is none. */
    has: (next: string | null) => {
      readKey = Promise.resolve(next);
    },
    names,
    isThere,
    answered,
    isRevoked,
    isAsked,
    refused,
    shown,
  };
}

function withTls(known: Known, called: JujuEvent): Certificates {
  const { identity, tls, certified, put, asks } = known;
  const view = viewed(known, called);
  const { isThere, answered, isRevoked, isAsked, shown } = view;
  const due = async () => {
    const { relation: id, asked, held } = await certified();
    if (id === null && held === null) return null;
    if (!(await isThere()))
      return asked !== null || held !== null ? `nobody gives certificates any more: ${goes}` : null;
    if (await isRevoked()) return `the certificate was revoked: ${goes}`;
    if (!(await isAsked())) return 'a certificate is asked for';
    if (held?.request === asked?.request) return null;
    const given = await answered();
    if (given._tag === 'Refused') return refusing(given.why);
    return given._tag === 'Nothing'
      ? `${endpoints.certificates} has given no certificate yet`
      : 'the certificate that was given is looked at, and taken where it fits';
  };
  let objection: string | null = null;
  return {
    isWanted: isThere,
    isRevoked,
    isAsked,
    isLeft: async () => looksAgain.test(called.hook) && (await due()) !== null,
    due,
    ask: async () => {
      const { relation: id } = await certified();
      if (id === null || !(await isThere())) return;
      const wanted = await view.names();
      const made = await take(identity.request(wanted));
      view.has(made.key);
      await put({ asked: { ...made, names: wanted, name: commonNameOf(wanted) } });
      asks(id, made.request);
    },
    take: async () => {
      if (await isThere()) objection = await taken(known, await answered(), await view.key());
    },
    forget: () => forgetAll(known),
    deleteKey: async () => {
      await take(identity.forget);
      view.has(null);
    },
    clients: async () => {
      const held = await shown();
      if (held === null) return tls === 'require' ? { mode: tls, certificate: null } : null;
      const mode = tls === 'require' ? tls : 'allow';
      return { mode, certificate: [held.certificate, ...held.chain].join('') };
    },
    authorities: async () => (await shown())?.authorities.join('') ?? '',
    obstacle: async () => {
      if (objection !== null)
        return `${endpoints.certificates} gives no certificate that this unit can use: ${objection}; see to its provider`;
      const refusal = await view.refused();
      if (refusal !== null) return `${refusing(refusal)}; see to its provider`;
      const isUnrelated = (await certified()).relation === null;
      return tls === 'require' && isUnrelated && (await shown()) === null
        ? `config tls is require, and ${endpoints.certificates} is related to nothing: relate it to who gives certificates, or set tls to allow; ${untilThen}`
        : null;
    },
    lack: async () => {
      if ((await certified()).relation === null || (await shown()) !== null) return null;
      return `waiting for a certificate from ${endpoints.certificates}${tls === 'require' ? `; ${untilThen}` : ''}`;
    },
  };
}

const refusing = (why: string) => `${endpoints.certificates} refuses the request: ${why}`;
const goes = 'key and certificate go';
const untilThen = 'until then nobody comes in over the network';

/** Whether what is in force is to be followed by another one, which was not asked for yet. */
async function isToRenew({ certified, identity }: Known): Promise<boolean> {
  const { asked, held } = await certified();
  if (held === null || held.request !== asked?.request) return false;
  const facts = identity.examine(held.certificate, held.authorities);
  return facts === null || isDue(facts, held.hours, identity.now());
}

/**
 * Takes what the provider has given, where it fits; why it does not is the result. What was in force
 * goes on meanwhile, where clients can still verify it.
 */
async function taken(
  { certified, put, identity, endpoint }: Known,
  given: Answered,
  key: string | null,
): Promise<string | null> {
  const host = (await endpoint())?.host ?? null;
  const wanted = { key, host, now: identity.now() };
  const { relation, asked, held: before } = await certified();
  let objection = given._tag === 'Unreadable' ? given.why : null;
  if (given._tag === 'Given' && asked !== null && relation !== null) {
    const { certificate, authorities, chain, hours } = given;
    const why = objectionTo(identity.examine(certificate, authorities), wanted);
    const { request, key } = asked;
    const held = { relation, request, key, certificate, chain, authorities, hours };
    if (why === null) {
      await put({ held });
      return null;
    }
    objection = `its certificate ${why}`;
  }
  const facts = before && identity.examine(before.certificate, before.authorities);
  const isUseless = before !== null && objectionTo(facts, { ...wanted, now: 0 }) !== null;
  await put(isUseless ? { held: null } : {});
  return objection;
}
