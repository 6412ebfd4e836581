/** What keeps the exporter of a unit: systemd, or nobody, on a machine; Pebble in the image's own words. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment, Variables } from '../../juju/hook-tools/index.ts';
import { isListenedTo } from '../pooler/taken.ts';
import { exporterLayerOf } from '../workload/exporter-layer.ts';
import { pebble, systemd, WorkloadProblem } from '../workload/index.ts';
import { exporterService } from '../workload/pebble-layer.ts';
import type { ParsedConfig } from './config.ts';
import type { ExporterSettings } from './exporter.ts';
import { dashed, isUnderSystemd, pebbleSocketIn } from './place.ts';
import type { Place } from './pooler.ts';

/** The exporter, as it is to run or not. */
export interface Exporting {
  /** Has it run as it is to; one that does is left alone, unless the charm is another one now. */
  readonly ensure: (isAnew: boolean) => Promise<void>;
  readonly remove: () => Promise<void>;
  /** Ends it, where its files go with their folder. */
  readonly end: () => Promise<void>;
}

/** Few connections, of few who scrape. */
const openFiles = 1_024;

/** On Kubernetes there is one where a program of the image is named; else one of before is removed. */
export function exportingOf(
  environment: Environment,
  variables: Variables,
  config: ParsedConfig,
  place: Place,
  remaining: () => number,
): Exporting {
  const { user } = config.run;
  const { program, port } = config.metrics;
  const file = join(place.folder, 'metrics.json');
  if (environment.machine === null) {
    const service = exporterService;
    const layer = exporterLayerOf({ port, listenPort: config.options.listenPort, tls: config.tls });
    const workload = pebble({
      ...{ socket: pebbleSocketIn(variables), service, program, iniFile: place.iniFile, user },
      ...{ openFiles, remaining, layer, option: 'exporter-program' },
    });
    return {
      ensure: async () => {
        if (program === '') {
          await workload.remove();
          throw new WorkloadProblem(
            'no exporter is named: set exporter-program to where the image has one',
            'operator',
          );
        }
        if (!(await workload.isCurrent()) || !(await workload.isRunning()))
          await byItself(workload.restart);
      },
      // Where none is named there is none any more, or never was.
      remove: async () => (program === '' ? undefined : workload.remove()),
      end: workload.remove,
    };
  }
  const pidFile = isUnderSystemd(variables) ? null : join(place.folder, 'exporter.pid');
  const settings = JSON.stringify({ port, pidFile } satisfies ExporterSettings);
  const runs = { program: join(environment.charmFolder, 'dispatch'), file, user };
  const kept = pidFile === null ? underSystemd(environment, runs, remaining) : alone(runs, pidFile);
  return {
    ensure: async (isAnew) => {
      const before = await place.workload.read(file);
      const isUp = await kept.isRunning();
      if (before === settings && !isAnew && isUp) return;
      // Then it is this one itself that listens there.
      const isOwn = isUp && before?.includes(`"port":${port},`) === true;
      if (!isOwn && (await isListenedTo({ listenAddress: '*', listenPort: port })))
        throw new WorkloadProblem(
          `port ${port} is taken: end what listens there, or set metrics-port to one that is free`,
          'operator',
        );
      if (before !== settings) await place.workload.replace(file, settings);
      await kept.restart();
    },
    end: kept.remove,
    remove: async () => {
      await kept.remove();
      await place.workload.replace(file, null);
    },
  };
}

/** Whatever keeps it from running is the exporter's own, and for an operator to see to. */
async function byItself(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (problem) {
    if (!(problem instanceof WorkloadProblem)) throw problem;
    throw /exited quickly/.test(problem.message)
      ? new WorkloadProblem(problem.message, 'operator')
      : problem;
  }
}

interface Runs {
  readonly program: string;
  readonly file: string;
  readonly user: string;
}

/** By this the charm's program is told that it is no hook. */
const variableOf = (file: string) => ({ HOOKCHART_METRICS: file });

function underSystemd(
  environment: Environment,
  { program, file, user }: Runs,
  remaining: () => number,
) {
  const service = `hookchart-${dashed(environment)}-metrics.service`;
  const variables = variableOf(file);
  return systemd({ service, program, iniFile: file, user, openFiles, remaining, variables });
}

/** A process that outlives the hook, where there is no systemd. */
function alone({ program, file }: Runs, pidFile: string) {
  const running = async (): Promise<number | null> => {
    const pid = Number(await readFile(pidFile, 'utf8').catch(() => Number.NaN));
    const of = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    return of.split('\0').includes(`HOOKCHART_METRICS=${file}`) ? pid : null;
  };
  const remove = async () => {
    const pid = await running();
    if (pid !== null) process.kill(pid, 'SIGKILL');
  };
  return {
    isRunning: async () => (await running()) !== null,
    remove,
    restart: async () => {
      await remove();
      const { PATH = '' } = process.env;
      const env = { PATH, ...variableOf(file) };
      spawn(program, { env, detached: true, stdio: 'ignore' }).unref();
    },
  };
}
