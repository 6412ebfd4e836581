/** What this machine must have before PgBouncer can be run on it. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';
import { WorkloadProblem } from './workload.ts';

const run = promisify(execFile);

/** Found out before a process is ended: that it could not be started anew is an operator's matter. */
export async function programIsThere(program: string): Promise<void> {
  try {
    await access(program, constants.X_OK);
  } catch {
    throw new WorkloadProblem(
      `there is no program ${program} that could be run: install PgBouncer, or set pgbouncer-program to where it is`,
      'operator',
    );
  }
}

/** The numbers of a user of this machine. */
export async function numbersOf(user: string): Promise<{ uid: number; gid: number }> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, user])));
    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
  } catch {
    throw new WorkloadProblem(
      `there is no user ${user} on this machine: make it, or set pgbouncer-user to one that is there`,
      'operator',
    );
  }
}
