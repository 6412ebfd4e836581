/** The Node that a charm ships: an official binary, pinned, with its integrity in a lockfile. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programIn } from './elf.ts';
import { PackingFailed } from './packing-failed.ts';

export interface ShippedNode {
  readonly program: string;
  readonly version: string;
  /** What it runs on, in Debian's word. */
  readonly architecture: string;
  /** The terms of Node and of all that is in it. */
  readonly terms: string;
}

/** What the bases of a charm have: the C and C++ libraries of Ubuntu's smallest image. */
const inEveryBase =
  /^(lib(c|dl|m|pthread|rt|gcc_s|stdc\+\+)\.so\.\d+|ld-linux[-a-z0-9_]*\.so\.\d|ld64\.so\.\d)$/;

const instead = "give the binary of one of Node's releases";

/** Node's words for the architectures that a Node is pinned for, by those of Debian and Juju. */
const pinnedFor: Readonly<Record<string, string>> = { amd64: 'x64', arm64: 'arm64' };

/** Debian's words for architectures that Node calls otherwise. */
const debian: Readonly<Record<string, string>> = { x64: 'amd64', ppc64: 'ppc64el' };

/** The architecture of this machine, in Debian's word. */
export const here = debian[process.arch] ?? process.arch;

/**
 * A folder of its own, since its packages bring a command `node`: among the project's own, every
 * script of npm would run that one instead of the Node that the library is developed on.
 */
const manifest = fileURLToPath(new URL('pinned-node', import.meta.url));

const pinned: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(manifest, 'package.json'), 'utf8'),
).optionalDependencies;

/** The pinned Node for an architecture; npm brings it where it is not there yet. */
export function shippedNode(architecture = here): ShippedNode {
  const cpu = pinnedFor[architecture];
  const name = `node-linux-${cpu}`;
  const version = pinned[name];
  if (cpu === undefined || version === undefined)
    throw new PackingFailed(
      `no Node is pinned for ${architecture}, only for ${Object.keys(pinnedFor).join(' and ')}: build there, or ${instead} with --node FILE`,
    );
  const home = join(cache(), `charm-node-${version}-${architecture}`);
  const program = join(home, 'node_modules', name, 'bin', 'node');
  if (!existsSync(program)) install(home, cpu);
  if (!existsSync(program))
    throw new PackingFailed(
      `npm did not bring ${name} ${version}; \`npm ci\` in ${manifest} says why`,
    );
  return inspectNode(program, architecture);
}

/** In the packages of a project, where there are any, or else in the home of who packs. */
function cache(): string {
  const packages = resolve('node_modules');
  return existsSync(packages)
    ? join(packages, '.cache', 'hookchart')
    : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hookchart');
}

/** Installs beside and then renames, for others may do the same at the same time. */
function install(home: string, cpu: string): void {
  mkdirSync(dirname(home), { recursive: true });
  const fresh = mkdtempSync(`${home}.`);
  try {
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(join(manifest, file), join(fresh, file));
    const platform = ['--os=linux', `--cpu=${cpu}`];
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

/** Looks at a Node that a charm is to ship, and refuses one that would not run in it. */
export function inspectNode(path: string, wanted = here): ShippedNode {
  if (!existsSync(path)) throw new PackingFailed(`there is no ${path}: ${instead}`);
  const program = realpathSync(path);
  const found = programIn(program);
  if (found === null) throw new PackingFailed(`${path} is no program of Linux (ELF): ${instead}`);
  const { architecture, libraries } = found;
  if (architecture !== wanted)
    throw new PackingFailed(`${path} is for ${architecture}, and the charm is for ${wanted}`);
  const foreign = libraries.filter((library) => !inEveryBase.test(library));
  if (foreign.length > 0)
    throw new PackingFailed(
      `${path} is not self-contained: it needs ${foreign.join(', ')}, which is not there where a charm runs: ${instead}`,
    );
  const version = versionOf(program, architecture);
  const least = Number.parseInt(Object.values(pinned)[0] ?? '', 10);
  if (!(Number(/^(\d+)\.\d+\.\d+$/.exec(version)?.[1]) >= least))
    throw new PackingFailed(
      `${path} calls itself ${version}: the charm takes Node ${least} or later`,
    );
  const terms = join(dirname(dirname(program)), 'LICENSE');
  if (!existsSync(terms))
    throw new PackingFailed(`${path} comes without its terms: there is no ${terms}`);
  return { program, version, architecture, terms: readFileSync(terms, 'utf8') };
}

/** What a Node calls itself; one of another machine's is asked for the version of its package. */
function versionOf(program: string, architecture: string): string {
  if (process.platform === 'linux' && architecture === here) {
    const [line = ''] = execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n');
    return line.replace(/^v/, '');
  }
  const file = join(dirname(dirname(program)), 'package.json');
  return existsSync(file) ? String(JSON.parse(readFileSync(file, 'utf8')).version) : 'nothing here';
}
