/** What is so of this unit's certificate in one hook; nothing is changed by looking. */
import type { JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { endpoints } from '../keys.ts';
import type { Identity } from '../ports.ts';
import {
  type Answered,
  answerTo,
  commonNameOf,
  type Held,
  isAskedFor,
  isDue,
  objectionTo,
} from '../relation/certificate.ts';
import type { HostPort } from '../relation/host-port.ts';
import type { Remembered } from './certificate-memory.ts';
import type { Rules } from './rules.ts';
import { once, take } from './steps.ts';

/** When nobody may have told this unit of what has changed: time, its address, its own files. */
export const looksAgain =
  /^(start|config-changed|update-status|upgrade-charm|leader-elected|.+-pebble-ready)$/;

export interface CertificateContext extends Remembered {
  readonly juju: Unit;
  readonly identity: Identity;
  readonly tls: Rules['tls'];
  readonly service: Rules['service'];
  readonly endpoint: () => Promise<HostPort | null>;
}

/** What is so of a certificate in one hook. */
export function viewed(context: CertificateContext, { hook }: JujuEvent) {
  const { identity, certified, said, service, endpoint } = context;
  let readKey: Promise<string | null> | null = null;
  const key = (): Promise<string | null> => {
    readKey ??= take(identity.key);
    return readKey;
  };
  /** The host that clients are told; null where that is not known yet. */
  const told = async () => service ?? (await endpoint())?.host ?? null;
  const names = once(async () => {
    const all = await take(identity.names);
    return service === null || all.includes(service) ? all : [...all, service].sort();
  });
  const isThere = async (): Promise<boolean> => (await said()) !== null;
  const answered = async (): Promise<Answered> => {
    const { asked } = await certified();
    const databag = await said();
    if (asked === null || databag === null) return { _tag: 'Nothing' };
    return answerTo(asked.request, databag);
  };
  const isRevoked = async () =>
    (await certified()).revoked === true || (await answered())._tag === 'Revoked';
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
    return isSame && !(await isToRenew(context)) && !(await isLate()) && !(await isMisnamed());
  };
  /** Why clients cannot verify the unit by a certificate any more, whose time is another matter. */
  const unfit = async (held: Held) => {
    const facts = identity.examine(held.certificate, held.authorities);
    return objectionTo(facts, { key: held.key, host: await told(), now: 0 });
  };
  /** What is wrong with what was asked for last, or with what it has come to. */
  const complaint = async () => {
    const { asked, held } = await certified();
    if (asked === null) return null;
    if (asked.request === held?.request) {
      const why = await unfit(held);
      return why === null ? null : unusable(`its certificate ${why}`);
    }
    const given = await answered();
    if (given._tag === 'Refused') return refusing(given.why);
    const why = objectionOf(given, identity, { key: await key(), host: await told() });
    return why === null ? null : unusable(why);
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
    told,
    unfit,
    complaint,
    shown,
  };
}

export const refusing = (why: string) => `${endpoints.certificates} refuses the request: ${why}`;
export const unusable = (why: string) =>
  `${endpoints.certificates} gives no certificate that this unit can use: ${why}`;

/** Whether what is in force is to be followed by another one, which was not asked for yet. */
async function isToRenew({ certified, identity }: CertificateContext): Promise<boolean> {
  const { asked, held } = await certified();
  if (held === null || held.request !== asked?.request) return false;
  const facts = identity.examine(held.certificate, held.authorities);
  return facts === null || isDue(facts, held.hours, identity.now());
}

export interface At {
  readonly key: string | null;
  readonly host: string | null;
}

/** Why what was given cannot be put in force; null where it can, and where nothing was given. */
export function objectionOf(given: Answered, { examine, now }: Identity, at: At): string | null {
  if (given._tag === 'Unreadable') return given.why;
  if (given._tag !== 'Given') return null;
  const facts = examine(given.certificate, given.authorities);
  const why = objectionTo(facts, { ...at, now: now() });
  return why === null ? null : `its certificate ${why}`;
}
