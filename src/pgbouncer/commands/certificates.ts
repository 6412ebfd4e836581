/** This unit's certificate in one hook: what is remembered of it, what is wanted, and what is in force. */
import type { JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { endpoints } from '../keys.ts';
import type { ClientTls } from '../pooler/configuration.ts';
import type { Outside } from '../ports.ts';
import {
  type Answered,
  type Certified,
  commonNameOf,
  objectionTo,
} from '../relation/certificate.ts';
import type { HostPort } from '../relation/host-port.ts';
import { forgetAll, type Remembered, rememberedOf } from './certificate-memory.ts';
import {
  type At,
  type CertificateContext,
  looksAgain,
  objectionOf,
  refusing,
  unusable,
  viewed,
} from './certificate-view.ts';
import type { Rules } from './rules.ts';
import { take } from './steps.ts';

export interface Certificates {
  /** Whether a certificate is wanted: somebody gives them, and clients may come by TLS. */
  readonly isWanted: () => Promise<boolean>;
  /** Whether the provider has taken back what it gave: the key is not to be used any more. */
  readonly isRevoked: () => Promise<boolean>;
  /** Whether what is wanted is what was asked for, and nothing is to be renewed. */
  readonly isAsked: () => Promise<boolean>;
  /** Whether this hook, whatever it was called for, has to see to any of this. */
  readonly isLeft: () => Promise<boolean>;
  /** Whether this hook has deleted a key that was revoked, and by which nothing is asked any more. */
  readonly isToAskAnew: () => Promise<boolean>;
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

interface Needed extends Pick<Rules, 'tls' | 'service'> {
  readonly juju: Unit;
  readonly identity: Outside['identity'];
  readonly endpoint: () => Promise<HostPort | null>;
}

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
    return identity !== undefined && isKept(await remembered.certified())
      ? `TLS is off: ${goes}`
      : null;
  };
  return {
    isWanted: async () => false,
    isRevoked: async () => false,
    isAsked: async () => true,
    isLeft: async () => looksAgain.test(hook) && (await due()) !== null,
    isToAskAnew: async () => false,
    due,
    ask: async () => {},
    take: async () => {},
    forget: () => forgetAll(remembered),
    deleteKey: async () => {
      if (identity !== undefined) await take(identity.forget);
      await remembered.put(keyless);
    },
    clients: nothing,
    authorities: () => nobody,
    obstacle: nothing,
    lack: nothing,
  };
}

function withTls(context: CertificateContext, called: JujuEvent): Certificates {
  const { identity, tls, certified, put, asks } = context;
  const view = viewed(context, called);
  const { isThere, answered, isRevoked, isAsked, shown } = view;
  const due = async () => {
    const known = await certified();
    const { relation: id, asked, held } = known;
    if (id === null && !isKept(known)) return null;
    if (!(await isThere()))
      return isKept(known) ? `nobody gives certificates any more: ${goes}` : null;
    if (await isRevoked())
      return `the certificate was revoked: ${goes}, and another one is asked for`;
    if (!(await isAsked())) return 'a certificate is asked for';
    if (held !== null && held.request === asked?.request) {
      const why = await view.unfit(held);
      return why === null ? null : `the certificate ${why}: it goes, and one that fits is taken`;
    }
    const given = await answered();
    if (given._tag === 'Refused') return refusing(given.why);
    return given._tag === 'Nothing'
      ? `${endpoints.certificates} has given no certificate yet`
      : 'the certificate that was given is looked at, and taken where it fits';
  };
  let objection: string | null = null;
  let isRid = false;
  return {
    isWanted: isThere,
    isRevoked,
    isAsked,
    isLeft: async () => looksAgain.test(called.hook) && (await due()) !== null,
    isToAskAnew: async () => isRid && (await isThere()),
    due,
    ask: async () => {
      const { relation: id } = await certified();
      if (id === null || !(await isThere())) return;
      const wanted = await view.names();
      const made = await take(identity.request(wanted));
      view.has(made.key);
      const asked = { ...made, names: wanted, name: commonNameOf(wanted) };
      await put({ asked, keyGoes: undefined });
      asks(id, made.request);
    },
    take: async () => {
      if (!(await isThere())) return;
      const [given, at] = [await answered(), { key: await view.key(), host: await view.told() }];
      objection = await taken(context, given, at);
    },
    forget: async () => {
      // Where PgBouncer cannot be told now the key stays, and nothing may be asked by it meanwhile.
      const revoked = await isRevoked();
      await forgetAll(context);
      if (revoked) await put({ revoked });
    },
    deleteKey: async () => {
      await take(identity.forget);
      view.has(null);
      if ((await certified()).revoked === true) isRid = true;
      await put(keyless);
    },
    clients: async () => {
      const held = await shown();
      if (held === null) return tls === 'require' ? { mode: tls, certificate: null } : null;
      const mode = tls === 'require' ? tls : 'allow';
      return { mode, certificate: [held.certificate, ...held.chain].join('') };
    },
    authorities: async () => {
      const held = await shown();
      return held === null || (await view.unfit(held)) !== null ? '' : held.authorities.join('');
    },
    obstacle: async () => {
      const why = objection === null ? await view.complaint() : unusable(objection);
      if (why !== null) return `${why}; see to its provider`;
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

const goes = 'key and certificate go';

/** Whether a unit has anything yet that goes when nobody gives certificates. */
const isKept = ({ asked, held, keyGoes }: Certified): boolean =>
  asked !== null || held !== null || keyGoes === true;

const keyless = { revoked: undefined, keyGoes: undefined };
const untilThen = 'until then nobody comes in over the network';

/**
 * Takes what the provider has given, where it fits; why it does not is the result. What was in force
 * goes on meanwhile, where clients can still verify it.
 */
async function taken(
  { certified, put, identity }: CertificateContext,
  given: Answered,
  at: At,
): Promise<string | null> {
  const { relation, asked, held: before } = await certified();
  const objection = objectionOf(given, identity, at);
  if (given._tag === 'Given' && objection === null && asked !== null && relation !== null) {
    const { certificate, authorities, chain, hours } = given;
    const { request, key } = asked;
    await put({ held: { relation, request, key, certificate, chain, authorities, hours } });
    return null;
  }
  const facts = before && identity.examine(before.certificate, before.authorities);
  const isUseless = before !== null && objectionTo(facts, { ...at, now: 0 }) !== null;
  await put(isUseless ? { held: null } : {});
  return objection;
}
