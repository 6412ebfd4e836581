import { createServer, type Server } from 'node:net';
import * as E from 'fp-ts/lib/Either.js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseConfig } from '../../../src/pgbouncer/charm/config.ts';
import type { Place } from '../../../src/pgbouncer/charm/pooler.ts';
import { settled } from '../../../src/pgbouncer/charm/port.ts';
import type { Workload } from '../../../src/pgbouncer/pooler/index.ts';
import { WorkloadProblem } from '../../../src/pgbouncer/workload/index.ts';

const servers: Server[] = [];
/** A port that somebody has. */
async function taken(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return (server.address() as { port: number }).port;
}
let before: number;
let wanted: number;
beforeEach(async () => {
  before = await taken();
  wanted = await taken();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** The port with which a unit is served that has these files. */
async function served(read: Workload['read']): Promise<number> {
  const kept = { listen_port: before };
  const known = { config: parseConfig({ listen_port: wanted }, kept), before: kept };
  const place = { workload: { read }, iniFile: 'ini', listens: '127.0.0.1' } as unknown as Place;
  return (await settled(known, async () => E.right(place))).options.listenPort;
}

const files =
  (content: Readonly<Record<string, string>>): Workload['read'] =>
  async (path) =>
    content[path] ?? null;

it('a port that somebody has is not moved to', async () => {
  expect(await served(files({ ini: `listen_port = ${before}\n` }))).toBe(before);
});

it('a port that PgBouncer has been moved to is its own, whoever has taken the old one', async () => {
  expect(await served(files({ ini: `listen_port = ${wanted}\n` }))).toBe(wanted);
});

it('where a hook was lost on the way, nobody knows whose it is', async () => {
  const ini = `listen_port = ${wanted}\n`;
  expect(await served(files({ ini, 'ini.unconfirmed': '' }))).toBe(before);
});

it('a port that is known to be taken is not moved to because its files cannot be read', async () => {
  const read = () => Promise.reject(new WorkloadProblem('Pebble starts anew'));
  expect(await served(read)).toBe(before);
});
