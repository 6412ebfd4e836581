/** What a charm is run by. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PackingFailed } from './packing-failed.ts';

export interface Runtime {
  readonly name: 'Bun' | 'Node';
  readonly version: string;
  /** What it runs on, in Debian's word. */
  readonly architecture: string;
  /** The terms of the runtime and of all that is in it. */
  readonly terms: string;
  /** The version of Node whose language and library it has. */
  readonly node: string;
  /** What it puts into a charm, the program that `dispatch` calls last. */
  readonly files: readonly string[];
  /** The last lines of `dispatch`. */
  readonly call: string;
  /** Puts a runnable program into a charm whose bundle is there. */
  readonly install: (bundle: string, folder: string, how: Copying) => void;
}

/** A charm that is packed holds a copy of its runtime; one that is only run here may point to it. */
export type Copying = 'copy' | 'link';

/** What esbuild makes of the charm's program. */
export const bundleName = 'hookchart.cjs';

/** The words for the architectures that runtimes are pinned for, by those of Debian and Juju. */
const cpus: Readonly<Record<string, string>> = { amd64: 'x64', arm64: 'arm64' };

/** Debian's words for architectures that Node calls otherwise. */
const debian: Readonly<Record<string, string>> = { x64: 'amd64', ppc64: 'ppc64el' };

/** The architecture of this machine, in Debian's word. */
export const here = debian[process.arch] ?? process.arch;

/** A package of npm that brings a program, pinned in a manifest of its own. */
export interface Pinned {
  readonly of: 'bun' | 'node';
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

export const manifestOf = (of: Pinned['of']): string =>
  fileURLToPath(new URL(`pinned-${of}`, import.meta.url));

/** The program of a pinned package; npm brings it where it is not there yet. */
export function pinnedProgram({ of, name, version, architecture }: Pinned): string {
  const home = join(cache(), `charm-${of}-${version}-${architecture}`);
  const program = join(home, 'node_modules', name, 'bin', of);
  if (!existsSync(program)) install(of, home, cpuOf(architecture) ?? architecture);
  if (!existsSync(program))
    throw new PackingFailed(
      `npm did not bring ${name} ${version}; \`npm ci\` in ${manifestOf(of)} says why`,
    );
  return program;
}

/** npm's word for an architecture; undefined where nothing is pinned for it. */
export const cpuOf = (architecture: string): string | undefined => cpus[architecture];

/** Debian's words for all that runtimes are pinned for. */
export const pinnedFor = Object.keys(cpus);

/** In the packages of a project, where there are any, or else in the home of who packs. */
function cache(): string {
  const packages = resolve('node_modules');
  return existsSync(packages)
    ? join(packages, '.cache', 'hookchart')
    : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hookchart');
}

/** Installs beside and then renames, for others may do the same at the same time. */
function install(of: Pinned['of'], home: string, cpu: string): void {
  mkdirSync(dirname(home), { recursive: true });
  const fresh = mkdtempSync(`${home}.`);
  try {
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(join(manifestOf(of), file), join(fresh, file));
    const platform = ['--os=linux', `--cpu=${cpu}`, '--libc=glibc'];
    execFileSync('npm', ['ci', ...platform, '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: fresh,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    renameSync(fresh, home);
  } catch (error) {
    if (!existsSync(home)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
