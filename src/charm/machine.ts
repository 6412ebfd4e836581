/** What a unit on a machine brings, and takes along when it goes. */
import { execFile } from 'node:child_process';
import { access, constants, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import type { Environment, Variables } from '../adapters/juju/index.ts';
import type { Attempt, HookError } from '../engine/index.ts';
import { isUnderSystemd, placeOf, programOf } from './place.ts';

const run = promisify(execFile);

/**
 * PgBouncer from the distribution, whose own service would take the port; a unit of Kubernetes has
 * it in its container's image.
 */
export const install =
  ({ machine }: Environment, variables: Variables): Attempt<null> =>
  async () => {
    if (machine === null) return E.right(null);
    const isMissing = !(await isThere(programOf(variables)));
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
        return failed(`${program} ${args.join(' ')}`, stderr?.trim() || message);
      }
    }
    return E.right(null);
  };

const fromDistribution = [
  ['apt-get', 'update', '-qq'],
  ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'pgbouncer'],
] as const;

/** Ends PgBouncer and removes its files, its logins among them. */
export const remove =
  (environment: Environment, variables: Variables): Attempt<null> =>
  async () => {
    if (environment.machine === null) return E.right(null);
    const { folder, workload } = placeOf(environment, variables, { bind: '' });
    try {
      await workload.remove();
      await rm(folder, { recursive: true, force: true });
    } catch (problem) {
      return failed('remove', problem instanceof Error ? problem.message : String(problem));
    }
    return E.right(null);
  };

async function isThere(program: string): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const failed = (call: string, why: string): E.Either<HookError, never> =>
  E.left({ _tag: 'ModelUnusable', class: 'broken', call, why });
