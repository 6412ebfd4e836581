/** One PgBouncer of a unit, and who looks after it. */
import { join } from 'node:path';
import { findPgbouncer } from '../../../src/pgbouncer/demo/servers/pgbouncer.ts';
import {
  type Configuration,
  emptyConfiguration,
} from '../../../src/pgbouncer/pooler/configuration.ts';
import {
  childProcess,
  type PgbouncerProcess,
  pebble,
  pgbouncer,
  type Workload,
} from '../../../src/pgbouncer/pooler/index.ts';
import { type APebble, processOn } from './a-pebble.ts';

export interface Unit {
  readonly folder: string;
  readonly iniFile: string;
  readonly keep: (how?: Partial<How>) => Workload;
  /** Whether a file is to hear what it has to say. */
  readonly isHeard: boolean;
}

/** How a process is to be run, where that is not as always. */
export interface How {
  readonly program: string;
  readonly user: string;
  readonly openFiles: number;
  readonly remaining?: () => number;
}

const program = findPgbouncer();

const always: How = { program, user: 'postgres', openFiles: 500 };

/** A PgBouncer in this folder, under each of those who can look after one here. */
export const kinds: Readonly<Record<string, (folder: string, pebbles: APebble) => Unit>> = {
  'a child process': (folder) => {
    const iniFile = join(folder, 'pgbouncer.ini');
    const [pidFile, logFile] = [join(folder, 'pgbouncer.pid'), join(folder, 'pgbouncer.log')];
    const keep = (how?: Partial<How>) =>
      childProcess({ ...always, ...how, iniFile, pidFile, logFile });
    return { folder, iniFile, keep, isHeard: true };
  },
  Pebble: (folder, pebbles) => {
    const iniFile = join(folder, 'pgbouncer.ini');
    const keep = (how?: Partial<How>) =>
      pebble({ ...always, ...how, iniFile, socket: pebbles.socket, service: 'pgbouncer' });
    return { folder, iniFile, keep, isHeard: false };
  },
};

export const dies = ({ iniFile }: Pick<Unit, 'iniFile'>): void => {
  const pid = processOn(iniFile);
  if (pid !== null) process.kill(pid, 'SIGKILL');
};

const entry = (name: string) => ({ name, host: '127.0.0.1', port: 5432, database: name });
export const configuration = (...names: string[]): Configuration => ({
  ...emptyConfiguration,
  databases: names.map(entry),
});

export function processOf(
  unit: Unit,
  listenPort: number,
  how: Partial<How> = {},
): PgbouncerProcess {
  const { folder, iniFile, isHeard } = unit;
  return {
    iniFile,
    consoles: [{ host: '127.0.0.1', port: listenPort }],
    workload: unit.keep(how),
    settings: {
      listenAddress: '127.0.0.1',
      listenPort,
      socketDirectory: null,
      logFile: isHeard ? join(folder, 'pgbouncer.log') : null,
      pidFile: isHeard ? join(folder, 'pgbouncer.pid') : null,
      userlistFile: join(folder, 'userlist.txt'),
      caFile: join(folder, 'backend-ca.pem'),
      accessFile: join(folder, 'access.conf'),
      admin: { user: 'admin', password: { secret: 'of the admin' } },
      mostClients: 200,
      poolMode: 'session',
      maxDatabaseConnections: 10,
      processes: 1,
      maxPreparedStatements: 100,
    },
  };
}

/** One hook: whether something was put in force, or what was in the way. */
export async function apply(process: PgbouncerProcess, wanted: Configuration): Promise<unknown> {
  const pooler = pgbouncer({
    processes: [process],
    clients: { host: '127.0.0.1', port: process.settings.listenPort },
  });
  try {
    const outcome = await pooler.apply(wanted)();
    return outcome._tag === 'Right' ? outcome.right : outcome.left;
  } finally {
    await pooler.release();
  }
}
