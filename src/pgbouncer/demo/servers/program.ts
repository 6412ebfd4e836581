import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const places = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
] as const;

/**
 * The path of a program, which is also the name of its package; it is installed from the
 * distribution where it is missing and that can be done.
 */
export function findProgram(program: string, title: string): string {
  const found = lookFor(program);
  if (found !== null) return found;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (lookFor('apt-get') !== null) {
    process.stderr.write(`${title} is missing: installing it with apt-get …\n`);
    for (const command of [
      ['apt-get', 'update', '-qq'],
      ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', program],
    ]) {
      const [first = '', ...args] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command];
      spawnSync(first, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    }
  }
  const installed = lookFor(program);
  if (installed !== null) return installed;
  throw new Error(`${title} is missing: install it, e.g. with "sudo apt-get install ${program}"`);
}

function lookFor(program: string): string | null {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...places]) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}
