import { createPrivateKey, createPublicKey, randomUUID, X509Certificate } from 'node:crypto';
import { attempt, take } from '../commands/steps.ts';
import type { Attempt, Identity } from '../ports.ts';
import type { CertificateFacts } from '../relation/certificate.ts';
import type { Files } from '../workload/workload.ts';
import { unreached } from './unreached.ts';

/** Where this unit's key is kept: beside PgBouncer's other files, and readable by nobody else. */
export interface KeyPlace {
  readonly keyFile: string;
  readonly files: Pick<Files, 'read' | 'replace'>;
}

/**
 * The unit's identity in files of PgBouncer's. The key is written before anybody is asked to certify
 * it, whole or not at all, and goes nowhere else: one that is lost with its files is made anew.
 */
export function unitIdentity(
  place: Attempt<KeyPlace>,
  names: Attempt<readonly string[]>,
): Identity {
  const inPlace = <Result>(use: (place: KeyPlace) => Promise<Result>): Attempt<Result> =>
    attempt(async () => {
      const found = await take(place);
      return use(found).catch((problem: unknown) => unreached(problem, found.keyFile));
    });
  return {
    names,
    now: Date.now,
    examine,
    key: inPlace(async ({ files, keyFile }) => publicOf(await files.read(keyFile))),
    request: (names) =>
      inPlace(async ({ files, keyFile }) => {
        const known = await files.read(keyFile);
        // Most hooks ask for nothing, and are spared the loading of what it takes.
        const { makeKey, makeRequest } = await import('./signing-request.ts');
        const isUsable = publicOf(known) !== null;
        const pem = known !== null && isUsable ? known : await makeKey();
        if (pem !== known) await files.replace(keyFile, pem);
        // Who asks with the same words again would be given the same certificate again.
        const request = makeRequest(pem, { names, mark: randomUUID() });
        return { request, key: publicOf(pem) ?? '' };
      }),
    forget: inPlace(async ({ files, keyFile }) => {
      if ((await files.read(keyFile)) !== null) await files.replace(keyFile, null);
    }),
  };
}

/** The public half of a key; null where there is none, or what is there is none. */
function publicOf(pem: string | null): string | null {
  if (pem === null) return null;
  try {
    return shown(createPublicKey(createPrivateKey(pem)));
  } catch {
    return null;
  }
}

const shown = (key: ReturnType<typeof createPublicKey>): string =>
  key.export({ type: 'spki', format: 'der' }).toString('base64');

function examine(pem: string, authorities: readonly string[]): CertificateFacts | null {
  try {
    const certificate = new X509Certificate(pem);
    const isSignedBy = (authority: X509Certificate): boolean =>
      certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
    return {
      key: shown(certificate.publicKey),
      names: namesIn(certificate.subjectAltName ?? ''),
      from: Date.parse(certificate.validFrom),
      until: Date.parse(certificate.validTo),
      isAuthority: certificate.ca,
      isIssued: authorities.map((one) => new X509Certificate(one)).some(isSignedBy),
    };
  } catch {
    return null;
  }
}

/** `DNS:localhost, IP Address:127.0.0.1`; a name that would need quotation marks is nobody's. */
const namesIn = (text: string): readonly string[] =>
  text
    .split(', ')
    .flatMap((one) => /^(?:DNS|IP Address):([^"\\]+)$/.exec(one)?.[1] ?? [])
    .map((one) => (one.includes(':') ? plainIpv6(one) : one));

/** As URLs have an address of IPv6, which is the form in which Juju names it. */
const plainIpv6 = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);
