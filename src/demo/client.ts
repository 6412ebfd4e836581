import pg from 'pg';
import type { Databag } from '../engine/index.ts';

/** A client that has nothing but the databag: it takes the first endpoint of a key. */
export async function login(
  bag: Databag,
  { key = 'endpoints', database = bag.database ?? '' } = {},
): Promise<pg.Client> {
  const [endpoint = ''] = (bag[key] ?? '').split(',');
  const [host = '', port] = endpoint.split(':');
  const client = new pg.Client({
    host,
    port: Number(port),
    database,
    user: bag.username ?? '',
    password: bag.password ?? '',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}
