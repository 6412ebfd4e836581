/** Whose sessions stand in the way of what the deployment does, and how they are ended. */
import { joinWith } from './given.ts';
import { oids, text } from './quoted.ts';

/** Milliseconds that sessions may take to end. */
const patience = 5_000;

/**
 * Ends the session of a row, and waits for those of all rows together: some do not hear for minutes.
 * Whether it has ended.
 */
export const ended = (pid: string): string => `pg_catalog.pg_terminate_backend(${pid},
         GREATEST(1, ${patience} - 1000 * pg_catalog.date_part('epoch',
           pg_catalog.clock_timestamp() - (SELECT pg_catalog.clock_timestamp())))::pg_catalog.int8)`;

/**
 * Long enough for whoever is held up by a session that goes on by itself; what is looked at then is
 * as it is, in a transaction too.
 */
export const wait = 'SELECT pg_catalog.pg_sleep(0.1), pg_catalog.pg_stat_clear_snapshot()';

/**
 * A session of somebody else's is ended that does nothing in a transaction, or has done the same for
 * long: whoever works is given the time.
 */
const isIdle = `(b.state LIKE 'idle in transaction%'
       AND b.state_change < pg_catalog.clock_timestamp() - INTERVAL '1 second'
    OR b.xact_start < pg_catalog.clock_timestamp() - INTERVAL '5 minutes')`;

/** From 16 on, sessions of roles that tenants made are ended by who has joined these. */
const isToBeJoined = `NOT pg_catalog.pg_has_role(b.usesysid, 'USAGE')
   AND pg_catalog.pg_has_role(b.usesysid, 'MEMBER WITH ADMIN OPTION')`;

const ending = (sessions: string): string[] => [
  joinWith(`SELECT b.usesysid AS id ${sessions} AND ${isToBeJoined}`),
  `SELECT b.usename AS user, b.datname AS database,
          ${ended('b.pid')} AS ended
     ${sessions} AND pg_catalog.pg_has_role(b.usesysid, 'USAGE')`,
];

/** Somebody that waits for a whole database, before whom nobody gets in or changes its rights. */
const isInQueue = `EXISTS (SELECT FROM pg_catalog.pg_locks q
       WHERE q.pid = b.pid AND NOT q.granted AND q.mode = 'AccessExclusiveLock'
         AND q.locktype = 'object' AND q.classid = 'pg_catalog.pg_database'::pg_catalog.regclass)`;

/** Those for whose locks the login's other sessions wait, or an agent's, as the server tells them. */
export const endBlockers = (...agents: readonly string[]): string[] => {
  const own = ['SESSION_USER', ...agents.map(text)].join(', ');
  return ending(`
     FROM pg_catalog.pg_stat_activity b
    WHERE b.usename NOT IN (${own}) AND (${isIdle} OR ${isInQueue})
      AND b.pid IN (SELECT pg_catalog.unnest(pg_catalog.pg_blocking_pids(l.pid))
                      FROM pg_catalog.pg_locks l
                      JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
                     WHERE NOT l.granted AND a.usename IN (${own})
                       AND l.waitstart < pg_catalog.clock_timestamp() - INTERVAL '200 milliseconds')`);
};

/**
 * Those who wait for a database that is none of theirs. PostgreSQL takes the lock before it asks
 * whose the database is, and would refuse them then; until then nobody else enters. Where one is to
 * be entered, also those who keep everybody out of their own.
 */
export const endQueues = (entered: string | null = null): string[] =>
  ending(`
     FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity b ON b.pid = l.pid
     JOIN pg_catalog.pg_database d ON d.oid = l.objid
    WHERE l.locktype = 'object' AND l.classid = 'pg_catalog.pg_database'::pg_catalog.regclass
      AND b.usename <> SESSION_USER
      AND (NOT l.granted AND NOT pg_catalog.pg_has_role(b.usesysid, d.datdba, 'USAGE')
        ${entered === null ? '' : `OR ${keepsOut(entered)}`})`);

const keepsOut = (database: string): string => `d.datname = ${text(database)}
          AND l.mode = 'AccessExclusiveLock' AND (NOT l.granted OR ${isIdle})`;

/** Others that have named a user in what they do not finish: until they end it, nobody removes the user. */
export const endHolders = (users: readonly number[]): string[] =>
  ending(`
     FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity b ON b.pid = l.pid
    WHERE l.locktype = 'object' AND l.classid = 'pg_catalog.pg_authid'::pg_catalog.regclass
      AND l.objid IN (${oids(users)}) AND l.granted AND b.usename <> SESSION_USER AND ${isIdle}`);
