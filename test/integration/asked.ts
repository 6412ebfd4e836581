/** What a test asks of an adapter, and of the server behind it. */
import * as E from 'fp-ts/lib/Either.js';
import type { PostgresServer } from '../../src/pgbouncer/demo/servers/postgres.ts';
import { render } from '../../src/pgbouncer/errors.ts';

/** What an attempt came to; it throws, in words, where that is a failure. */
export async function done<Result>(
  attempt: () => Promise<E.Either<Parameters<typeof render>[0], Result>>,
) {
  const outcome = await attempt();
  if (E.isLeft(outcome)) throw new Error(`${outcome.left._tag}: ${render(outcome.left)}`);
  return outcome.right;
}

/** The rows of one statement, as the superuser, in a session of its own. */
export async function rowsOn(server: PostgresServer, text: string, database = 'postgres') {
  const client = await server.connect(database);
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
