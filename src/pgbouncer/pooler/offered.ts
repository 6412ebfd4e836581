/** What PgBouncer shows to who comes by TLS: whether it took a certificate only that tells. */
import { X509Certificate } from 'node:crypto';
import { offeredCertificate } from '../wire/index.ts';
import { frontOf } from './files.ts';
import type { Spoken } from './starting.ts';

/** Milliseconds for a connection and a handshake. */
const timeout = 5_000;

/**
 * In what PgBouncer's certificate differs from the one that it was given; null where it does not.
 * Its console answers `RELOAD` as well where it kept the one before, and only its log says why.
 */
export async function offersOther(
  { process, remaining }: Spoken,
  before: string | null,
  wanted: string | null,
): Promise<string | null> {
  const [front] = frontOf(process);
  if (front === undefined || front.host.startsWith('/')) return null;
  if (wanted === null && before === null) return null;
  const offered = await offeredCertificate(front, Math.min(timeout, remaining()));
  if (wanted === null) return offered === null ? null : 'the certificate is still in force';
  if (offered === null) return 'the certificate is not in force';
  const isSame = offered.equals(new X509Certificate(wanted).raw);
  return isSame ? null : 'another certificate is still in force';
}
