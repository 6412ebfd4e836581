/** That one process at a time works in a folder: a file with its number, which is never there without it. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Misuse } from '../../testing/index.ts';

/** The name of the file; others of a lock's begin with it. */
export const lockFile = 'lock';

/** Takes the lock of a folder, and gives what lets go of it. `Misuse` says who has it. */
export function takeLock(folder: string): () => void {
  const file = join(folder, lockFile);
  if (!isTaken(file)) {
    const holder = holderOf(file);
    if (holder !== null && isRunning(holder)) throw inUse(folder, holder);
    discard(file, holder);
    // Somebody else may have found it as stale as this one has.
    if (!isTaken(file)) throw inUse(folder, holderOf(file));
  }
  return () => rmSync(file, { force: true });
}

const inUse = (folder: string, holder: number | null) =>
  new Misuse(
    `another command${holder === null ? '' : ` (process ${holder})`} is at work on ${folder}`,
  );

/** Whether this process has it now. A link is made with all of its file, or not at all. */
function isTaken(file: string): boolean {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Who has it; null where nobody has, or what is there is no lock. */
function holderOf(file: string): number | null {
  try {
    return Number(readFileSync(file, 'utf8')) || null;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Takes away what a process has left that is gone; a lock that was taken meanwhile is put back. */
function discard(file: string, holder: number | null): void {
  const aside = join(dirname(file), `${basename(file)}.stale.${process.pid}`);
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  if (holderOf(aside) === holder) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

function isRunning(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    // It runs, and is somebody else's.
    return isCode(error, 'EPERM');
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
