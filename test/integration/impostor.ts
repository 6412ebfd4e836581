import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Somebody who listens where a server should be. */
export interface Impostor {
  readonly port: number;
  /** All that it was sent, on all connections. */
  readonly received: () => Buffer;
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

/** Calls back with each client, and each time that the client has said something. */
export async function impostor(
  hear: (client: Socket, said: Buffer, turn: number, connection: number) => void,
): Promise<Impostor> {
  const chunks: Buffer[] = [];
  const clients = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    const connection = connections++;
    let turn = 0;
    clients.add(client);
    client.on('error', () => {});
    client.on('data', (said: Buffer) => {
      chunks.push(said);
      hear(client, said, turn++, connection);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received: () => Buffer.concat(chunks),
    connections: () => connections,
    close: async () => {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A message as a server sends it. */
export function message(type: string, ...parts: readonly (Buffer | string | number)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part);
      if (typeof part !== 'number') return part;
      const four = Buffer.alloc(4);
      four.writeInt32BE(part);
      return four;
    }),
  );
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export const ready = message('Z', 'I');
export const letIn = message('R', 0);
export const asksInClear = message('R', 3);
export const asksForMd5 = message('R', 5, 'salt');
export const asksForScram = message('R', 10, 'SCRAM-SHA-256\0\0');

/** The challenge that follows a client's first message of SCRAM. */
export function challenge(said: Buffer): Buffer {
  const nonce = /r=([\x21-\x2b\x2d-\x7e]+)/.exec(said.toString('latin1'))?.[1] ?? '';
  return message('R', 11, `r=${nonce}more,s=${Buffer.from('salt').toString('base64')},i=4096`);
}

/** What a server would say that knows the password; this one does not. */
export const falseProof = message('R', 12, `v=${Buffer.alloc(32).toString('base64')}`);
