/**
 * What decides about this unit's certificate: whether it fits, and when the next one is to be asked
 * for. Nothing here knows keys or files.
 */
import * as v from 'valibot';
import { printable } from '../../juju/hook-tools/printable.ts';
import type { Databag } from './request.ts';

/** What a certificate says, as far as anything follows from it. */
export interface CertificateFacts {
  /** Its public key, as the unit's own is called. */
  readonly key: string;
  /** The names and addresses that it is for. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** Whether it is one to sign others with. */
  readonly isAuthority: boolean;
  /** Whether one of the authorities that came with it has signed it. */
  readonly isIssued: boolean;
}

/** What was asked of `certificates`, and for what. */
export interface RequestedCertificate {
  /** The signing request, as PEM. */
  readonly request: string;
  readonly key: string;
  readonly names: readonly string[];
  /** The common name; one that was asked for before this was remembered has the unit's name. */
  readonly name?: string | null | undefined;
}

/** The certificate that clients of this unit see, with what came with it, as PEM. */
export interface Held {
  readonly relation: number;
  /** The request that it answers. */
  readonly request: string;
  readonly key: string;
  readonly certificate: string;
  /** What stands between it and its authority, in order. */
  readonly chain: readonly string[];
  /** Those by whom clients verify it: who signed it, and who signed that one. */
  readonly authorities: readonly string[];
  /** How many hours before its end the provider would have it renewed; null where it does not say. */
  readonly hours: number | null;
}

/** All that a unit remembers of its certificate; the key is not among it. */
export interface Certified {
  /** The relation with who gives certificates; null while there is none. */
  readonly relation: number | null;
  readonly asked: RequestedCertificate | null;
  readonly held: Held | null;
  /** Whether what was taken back was revoked, and the key is still to go. */
  readonly revoked?: boolean | undefined;
  /** Whether all was taken back, and the key is still to go: PgBouncer may show what it belongs to. */
  readonly keyGoes?: boolean | undefined;
}

const uncertified: Certified = { relation: null, asked: null, held: null };

const pems = v.array(v.string());
const certified = v.object({
  relation: v.nullable(v.number()),
  asked: v.nullable(
    v.object({
      request: v.string(),
      key: v.string(),
      names: pems,
      name: v.optional(v.nullable(v.string())),
    }),
  ),
  held: v.nullable(
    v.object({
      relation: v.number(),
      request: v.string(),
      key: v.string(),
      certificate: v.string(),
      chain: pems,
      authorities: pems,
      hours: v.nullable(v.number()),
    }),
  ),
  revoked: v.optional(v.boolean()),
  keyGoes: v.optional(v.boolean()),
});

/** What a unit's state remembers; whatever cannot be read is asked for anew. */
export function parseCertified(text: string | undefined): Certified {
  if (!text) return uncertified;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), certified), text);
  return parsed.success ? parsed.output : uncertified;
}

/** As a unit's state keeps it; empty where there is nothing to keep. */
export const encodeCertified = (one: Certified): string =>
  one.relation === null && one.held === null && one.keyGoes !== true ? '' : JSON.stringify(one);

/** Why a certificate cannot be put in force, to follow its name; null where it can. */
export function objectionTo(
  facts: CertificateFacts | null,
  { key, host, now }: { readonly key: string | null; readonly host: string | null; now: number },
): string | null {
  if (facts === null) return 'cannot be read';
  if (facts.isAuthority) return 'is one to sign others with, which was not asked for';
  if (facts.key !== key) return 'is of another key than this unit has';
  if (!facts.isIssued) return 'is not signed by the authority that came with it';
  if (facts.until <= now) return 'has ended';
  if (host !== null && !isNamed(host, facts.names))
    return `does not name ${host}, where clients are sent`;
  return null;
}

/** Whether a certificate for these names is one for this host; a `*` stands for one label. */
const isNamed = (host: string, names: readonly string[]): boolean => {
  const wanted = host.toLowerCase();
  return names.some((name) => {
    const given = name.toLowerCase();
    return given.startsWith('*.')
      ? wanted.includes('.') && wanted.slice(wanted.indexOf('.')) === given.slice(1)
      : wanted === given;
  });
};

const hour = 3_600_000;

/**
 * Whether the next certificate is to be asked for: when the provider would have it so, or else when
 * a third of the time is left.
 */
export function isDue(
  { from, until }: Pick<CertificateFacts, 'from' | 'until'>,
  hours: number | null,
  now: number,
): boolean {
  const asWished = hours === null ? Number.NaN : until - Math.abs(hours) * hour;
  return now >= (asWished > from ? asWished : until - (until - from) / 3);
}

/** Whether what was asked for is what is wanted now. */
export const isAskedFor = (
  asked: RequestedCertificate | null,
  { key, names }: { readonly key: string | null; readonly names: readonly string[] },
): boolean => asked !== null && asked.key === key && asked.names.join() === names.join();

