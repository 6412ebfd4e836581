import pg from 'pg';
import { parseHostPort } from '../relation/host-port.ts';
import type { Databag } from '../relation/request.ts';

/** A client that has nothing but the databag: it takes the first endpoint of a key. */
export async function login(
  bag: Databag,
  {
    key = 'endpoints',
    database = bag.database ?? '',
    patience = 10_000,
    ca = '',
  }: {
    readonly key?: string;
    readonly database?: string;
    readonly patience?: number;
    /** By whom to verify the pooler; empty to come without TLS. */
    readonly ca?: string;
  } = {},
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
    ...(ca === '' ? {} : { ssl: { ca, rejectUnauthorized: true } }),
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}
