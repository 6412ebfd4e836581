/** Projects as the program writes them, in an empty folder where its packages are installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The answer of `hookchart`, as it was built. */
export const hookchart = (cwd: string, ...args: string[]) =>
  spawnSync(process.execPath, [resolve('dist/src/cli/main.js'), ...args], {
    cwd,
    encoding: 'utf8',
  });

/** What `npm install` would put there: this package, and those that it was tested with. */
export function install(folder: string): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(modules, { recursive: true });
  symlinkSync(resolve('.'), join(modules, 'hookchart'));
  for (const name of ['typescript', 'vitest', '@types', 'esbuild'])
    symlinkSync(resolve('node_modules', name), join(modules, name));
}

/** Runs a program of an installed package. */
export const run = (cwd: string, script: string, ...args: string[]) =>
  spawnSync(process.execPath, [resolve('node_modules', script), ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });

export const tsc = 'typescript/bin/tsc';
export const vitest = 'vitest/vitest.mjs';

/** Writes a drawing into a folder; gives its path. */
export function drawing(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
