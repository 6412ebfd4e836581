/** The Node that the charm ships: an official binary, pinned, with its integrity in a lockfile. */
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
import { dirname, join, resolve } from 'node:path';
import { programIn } from './charm-elf.ts';

export interface ShippedNode {
  readonly program: string;
  readonly version: string;
  /** What it runs on, in Debian's word. */
  readonly architecture: string;
  /** The terms of Node and of all that is in it. */
  readonly terms: string;
}

/** What the bases of the charm have: the C and C++ libraries of Ubuntu's smallest image. */
const inEveryBase =
  /^(lib(c|dl|m|pthread|rt|gcc_s|stdc\+\+)\.so\.\d+|ld-linux[-a-z0-9_]*\.so\.\d|ld64\.so\.\d)$/;

const instead = "give the binary of one of Node's releases";

/** Debian's words for architectures that Node calls otherwise. */
const debian: Readonly<Record<string, string>> = { x64: 'amd64', ppc64: 'ppc64el' };

/** What this machine builds for. */
const here = debian[process.arch] ?? process.arch;

/**
 * A folder of its own, since its packages bring a command `node`: among the project's own, every
 * script of npm would run that one instead of the Node that the library is developed on.
 */
const manifest = resolve('test', 'tools', 'charm-node');

const pinned: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(manifest, 'package.json'), 'utf8'),
).optionalDependencies;

/** The pinned Node for this machine's architecture; npm brings it where it is not there yet. */
export function shippedNode(): ShippedNode {
  const name = `node-${process.platform}-${process.arch}`;
  const version = pinned[name];
  if (version === undefined)
    throw new Error(
      `no Node is pinned for ${process.platform} on ${process.arch}, only ${Object.keys(pinned).join(' and ')}: build there, or ${instead} with --node FILE`,
    );
  const home = resolve('node_modules', '.cache', 'hookchart', `charm-node-${version}`);
  const program = join(home, 'node_modules', name, 'bin', 'node');
  if (!existsSync(program)) install(home);
  if (!existsSync(program))
    throw new Error(`npm did not bring ${name} ${version}; \`npm ci\` in ${manifest} says why`);
  return inspectNode(program);
}

/** Installs beside and then renames, for others may do the same at the same time. */
function install(home: string): void {
  mkdirSync(dirname(home), { recursive: true });
  const fresh = mkdtempSync(`${home}.`);
  try {
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(join(manifest, file), join(fresh, file));
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
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
export function inspectNode(path: string): ShippedNode {
  if (!existsSync(path)) throw new Error(`there is no ${path}: ${instead}`);
  const program = realpathSync(path);
  const found = programIn(program);
  if (found === null) throw new Error(`${path} is no program of Linux (ELF): ${instead}`);
  const { architecture, libraries } = found;
  if (architecture !== here)
    throw new Error(`${path} is for ${architecture}, and this machine builds for ${here}`);
  const foreign = libraries.filter((library) => !inEveryBase.test(library));
  if (foreign.length > 0)
    throw new Error(
      `${path} is not self-contained: it needs ${foreign.join(', ')}, which is not there where a charm runs: ${instead}`,
    );
  const [line = ''] = execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n');
  const version = line.replace(/^v/, '');
  const least = Number.parseInt(Object.values(pinned)[0] ?? '', 10);
  if (!(Number(/^(\d+)\.\d+\.\d+$/.exec(version)?.[1]) >= least))
    throw new Error(`${path} calls itself ${version}: the charm takes Node ${least} or later`);
  const terms = join(dirname(dirname(program)), 'LICENSE');
  if (!existsSync(terms)) throw new Error(`${path} comes without its terms: there is no ${terms}`);
  return { program, version, architecture, terms: readFileSync(terms, 'utf8') };
}
