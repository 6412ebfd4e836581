/**
 * Whether anybody listens on a port, PgBouncer included: where it has a socket it starts without the
 * port that somebody else has.
 */
import { createServer } from 'node:net';
import { WorkloadProblem } from '../workload/workload.ts';
import type { Settings } from './pgbouncer-files.ts';

type Listening = Pick<Settings, 'listenAddress' | 'listenPort'>;

/** Whether anybody listens where PgBouncer is to listen, on one of its addresses at least. */
export async function isListenedTo({ listenAddress, listenPort }: Listening): Promise<boolean> {
  const hosts = listenAddress
    .split(',')
    .flatMap((one) => (one === '*' ? ['0.0.0.0', '::'] : [one]));
  for (const host of hosts) if (await isInUse(host, listenPort)) return true;
  return false;
}

/** A system without such an address has nobody on it. */
const isInUse = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE'));
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () =>
      server.close(() => resolve(false)),
    );
  });

export const portIsTaken = (port: number): WorkloadProblem =>
  new WorkloadProblem(
    `port ${port} is taken: end what listens there, or set listen_port to one that is free`,
    'operator',
  );
