/** This unit's certificate in one hook: what is remembered of it, what is wanted, and what is in force. */
import * as E from 'fp-ts/lib/Either.js';
import type { Databag, JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { certificateKey, endpoints } from '../keys.ts';
import type { ClientTls } from '../pooler/configuration.ts';
import type { Identity, Outside } from '../ports.ts';
import {
  type Answered,
  answerTo,
  type Certified,
  encodeCertified,
  isAskedFor,
  isDue,
  objectionTo,
  parseCertified,
  requesting,
} from '../relation/certificate.ts';
import type { HostPort } from '../relation/host-port.ts';
import type { Rules } from './rules.ts';
import { attempt, halt, once, take } from './steps.ts';

export interface Certificates {
  /** Whether a certificate is wanted: somebody gives them, and clients may come by TLS. */
  readonly isWanted: () => Promise<boolean>;
  /** Whether the provider has taken back what it gave: the key is not to be used any more. */
  readonly isRevoked: () => Promise<boolean>;
  /** Whether what is wanted is what was asked for, and nothing is to be renewed. */
  readonly isAsked: () => Promise<boolean>;
  /** Whether this hook, whatever it was called for, has to see to any of this. */
  readonly isLeft: () => Promise<boolean>;
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

const ofCertificates = /^certificates-relation-(created|joined|changed|departed|broken)$/;

/** When nobody may have told this unit of what has changed: time, its address, its own files. */
const looksAgain =
  /^(start|config-changed|update-status|upgrade-charm|leader-elected|.+-pebble-ready)$/;

export function openCertificates(
  { juju, identity, tls, endpoint }: Needed,
  { hook, relation: called }: JujuEvent,
): Certificates {
  const what = ofCertificates.exec(hook)?.[1];
  /** With what Juju says of the relation in this very hook. */
  let known: Promise<Certified> | null = null;
  const certified = (): Promise<Certified> => {
    known ??= juju.state().then((state) => told(parseCertified(state[certificateKey])));
    return known;
  };
  const told = (before: Certified): Certified => {
    if (what === undefined || called === undefined) return before;
    // What was asked for in another relation nobody answers in this one.
    if (what !== 'broken')
      return before.relation === called ? before : { ...before, relation: called, asked: null };
    return {
      relation: before.relation === called ? null : before.relation,
      asked: before.relation === called ? null : before.asked,
      held: before.held?.relation === called ? null : before.held,
    };
  };
  const put = async (part: Partial<Certified>): Promise<void> => {
    const next = { ...(await certified()), ...part };
    known = Promise.resolve(next);
    juju.remember({ [certificateKey]: encodeCertified(next) });
  };

  let readKey: Promise<string | null> | null = null;
  const key = (unit: Identity): Promise<string | null> => {
    readKey ??= take(unit.key);
    return readKey;
  };
  const names = once(async () => (identity === undefined ? [] : take(identity.names)));

  /** What the provider says; null where its relation is not there, for one may go without a word. */
  const said = once(async (): Promise<Databag | null> => {
    const { relation: id } = await certified();
    if (id === null) return null;
    const outcome = await attempt(() => juju.remote(id))();
    if (E.isRight(outcome)) return outcome.right;
    const { left } = outcome;
    return left._tag === 'ModelRefused' && /not found/.test(left.why) ? null : halt(left);
  });
  const relation = async (): Promise<number | null> => {
    if (identity === undefined || tls === 'off' || (await said()) === null) return null;
    return (await certified()).relation;
  };

  let objection: string | null = null;
  /** What the provider says to what was asked. */
  const answered = async (): Promise<Answered> => {
    const { asked } = await certified();
    const databag = await said();
    return asked === null || databag === null
      ? { _tag: 'Nothing' }
      : answerTo(asked.request, databag);
  };

  /** Whether what is in force is to be followed by another one, which was not asked for yet. */
  const isToRenew = async (unit: Identity): Promise<boolean> => {
    const { asked, held } = await certified();
    if (held === null || held.request !== asked?.request) return false;
    const facts = unit.examine(held.certificate, held.authorities);
    return facts === null || isDue(facts, held.hours, unit.now());
  };

  const isRevoked = async (): Promise<boolean> => (await answered())._tag === 'Revoked';
  const isAsked = async (): Promise<boolean> => {
    if (identity === undefined) return true;
    const { asked } = await certified();
    const wanted = { key: await key(identity), names: await names() };
    return isAskedFor(asked, wanted) && !(await isToRenew(identity));
  };

  /** The certificate to show: one that the key is there for. */
  const held = async () => {
    if (identity === undefined || tls === 'off') return null;
    const { held } = await certified();
    return held !== null && held.key === (await key(identity)) ? held : null;
  };

  return {
    isWanted: async () => (await relation()) !== null,
    isRevoked,
    isAsked,
    isLeft: async () => {
      if (identity === undefined || !looksAgain.test(hook)) return false;
      const { relation: id, asked, held } = await certified();
      if (id === null && held === null) return false;
      if ((await relation()) === null) return asked !== null || held !== null;
      return !(await isAsked()) || held?.request !== asked?.request || isRevoked();
    },
    ask: async () => {
      const id = await relation();
      if (identity === undefined || id === null) return;
      const wanted = await names();
      const made = await take(identity.request(wanted));
      readKey = Promise.resolve(made.key);
      await put({ asked: { ...made, names: wanted } });
      juju.write({ _tag: 'OwnUnit', relation: id, unit: juju.name }, requesting(made.request));
    },
    take: async () => {
      const id = await relation();
      if (identity === undefined || id === null) return;
      const host = (await endpoint())?.host ?? null;
      const wanted = { key: await key(identity), host, now: identity.now() };
      const { asked, held: before } = await certified();
      const given = await answered();
      if (given._tag === 'Unreadable') objection = given.why;
      if (given._tag === 'Given' && asked !== null) {
        const { certificate, authorities, chain, hours } = given;
        const why = objectionTo(identity.examine(certificate, authorities), wanted);
        objection = why === null ? null : `its certificate ${why}`;
        const { request, key } = asked;
        const held = { relation: id, request, key, certificate, chain, authorities, hours };
        if (why === null) return put({ held });
      }
      // What was in force goes on meanwhile, where clients can still verify it.
      if (before === null) return put({});
      const facts = identity.examine(before.certificate, before.authorities);
      const isUseless = objectionTo(facts, { ...wanted, now: 0 }) !== null;
      await put(isUseless ? { held: null } : {});
    },
    forget: async () => {
      const { relation: id } = await certified();
      const isThere = id !== null && (await said()) !== null;
      if (isThere) juju.write({ _tag: 'OwnUnit', relation: id, unit: juju.name }, requesting(null));
      await put({ relation: isThere ? id : null, asked: null, held: null });
    },
    deleteKey: async () => {
      if (identity === undefined) return;
      await take(identity.forget);
      readKey = Promise.resolve(null);
    },
    clients: async () => {
      const shown = await held();
      if (shown === null)
        return identity !== undefined && tls === 'require'
          ? { mode: tls, certificate: null }
          : null;
      const mode = tls === 'require' ? tls : 'allow';
      return { mode, certificate: [shown.certificate, ...shown.chain].join('') };
    },
    authorities: async () => (await held())?.authorities.join('') ?? '',
    obstacle: async () => {
      const id = identity === undefined ? null : (await certified()).relation;
      const why = `config tls is ${tls}, and`;
      const hint = 'until then nobody comes in over the network';
      if (objection !== null)
        return `${endpoints.certificates} gives no certificate that this unit can use: ${objection}; see to its provider`;
      if (tls !== 'require' || (await held()) !== null) return null;
      return id === null
        ? `${why} ${endpoints.certificates} is related to nothing: relate it to who gives certificates, or set tls to allow; ${hint}`
        : null;
    },
    lack: async () => {
      const isRelated = identity !== undefined && (await certified()).relation !== null;
      const isWaiting = isRelated && tls !== 'off' && (await held()) === null;
      return isWaiting
        ? `waiting for a certificate from ${endpoints.certificates}${tls === 'require' ? '; until then nobody comes in over the network' : ''}`
        : null;
    },
  };
}
