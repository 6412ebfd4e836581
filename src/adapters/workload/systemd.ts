import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { filesOf, localFiles } from './files.ts';
import { type Workload, WorkloadProblem } from './workload.ts';

const run = promisify(execFile);

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
}): Workload {
  const { service, program, iniFile, user, folder = '/etc/systemd/system' } = options;
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
    try {
      await run('systemctl', [...args]);
    } catch (cause) {
      const { stderr, message } = cause as { stderr?: string; message: string };
      throw new WorkloadProblem(`systemctl ${args.join(' ')}: ${stderr?.trim() || message}`);
    }
  };
  const path = `${folder}/${service}`;
  /** All of it each time: a hook may have been lost in the middle, and it is seldom asked for. */
  const installed = async (): Promise<void> => {
    if ((await localFiles.read(path)) !== unit) await localFiles.replace(path, unit);
    await systemctl('daemon-reload');
    await systemctl('enable', service);
  };
  return {
    ...filesOf(user),
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