/**
 * The common name to ask by. It is held against the rules for host names, or ordered as one, so it is
 * the most qualified of those that are asked for anyway; null where no name of a host is short enough.
 */
export const commonNameOf = (names: readonly string[]): string | null => {
  const labels = (name: string): number => name.split('.').length;
  const [first] = names
    .filter((name) => !isAddress(name) && name.length <= longestName)
    .sort((one, other) => labels(other) - labels(one));
  return first ?? null;
};

const isAddress = (name: string): boolean => /^[\d.]+$|:/.test(name);

/** Of a common name (X.520). */
const longestName = 64;

/** What a requirer's unit databag says, for one request; none takes back what it says. */
export const requesting = (request: string | null): Databag => ({
  certificate_signing_requests:
    request === null
      ? ''
      : JSON.stringify([{ certificate_signing_request: request.trim(), ca: false }]),
});

/** What a provider has answered. */
export type Answered =
  | {
      readonly _tag: 'Given';
      readonly certificate: string;
      readonly chain: readonly string[];
      readonly authorities: readonly string[];
      readonly hours: number | null;
    }
  | { readonly _tag: 'Revoked' | 'Nothing' }
  | { readonly _tag: 'Unreadable' | 'Refused'; readonly why: string };

const answers = v.array(
  v.object({
    certificate_signing_request: v.string(),
    certificate: v.string(),
    ca: v.string(),
    chain: v.optional(v.nullable(v.array(v.string())), null),
    recommended_expiry_notification_time: v.optional(v.nullable(v.number()), null),
    revoked: v.optional(v.nullable(v.boolean()), null),
  }),
);

/** What is kept of it stands in the unit's state, whose values have 64 KiB at most. */
const most = 32_768;

/** Providers say of a refusal what they like: whatever else they say, it is one. */
const word = v.fallback(v.string(), '');
const unsaid = { code: '', name: '', message: '', reason: '' };
const refused = v.object({
  csr: word,
  error: v.fallback(
    v.object({
      code: v.fallback(v.union([v.number(), v.string()]), ''),
      name: word,
      message: word,
      reason: word,
    }),
    unsaid,
  ),
});
const refusals = v.array(v.fallback(refused, { csr: '', error: unsaid }));

/** A provider's sentence is in the status, with ours around it. */
const longestRefusal = 300;

/** Why a provider refuses a request, in its own words; null where it does not. */
function refusalOf(request: string, text: string): string | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), refusals), text);
  const all = parsed.success ? parsed.output : [];
  const found = all.find(({ csr }) => csr !== '' && isSame(csr, request));
  if (found === undefined) return null;
  const { code, name, message, reason } = found.error;
  const said = [`${code} ${name}`.trim(), message.trim().replace(/\.$/, '')].filter(Boolean);
  const why = [said.join(': '), reason === '' ? '' : `(${reason.trim()})`].join(' ');
  return printable(why.trim() || 'it does not say why', longestRefusal);
}

/** What a provider's application databag says to a request. */
export function answerTo(request: string, databag: Databag): Answered {
  const given = givenTo(request, databag);
  if (given._tag !== 'Nothing') return given;
  // A certificate that is there is the answer, whatever was said before it.
  const why = refusalOf(request, databag.request_errors ?? '');
  return why === null ? given : { _tag: 'Refused', why };
}

function givenTo(request: string, { certificates }: Databag): Answered {
  if (!certificates) return { _tag: 'Nothing' };
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), answers), certificates);
  if (!parsed.success)
    return { _tag: 'Unreadable', why: 'what it says is no list of certificates' };
  const found = parsed.output.find((one) => isSame(one.certificate_signing_request, request));
  if (found === undefined) return { _tag: 'Nothing' };
  if (found.revoked === true) return { _tag: 'Revoked' };
  const [certificate, ...more] = blocksIn(found.certificate);
  const [ca] = blocksIn(found.ca);
  if (certificate === undefined || ca === undefined)
    return { _tag: 'Unreadable', why: 'what it says is no PEM' };
  const chain = unique([...more, ...(found.chain ?? []).flatMap(blocksIn)], certificate);
  const authorities = [...new Set([ca, ...chain])];
  if ([certificate, ...chain, ...authorities].join('').length > most)
    return { _tag: 'Unreadable', why: `its chain is longer than ${most} characters` };
  const hours = found.recommended_expiry_notification_time;
  return { _tag: 'Given', certificate, chain, authorities, hours };
}

/** The certificates in a text, one PEM each. */
const blocksIn = (text: string): readonly string[] =>
  (text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? []).map(
    (block) => `${block.replaceAll('\r', '')}\n`,
  );

const isSame = (one: string, other: string): boolean =>
  one.replaceAll(/\s/g, '') === other.replaceAll(/\s/g, '');

const unique = (all: readonly string[], but: string): readonly string[] =>
  [...new Set(all)].filter((one) => !isSame(one, but));
