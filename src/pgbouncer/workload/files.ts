import { randomBytes } from 'node:crypto';
import type { Dirent } from 'node:fs';
import {
  chown,
  lchown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { numbersOf } from './usable.ts';
import { type Files, WorkloadProblem } from './workload.ts';

/** A file that could not be read or written. */
export class FileProblem extends Error {
  readonly path: string;
  readonly code: string;
  constructor(path: string, cause: unknown) {
    const code = (cause as { code?: unknown } | null)?.code;
    super(`${path}: ${String(code)}`);
    this.path = path;
    this.code = typeof code === 'string' ? code : String(cause);
  }
}

/** The content of a file; null where there is none. */
async function contentOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ENOENT') return null;
    throw new FileProblem(path, cause);
  }
}

/**
 * Replaces a file whole: a new one beside it, then a rename. PgBouncer tells a changed userlist by
 * inode, size and whole seconds, so a file rewritten in place may never be read again. The owner
 * is the folder's, for the process that reads it seldom runs as the one that writes it.
 */
async function replaceFile(path: string, content: string | null): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    if (content === null) return await rm(path, { force: true });
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
    if (process.getuid?.() === 0) {
      const { uid, gid } = await stat(dirname(path));
      await chown(temporary, uid, gid);
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new FileProblem(path, cause);
  }
}

/** How the new file beside another one is called, until it takes its place; logs have dates there. */
const leftover = /^(.+)(?<!\.log)\.[0-9a-f]{12}$/;

/** Removes what killed hooks have left beside these files; beside any, where none is named. */
export async function tidyFolder(folder: string, beside?: readonly string[]): Promise<void> {
  let entries: readonly Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ENOENT') return;
    throw new FileProblem(folder, cause);
  }
  for (const entry of entries) {
    const { name } = entry;
    const [, file] = leftover.exec(name) ?? [];
    if (!entry.isFile() || file === undefined || beside?.includes(file) === false) continue;
    const path = join(folder, name);
    await rm(path, { force: true }).catch((cause: unknown) => {
      throw new FileProblem(path, cause);
    });
  }
}

/** Files of this machine. */
export const localFiles: Files = {
  read: contentOf,
  replace: replaceFile,
  tidy: (folder) => tidyFolder(folder),
};

/** Files of this machine in a folder that a user of it owns, who may be made to wait for it. */
export const filesOf = (user: string): Files => ({
  ...localFiles,
  replace: async (path, content) => {
    if (content !== null) await makeFolder(dirname(path), user);
    await replaceFile(path, content);
  },
});

async function makeFolder(folder: string, user: string): Promise<void> {
  try {
    await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
    await mkdir(folder, { mode: 0o700 }).catch(unlessThere);
    // A folder that root owns was made here, in this hook or in one that was lost before this line.
    if (process.getuid?.() !== 0 || (await stat(folder)).uid !== 0) return;
    const { uid, gid } = await numbersOf(user);
    await chown(folder, uid, gid);
  } catch (cause) {
    if (cause instanceof WorkloadProblem) throw cause;
    throw new FileProblem(folder, cause);
  }
}

/** Gives a folder, and the files in it, to another user of this machine. */
export async function handOver(folder: string, user: string): Promise<void> {
  const { uid, gid } = await numbersOf(user);
  try {
    if (process.getuid?.() !== 0 || (await stat(folder)).uid === uid) return;
    // Not what a link leads to: the folder's user may have made it.
    for (const name of await readdir(folder)) await lchown(join(folder, name), uid, gid);
    // The last of all, by which it is known that this is done.
    await chown(folder, uid, gid);
  } catch (cause) {
    throw new FileProblem(folder, cause);
  }
}

function unlessThere(cause: unknown): void {
  if ((cause as { code?: unknown }).code !== 'EEXIST') throw cause;
}
