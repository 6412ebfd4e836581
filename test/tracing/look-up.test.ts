import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { lookUp } from '../../src/tracing/look-up.ts';

/** A name server, which answers as this does or never. */
async function serving(answer: (query: Buffer) => Buffer | null) {
  const socket = createSocket('udp4');
  const asked = new Promise<void>((resolve) =>
    socket.on('message', (query, { port }) => {
      resolve();
      const said = answer(query);
      if (said !== null) socket.send(said, port, '127.0.0.1');
    }),
  );
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { socket, asked, servers: [`127.0.0.1:${socket.address().port}`] };
}

/** The same question with the answer that there is no such name. */
const unknown = (query: Buffer): Buffer => {
  const answer = Buffer.from(query);
  answer[2] = 0x81;
  answer[3] = 0x83;
  return answer;
};

const found = ({ lookup }: Pick<ReturnType<typeof lookUp>, 'lookup'>, name: string) =>
  new Promise<unknown>((resolve) =>
    lookup(name, { family: 4 }, (error, address) => resolve(error?.code ?? address)),
  );

describe('the look-up of a collector', () => {
  it('ends where name servers are silent, which the system’s own does not', async () => {
    const { socket, asked, servers } = await serving(() => null);
    try {
      expect(await found(lookUp(100, servers), 'tempo.example.test')).toBe('ETIMEOUT');
      const names = lookUp(60_000, servers);
      const ended = found(names, 'tempo.example.test');
      await asked;
      names.end();
      expect(await ended).toBe('ECANCELLED');
    } finally {
      socket.close();
    }
  });

  it('leaves to the system what a name server does not know', async () => {
    const { socket, asked, servers } = await serving(unknown);
    try {
      const bySystem = await found({ lookup }, hostname());
      expect(await found(lookUp(10_000, servers), hostname())).toBe(bySystem);
      await asked;
    } finally {
      socket.close();
    }
  });

  it('asks nobody about this machine', async () => {
    const { socket, servers } = await serving(() => null);
    try {
      expect(await found(lookUp(60_000, servers), 'localhost')).toBe('127.0.0.1');
    } finally {
      socket.close();
    }
  });
});
