/**
 * SCRAM-SHA-256 verifiers, made on this side so that no password travels in a statement.
 * Follows RFC 5802 and RFC 7677, in PostgreSQL's notation.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);
const iterations = 4096;
const notation = /^SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/;

/** A verifier of a password, with a salt of its own. */
export const verifierOf = (password: string): Promise<string> =>
  saltedVerifier(password, randomBytes(16));

/** The same verifier each time: for a password that is random enough to be its own salt. */
export const steadyVerifierOf = (password: string): Promise<string> =>
  saltedVerifier(
    password,
    createHash('sha256').update(`salt ${password}`).digest().subarray(0, 16),
  );

async function saltedVerifier(password: string, salt: Buffer): Promise<string> {
  const { storedKey, serverKey } = await keys(password, salt, iterations);
  const text = [storedKey, serverKey].map((key) => key.toString('base64')).join(':');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${text}`;
}

/** Whether a role's stored verifier is of this password; false for any other kind of hash. */
export async function verifies(verifier: string | null, password: string): Promise<boolean> {
  const found = notation.exec(verifier ?? '');
  if (found === null) return false;
  const [, rounds, salt = '', stored = ''] = found;
  const expected = Buffer.from(stored, 'base64');
  const { storedKey } = await keys(password, Buffer.from(salt, 'base64'), Number(rounds));
  return expected.length === storedKey.length && timingSafeEqual(expected, storedKey);
}

async function keys(password: string, salt: Buffer, rounds: number) {
  const salted = await derive(password.normalize('NFKC'), salt, rounds, 32, 'sha256');
  const keyed = (label: string) => createHmac('sha256', salted).update(label).digest();
  return {
    storedKey: createHash('sha256').update(keyed('Client Key')).digest(),
    serverKey: keyed('Server Key'),
  };
}
