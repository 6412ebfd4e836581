import type { Command } from 'commander';
import * as E from 'fp-ts/lib/Either.js';
import { render } from '../pgbouncer/errors.ts';
import type { Attempt } from '../pgbouncer/ports.ts';
import { postgres } from '../pgbouncer/postgres/index.ts';
import { textOf } from './files.ts';
import { json, out } from './output.ts';
import { WrongUse } from './wrong-use.ts';

export interface LeftoverOptions {
  /** The deployment, as its log and its status name it: `MODEL-UUID/APPLICATION`. */
  readonly owner: string;
  readonly remove?: true;
  /** A file with the certificates of the authority by which the server is to be verified. */
  readonly ca?: string;
}

/** The command `leftovers`. */
export function addLeftovers(program: Command): void {
  program
    .command('leftovers')
    .description('what an application that is gone has left on its PostgreSQL, by its own records')
    .argument('<uri>', 'postgresql://USER@HOST:PORT/DATABASE; the password is read from PGPASSWORD')
    .requiredOption('--owner <owner>', 'the application that is gone: MODEL-UUID/APPLICATION')
    .option('--remove', 'remove it')
    .option('--ca <file>', 'the authority by which the server is verified')
    .option('--json', 'print one JSON document')
    .action(async (uri: string, options: LeftoverOptions & { json?: true }) => {
      const users = await leftovers(uri, options, process.env.PGPASSWORD);
      if (options.json) json({ users });
      else if (users.length === 0) out('nothing is left\n');
      else for (const { user, kept } of users) out(`${user}: ${kept ?? 'removed'}\n`);
      if (options.remove && users.some(({ kept }) => kept !== null)) process.exitCode = 1;
    });
}

/** A user that an application left on its backend. */
interface Leftover {
  readonly relation: number;
  readonly user: string;
  /** Null where it was removed; else why it was not. */
  readonly kept: string | null;
}

/**
 * What a deployment that is gone has left on a server, and its removal. The deployment's own table
 * says what is its own; databases stay, and so do the roles that own them.
 */
export async function leftovers(
  uri: string,
  { owner, remove, ca }: LeftoverOptions,
  password: string | undefined,
): Promise<readonly Leftover[]> {
  if (!/^[^/\s]+\/[a-z][a-z0-9-]*$/.test(owner))
    throw new WrongUse(`--owner is to be MODEL-UUID/APPLICATION, not "${owner}"`);
  const backend = postgres({
    ...serverIn(uri, password),
    owner,
    settles: false,
    tls: ca === undefined ? { mode: 'prefer' } : { mode: 'verify', ca: textOf(ca) },
  });
  try {
    const holdings = { owner, grants: [] };
    const { orphans } = await done(backend.audit(holdings));
    const found: Leftover[] = [];
    for (const { relation, user } of orphans) {
      const gone = remove && (await backend.remove({ relation, user, database: '' }, holdings)());
      const why = gone === undefined ? 'it is only looked for' : null;
      found.push({ relation, user, kept: gone && E.isLeft(gone) ? render(gone.left) : why });
    }
    return found;
  } finally {
    await backend.release();
  }
}

function serverIn(uri: string, password: string | undefined) {
  const url = URL.canParse(uri) ? new URL(uri) : null;
  const isOne = url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.username !== '';
  if (!isOne) throw new WrongUse('name the server as postgresql://USER@HOST:PORT/DATABASE');
  const given = decodeURIComponent(url.password) || password;
  if (!given) throw new WrongUse('put the password of that user into PGPASSWORD');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: given,
    database: decodeURIComponent(url.pathname.slice(1)) || 'postgres',
  };
}

async function done<Result>(attempt: Attempt<Result>): Promise<Result> {
  const outcome = await attempt();
  if (E.isLeft(outcome)) throw new Error(render(outcome.left));
  return outcome.right;
}
