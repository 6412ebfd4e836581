import { type ExecFileException, execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { given } from '../../hook/index.ts';
import { filesOf, handOver, localFiles, tidyFolder } from './files.ts';
import { lastWordsOf } from './last-words.ts';
import { programIsThere } from './usable.ts';
import { type Workload, WorkloadProblem } from './workload.ts';

const run = promisify(execFile);

/** How long systemd may take for a request, in milliseconds. */
const patience = 20_000;

export interface SystemdOptions {
  /** The unit's name, `hookchart-pgbouncer-0.service`. */
  readonly service: string;
  readonly program: string;
  readonly iniFile: string;
  /** Whom PgBouncer runs as: `postgres` where the distribution's package made it. */
  readonly user: string;
  /** How many files it needs; systemd may give as many as it likes. */
  readonly openFiles: number;
  /** Where units are kept; `/etc/systemd/system` unless told otherwise. */
  readonly unitFolder?: string;
  /** What stands in its environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Milliseconds that are left to the hook. */
  readonly remaining?: () => number;
}

/** PgBouncer as a unit of systemd, which starts it again when it dies and when the machine does. */
export function systemd(options: SystemdOptions): Workload {
  given('systemd', 'its options', options, {
    service: 'text',
    program: 'text',
    iniFile: 'text',
    user: 'text',
  });
  const { service, program, iniFile, user, unitFolder = '/etc/systemd/system' } = options;
  const { remaining = () => patience } = options;
  const unit = unitOf(options);
  const ask = async (command: string, args: readonly string[]): Promise<string> => {
    const timeout = Math.ceil(Math.max(1, Math.min(patience, remaining())));
    const { stdout } = await run(command, [...args], { timeout, killSignal: 'SIGKILL' });
    return stdout;
  };
  const systemctl = async (...args: readonly string[]): Promise<void> => {
    try {
      await ask('systemctl', args);
    } catch (cause) {
      const { stderr, message, killed } = cause as ExecFileException & { readonly stderr?: string };
      const why = killed ? 'it does not end in time' : stderr?.trim() || message;
      const words = await lastWords();
      const said = words === '' ? '' : `; PgBouncer says: ${words}`;
      throw new WorkloadProblem(`systemctl ${args.join(' ')}: ${why}${said}`);
    }
  };
  const lastWords = async (): Promise<string> => {
    const args = [`--unit=${service}`, '--lines=20', '--output=cat', '--no-pager'];
    return lastWordsOf(await ask('journalctl', args).catch(() => ''));
  };
  const path = `${unitFolder}/${service}`;
  const isCurrent = async (): Promise<boolean> => (await localFiles.read(path)) === unit;
  /** All of it each time: a hook may have been lost in the middle, and it is seldom asked for. */
  const installed = async (): Promise<void> => {
    await programIsThere(program);
    await handOver(dirname(iniFile), user);
    if (!(await isCurrent())) {
      // Ended before: a hook that is lost after the next line leaves it down, not as it was for ever.
      if ((await localFiles.read(path)) !== null) await systemctl('stop', service);
      await localFiles.replace(path, unit);
    }
    await systemctl('daemon-reload');
    await systemctl('enable', service);
  };
  const files = filesOf(user);
  return {
    ...files,
    tidy: async (own) => {
      await files.tidy(own);
      // This folder is everyone's: nothing in it is ours but what is called like the unit.
      await tidyFolder(unitFolder, [service]);
    },
    isCurrent,
    openFiles: async () => Number.MAX_SAFE_INTEGER,
    start: async () => {
      await installed();
      await systemctl('start', service);
    },
    restart: async () => {
      await installed();
      await systemctl('restart', service);
    },
    isRunning: () =>
      ask('systemctl', ['is-active', '--quiet', service]).then(
        () => true,
        () => false,
      ),
    lastWords,
    remove: async () => {
      if ((await localFiles.read(path)) === null) return;
      try {
        await systemctl('disable', '--now', service);
      } finally {
        await localFiles.replace(path, null);
        await systemctl('daemon-reload');
      }
    },
  };
}

/** `exec` lets `systemctl start` fail for a program that cannot be run; it is tried again for ever. */
const unitOf = ({
  service,
  program,
  iniFile,
  user,
  openFiles,
  variables = {},
}: SystemdOptions): string =>
  [
    '[Unit]',
    `Description=PgBouncer of ${service}`,
    'After=network.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `User=${user}`,
    ...Object.entries(variables).map(([name, value]) => `Environment="${name}=${value}"`),
    `ExecStart=${program} ${iniFile}`,
    'ExecReload=/bin/kill -HUP $MAINPID',
    'KillSignal=SIGQUIT',
    `LimitNOFILE=${openFiles}`,
    'Restart=always',
    'RestartSec=1',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
