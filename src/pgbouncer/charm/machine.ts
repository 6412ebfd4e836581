/** What a unit on a machine brings, and takes along when it goes. */
import { execFile } from 'node:child_process';
import { access, constants, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { attempt, halt, take } from '../../hook/index.ts';
import type { Environment, Variables } from '../../juju/hook-tools/index.ts';
import type { HookError } from '../errors.ts';
import type { Attempt } from '../ports.ts';
import { options as all, parseConfig } from './config.ts';
import { exportingOf } from './exporting.ts';
import { isUnderSystemd, placeOf, programOf } from './place.ts';
import { mostProcesses } from './processes.ts';

const run = promisify(execFile);

/**
 * PgBouncer from the distribution, whose own service would take the port; a unit of Kubernetes has
 * it in its container's image, and one whose operator names another program has it from there.
 */
export const install = (
  { machine }: Environment,
  variables: Variables,
  configured: Attempt<Readonly<Record<string, unknown>>>,
): Attempt<null> =>
  attempt(async () => {
    if (machine === null) return null;
    const { run: options } = parseConfig(await take(configured), {});
    const isMissing =
      options.program === distributions && !(await isThere(programOf(variables, options)));
    const environment = { ...variables, DEBIAN_FRONTEND: 'noninteractive' };
    for (const [program, ...args] of [
      ...(isMissing ? fromDistribution : []),
      // Whether or not it was this hook that installed it: one before may have been lost half-way.
      ...(isUnderSystemd(variables) ? [['systemctl', 'disable', '--now', 'pgbouncer']] : []),
    ] as readonly (readonly [string, ...string[]])[]) {
      try {
        await run(program, args, { env: environment });
      } catch (cause) {
        const { stderr, message } = cause as { stderr?: string; message: string };
        failed(`${program} ${args.join(' ')}`, stderr?.trim() || message);
      }
    }
    return null;
  });

/** Where the distribution puts it. */
const distributions = all['pgbouncer-program'].byDefault;

const fromDistribution = [
  ['apt-get', 'update', '-qq'],
  ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'pgbouncer'],
] as const;

/**
 * Ends PgBouncer and removes its files, its logins among them. A unit can always be removed: what
 * stays behind is said, and keeps it from nothing.
 */
export const remove = (
  environment: Environment,
  variables: Variables,
  tell: (line: string) => void,
): Attempt<null> =>
  attempt(async () => {
    // The container goes with its unit, and all that is in it.
    if (environment.machine === null) return null;
    const config = parseConfig({}, {});
    const place = placeOf(environment, variables, config.run, { bind: '' });
    const { folder, workload } = place;
    const others = Array.from({ length: mostProcesses - 1 }, (_, one) => place.other(one + 1));
    const exporting = exportingOf(environment, variables, config, place, () => patience);
    const steps = [
      ...[workload, ...others.map((one) => one.workload)].map(({ remove }) => remove),
      exporting.end,
    ];
    for (const step of [...steps, () => rm(folder, { recursive: true, force: true })])
      try {
        await step();
      } catch (problem) {
        const why = problem instanceof Error ? problem.message : String(problem);
        tell(`remove: something of PgBouncer stays on this machine (${why}); remove it by hand`);
      }
    return null;
  });

/** Milliseconds for what keeps the exporter to end it. */
const patience = 10_000;

async function isThere(program: string): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const failed = (call: string, why: string): never =>
  halt<HookError>({ _tag: 'ModelUnusable', class: 'broken', call, why });
