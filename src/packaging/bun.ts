/** The Bun that a charm is compiled with into one program: an official binary, pinned. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PackingFailed } from './packing-failed.ts';
import { cpuOf, here, manifestOf, pinnedFor, pinnedProgram, type Runtime } from './runtime.ts';

const pinned: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(manifestOf('bun'), 'package.json'), 'utf8'),
).optionalDependencies;

/** By Debian's word: Bun's for the target, and the package that holds it. */
const targets: Readonly<Record<string, readonly [target: string, name: string]>> = {
  // For any processor of that architecture; the other build needs those of 2013 and later.
  amd64: ['bun-linux-x64-baseline', '@oven/bun-linux-x64-baseline'],
  arm64: ['bun-linux-arm64', '@oven/bun-linux-aarch64'],
};

/** What a charm is called that is one program. */
const program = 'hookchart';

/**
 * Nothing that lies about where a hook runs decides anything, whoever wrote it: Bun would read
 * settings and variables from the folder that it is started in.
 */
const compiling = [
  ...['build', '--compile', '--bytecode', '--format=cjs'],
  ...['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'],
];

/**
 * A hook is over before code that is compiled while it runs, by threads of its own, has paid for
 * itself; what loops ten thousand times is compiled nevertheless. Options of JavaScriptCore, which
 * only its environment tells it; a Bun that does not know one says so and runs nothing.
 */
const settings = {
  BUN_JSC_thresholdForJITAfterWarmUp: 10_000,
  BUN_JSC_thresholdForJITSoon: 5_000,
  BUN_JSC_useDFGJIT: 0,
  BUN_JSC_numberOfGCMarkers: 1,
  // Bun reports its own crashes to its makers unless it is told not to.
  DO_NOT_TRACK: 1,
};
const environment = Object.entries(settings).map(([name, value]) => `${name}=${value}`);

/**
 * The pinned Bun, for charms of an architecture; npm brings it, and the one of this machine that
 * compiles, where they are not there yet. It starts a charm faster than Node does.
 */
export function shippedBun(architecture = here): Runtime {
  const [target, name] = targets[architecture] ?? [];
  const [, own = ''] = targets[here] ?? [];
  const version = pinned[name ?? ''];
  const builder = pinned[own];
  if (target === undefined || name === undefined || version === undefined)
    throw new PackingFailed(
      `no Bun is pinned for ${architecture}, only for ${pinnedFor.join(' and ')}: ship a Node, with --node FILE`,
    );
  if (builder === undefined || cpuOf(here) === undefined)
    throw new PackingFailed(
      `no Bun is pinned for this machine (${here}), only for ${pinnedFor.join(' and ')}: ship a Node, with --runtime node`,
    );
  const base = pinnedProgram({ of: 'bun', name, version, architecture });
  const compiler = pinnedProgram({ of: 'bun', name: own, version: builder, architecture: here });
  return {
    ...{ name: 'Bun', version, architecture, node: '24.0.0' },
    terms: readFileSync(join(manifestOf('bun'), 'terms.txt'), 'utf8'),
    files: [program],
    call: `${environment.join(' ')} exec ./${program}`,
    install: (bundle, folder) => {
      const { status, stderr, error } = spawnSync(
        compiler,
        [
          ...compiling,
          ...[`--target=${target}`, `--compile-executable-path=${base}`],
          ...[bundle, '--outfile', join(folder, program)],
        ],
        { encoding: 'utf8', env: { ...process.env, DO_NOT_TRACK: '1' } },
      );
      if (status !== 0)
        throw new PackingFailed(`Bun cannot compile it: ${error?.message ?? stderr.trim()}`);
      rmSync(bundle);
    },
  };
}
