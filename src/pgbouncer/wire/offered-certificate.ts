import { TLSSocket } from 'node:tls';
import { WireProblem } from './problem.ts';
import { reach } from './reach.ts';

/** The certificate that a server shows, as DER, verified by nobody; null where it offers no TLS. */
export async function offeredCertificate(
  { host, port }: { readonly host: string; readonly port: number },
  timeout: number,
): Promise<Buffer | null> {
  if (timeout <= 0) throw new WireProblem('hang', "the hook's time is up");
  const limit = AbortSignal.timeout(timeout);
  const to = { user: '', password: '', database: '', timeout, tls: { mode: 'prefer' } } as const;
  try {
    const socket = await reach({ ...to, host, port }, limit);
    try {
      return socket instanceof TLSSocket ? socket.getPeerCertificate().raw : null;
    } finally {
      socket.destroy();
    }
  } catch (problem) {
    if (limit.aborted) throw new WireProblem('hang', `no certificate within ${timeout} ms`);
    throw problem;
  }
}
