import pg from 'pg';
import { parseHostPort } from '../relation/host-port.ts';
import type { Databag } from '../relation/request.ts';

/** A client that has nothing but the databag: it takes the first endpoint of a key. */
export async function login(
  bag: Databag,
  { key = 'endpoints', database = bag.database ?? '', patience = 10_000 } = {},
): Promise<pg.Client> {
  const [endpoint = ''] = (bag[key] ?? '').split(',');
  const { host, port } = parseHostPort(endpoint) ?? { host: '', port: 0 };
  const client = new pg.Client({
    host,
    port,
    database,
    user: bag.username ?? '',
    password: bag.password ?? '',
    connectionTimeoutMillis: patience,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}
