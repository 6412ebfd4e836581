/** The Node that a charm can ship: an official binary, pinned, with its integrity in a lockfile. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { programIn } from './elf.ts';
import { PackingFailed } from './packing-failed.ts';
import {
  bundleName,
  cpuOf,
  here,
  manifestOf,
  pinnedFor,
  pinnedProgram,
  type Runtime,
} from './runtime.ts';

export interface ShippedNode extends Runtime {
  readonly program: string;
}

/** What the bases of a charm have: the C and C++ libraries of Ubuntu's smallest image. */
const inEveryBase =
  /^(lib(c|dl|m|pthread|rt|gcc_s|stdc\+\+)\.so\.\d+|ld-linux[-a-z0-9_]*\.so\.\d|ld64\.so\.\d)$/;

const instead = "give the binary of one of Node's releases";

/**
 * The manifest is a folder of its own, since its packages bring a command `node`: among the project's
 * own, every script of npm would run that one instead of the Node that the library is developed on.
 */
const pinned: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(manifestOf('node'), 'package.json'), 'utf8'),
).optionalDependencies;

/** The pinned Node for an architecture; npm brings it where it is not there yet. */
export function shippedNode(architecture = here): ShippedNode {
  const name = `node-linux-${cpuOf(architecture)}`;
  const version = pinned[name];
  if (version === undefined)
    throw new PackingFailed(
      `no Node is pinned for ${architecture}, only for ${pinnedFor.join(' and ')}: build there, or ${instead} with --node FILE`,
    );
  return inspectNode(pinnedProgram({ of: 'node', name, version, architecture }), architecture);
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
  return {
    ...{ name: 'Node', version, node: version, architecture, program },
    terms: readFileSync(terms, 'utf8'),
    files: [bundleName, 'node'],
    call: `# What a large ledger leaves behind is cleared away before it is much.
# Node keeps there what it has compiled, where it may write, and is quicker in the next hook.
NODE_COMPILE_CACHE="$PWD/compiled" exec ./node --max-semi-space-size=8 ./${bundleName}`,
    install: (_, folder, how) => {
      const copy = join(folder, 'node');
      if (how === 'link') return symlinkSync(program, copy);
      copyFileSync(program, copy);
      chmodSync(copy, 0o755);
    },
  };
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
