/**
 * Who may come to which database through PgBouncer, as the file that `auth_hba_file` names.
 *
 * Follows https://www.pgbouncer.org/config.html#hba-file-format, as 1.17 reads it: names in quotation
 * marks mean themselves, the first line that fits decides, and where none does nobody is let in.
 */
import type { Configuration } from './configuration.ts';

/**
 * The databases that have an entry are for all, as they are without this file; all others are for
 * those who may make databases.
 */
export function renderAccess(
  { databases, wildcard }: Pick<Configuration, 'databases' | 'wildcard'>,
  admin: string,
  /** Whether tenants must come by TLS, or not over the network at all. */
  isShut = false,
): string {
  const tenants = isShut ? 'hostssl' : 'host';
  const served = databases.map(({ name }) => name);
  return [
    ...lines(['pgbouncer'], [admin], 'scram-sha-256'),
    ...lines(['pgbouncer'], null, 'reject'),
    ...lines(served, null, 'scram-sha-256', tenants),
    ...(wildcard === null
      ? []
      : [
          ...lines(wildcard.closed, null, 'reject'),
          ...lines(null, wildcard.users, 'scram-sha-256', tenants),
        ]),
    '',
  ].join('\n');
}

/** One rule, for each way in which a client may come. */
function lines(
  databases: readonly string[] | null,
  users: readonly string[] | null,
  method: 'scram-sha-256' | 'reject',
  network: 'host' | 'hostssl' = 'host',
): readonly string[] {
  if (databases?.length === 0 || users?.length === 0) return [];
  const who = `${listed(databases)} ${listed(users)}`;
  return [
    `local ${who} ${method}`,
    ...['0.0.0.0/0', '::/0'].map((from) => `${network} ${who} ${from} ${method}`),
  ];
}

const listed = (names: readonly string[] | null): string =>
  names?.map((name) => `"${name.replaceAll('"', '""')}"`).join(',') ?? 'all';
