import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { type Destination, isFolder } from './destination.ts';
import { WireProblem, wordsOf } from './problem.ts';

/** "Will you speak TLS?", before anything else; answered by one byte. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** A connection on which nothing was said yet, encrypted where that is wanted and can be had. */
export async function reach(to: Destination, limit: AbortSignal): Promise<Socket> {
  if (isFolder(to.host) && to.tls.mode === 'verify')
    throw new WireProblem('tls', 'there is no TLS on a Unix socket');
  const socket = await dial(to, limit);
  if (to.tls.mode === 'off' || isFolder(to.host)) return socket;
  socket.write(sslRequest);
  const answer = await next<Buffer>(socket, 'data', unreachable);
  // What came with the answer came before any TLS, from anybody: CVE-2021-23222.
  const isAlone = answer.length === 1 && socket.readableLength === 0;
  switch (String.fromCharCode(answer[0] ?? 0)) {
    case 'S':
      if (isAlone) return encrypt(socket, to);
      return refuse(socket, new WireProblem('tls', 'there is more in the answer about TLS'));
    case 'N':
      if (to.tls.mode === 'verify')
        return refuse(socket, new WireProblem('tls', 'the server offers no TLS'));
      if (isAlone) return socket;
      return refuse(socket, new WireProblem('tls', 'there is more in the answer about TLS'));
    case 'E':
      // Its text is not for showing: anybody may have written it (CVE-2024-10977).
      socket.destroy();
      if (to.tls.mode === 'verify') throw new WireProblem('tls', 'the server knows nothing of TLS');
      return dial(to, limit);
    default:
      return refuse(socket, unreachable('what answers is no PostgreSQL'));
  }
}

async function dial({ host, port }: Destination, signal: AbortSignal): Promise<Socket> {
  const address = isFolder(host) ? { path: join(host, `.s.PGSQL.${port}`) } : { host, port };
  const socket = connectTcp({ ...address, signal });
  // Whoever waits for something is told by `next`; nobody else is to die of it.
  socket.on('error', () => {});
  await next(socket, 'connect', unreachable);
  socket.setNoDelay(true);
  return socket;
}

async function encrypt(socket: Socket, { host, tls }: Destination): Promise<TLSSocket> {
  const isVerified = tls.mode === 'verify';
  // Without a CA of ours, Node would take those of the public web.
  if (isVerified && !tls.ca.includes('-----BEGIN CERTIFICATE-----'))
    return refuse(socket, new WireProblem('tls', 'the CA given is no certificate'));
  const secured = connectTls({
    socket,
    host,
    // A server's name in the hello must not be an address; that is verified by `host`.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(isVerified ? { ca: tls.ca } : {}),
    rejectUnauthorized: isVerified,
  });
  secured.on('error', () => {});
  await next(secured, 'secureConnect', (why) => new WireProblem('tls', why));
  return secured;
}

function next<Value>(
  socket: Socket,
  event: 'connect' | 'data' | 'secureConnect',
  problem: (why: string) => WireProblem,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      socket.destroy();
      const why = cause instanceof Error ? wordsOf(cause) : 'the connection was closed at once';
      reject(problem(why));
    };
    socket.once('error', fail);
    socket.once('close', fail);
    socket.once(event, (value: Value) => {
      socket.off('error', fail);
      socket.off('close', fail);
      // What comes next waits for the one who wants it.
      if (event === 'data') socket.pause();
      resolve(value);
    });
  });
}

const unreachable = (why: string) => new WireProblem('unreachable', why);

function refuse(socket: Socket, problem: WireProblem): never {
  socket.destroy();
  throw problem;
}
