/** A program and all that it imports in one file, by esbuild, which whoever packs brings. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PackingFailed } from './packing-failed.ts';
import { packageOf } from './source.ts';

export interface Bundle {
  readonly bytes: number;
  /** The files that are in it. */
  readonly inputs: readonly string[];
}

const own = packageOf(fileURLToPath(import.meta.url))?.folder ?? '.';

/** Writes a bundle to a file. `PackingFailed` where esbuild is missing, or objects. */
export async function bundle(
  program: string,
  file: string,
  { node, minify }: { readonly node: string; readonly minify: boolean },
): Promise<Bundle> {
  const { build } = await import('esbuild').catch(missing);
  const built = await build({
    stdin: { contents: program, resolveDir: own, sourcefile: 'charm-process.js' },
    absWorkingDir: own,
    bundle: true,
    minify,
    platform: 'node',
    format: 'cjs',
    target: `node${node}`,
    external: ['pg-native'],
    // Of modules only what is used goes into the bundle; for Node esbuild would take CommonJS first.
    mainFields: ['module', 'main'],
    // The same library, in the form of which only what is used goes into the bundle.
    alias: Object.fromEntries(
      ['Either', 'TaskEither'].map((name) => [`fp-ts/lib/${name}.js`, `fp-ts/es6/${name}.js`]),
    ),
    legalComments: 'none',
    outfile: resolve(file),
    metafile: true,
    logLevel: 'silent',
  }).catch((cause: unknown) => {
    throw new PackingFailed(`esbuild cannot bundle it: ${messagesOf(cause)}`);
  });
  return {
    bytes: Object.values(built.metafile.outputs)[0]?.bytes ?? 0,
    inputs: Object.keys(built.metafile.inputs).map((input) => resolve(own, input)),
  };
}

/** What a module exports, once it and all that it imports are bundled as they are in a charm. */
export async function bundledExports(module: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-module-'));
  const file = join(folder, 'module.cjs');
  try {
    const { node } = process.versions;
    await bundle(`export * from ${JSON.stringify(module)};`, file, { node, minify: false });
    return createRequire(join(dirname(module), 'x.js'))(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function missing(cause: unknown): never {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')
    throw new PackingFailed(
      'a charm is bundled by esbuild, which is not installed: `npm install --save-dev esbuild@0.28.2`, then pack again',
    );
  throw cause;
}

interface Message {
  readonly text: string;
  readonly location: { readonly file: string; readonly line: number } | null;
}

function messagesOf(cause: unknown): string {
  const errors = (cause as { readonly errors?: readonly Message[] }).errors ?? [];
  const told = errors.map(({ text, location }) =>
    location === null ? text : `${location.file}:${location.line}: ${text}`,
  );
  return told.length === 0 ? String(cause) : told.join('; ');
}
