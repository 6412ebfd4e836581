import { type ExecFileException, execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { filesOf, localFiles, tidyFolder } from './files.ts';
import { type Workload, WorkloadProblem } from './workload.ts';

const run = promisify(execFile);

/** How long systemd may take for a request, in milliseconds. */
const patience = 20_000;

/** PgBouncer as a unit of systemd, which starts it again when it dies and when the machine does. */
export function systemd(options: {
  /** The unit's name, `hookchart-pgbouncer-0.service`. */
  readonly service: string;
  readonly program: string;
  readonly iniFile: string;
  /** Whom PgBouncer runs as: `postgres` where the distribution's package made it. */
  readonly user: string;
  /** Where units are kept; `/etc/systemd/system` unless told otherwise. */
  readonly folder?: string;
  /** Milliseconds that are left to the hook. */
  readonly remaining?: () => number;
}): Workload {
  const { service, program, iniFile, user, folder = '/etc/systemd/system' } = options;
  const { remaining = () => patience } = options;
  const unit = [
    '[Unit]',
    `Description=PgBouncer of ${service}`,
    'After=network.target',
    '',
    '[Service]',
    `User=${user}`,
    `ExecStart=${program} ${iniFile}`,
    'ExecReload=/bin/kill -HUP $MAINPID',
    'KillSignal=SIGQUIT',
    'Restart=always',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
  const systemctl = async (...args: readonly string[]): Promise<void> => {
    const timeout = Math.ceil(Math.max(1, Math.min(patience, remaining())));
    try {
      await run('systemctl', [...args], { timeout, killSignal: 'SIGKILL' });
    } catch (cause) {
      const { stderr, message, killed } = cause as ExecFileException & { readonly stderr?: string };
      const why = killed
        ? `it does not end within ${Math.ceil(timeout / 1_000)} s`
        : stderr?.trim();
      throw new WorkloadProblem(`systemctl ${args.join(' ')}: ${why || message}`);
    }
  };
  const path = `${folder}/${service}`;
  /** All of it each time: a hook may have been lost in the middle, and it is seldom asked for. */
  const installed = async (): Promise<void> => {
    if ((await localFiles.read(path)) !== unit) await localFiles.replace(path, unit);
    await systemctl('daemon-reload');
    await systemctl('enable', service);
  };
  const files = filesOf(user);
  return {
    ...files,
    tidy: async (own) => {
      await files.tidy(own);
      // This folder is everyone's: nothing in it is ours but what is called like the unit.
      await tidyFolder(folder, [service]);
    },
    start: async () => {
      await installed();
      await systemctl('start', service);
    },
    restart: async () => {
      await installed();
      await systemctl('restart', service);
    },
    remove: async () => {
      if ((await localFiles.read(path)) === null) return;
      await systemctl('disable', '--now', service);
      await localFiles.replace(path, null);
      await systemctl('daemon-reload');
    },
  };
}
