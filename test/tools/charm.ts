/** Builds the charm: what `charmcraft pack` packs, and what the tests run. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import {
  charmcraft,
  configuration,
  dispatchScript,
  icon,
  metadata,
  readme,
  type Substrate,
} from './charm-files.ts';
import { licenses } from './charm-licenses.ts';
import type { ShippedNode } from './charm-node.ts';

export interface CharmOptions {
  readonly substrate: Substrate;
  readonly node: ShippedNode;
  /** A charm that is packed holds a copy of this Node; one that is only run here may point to it. */
  readonly runtime: 'copy' | 'link';
}

/** Lays a charm out in a folder, which is emptied first; gives the size of the bundle in bytes. */
export async function buildCharm(
  folder: string,
  { substrate, node, runtime }: CharmOptions,
): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const bundle = await build({
    entryPoints: ['src/pgbouncer/charm/entry.ts'],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: `node${node.version}`,
    external: ['pg-native'],
    // The same library, in the form of which only what is used goes into the bundle.
    alias: Object.fromEntries(
      ['Either', 'TaskEither'].map((name) => [`fp-ts/lib/${name}.js`, `fp-ts/es6/${name}.js`]),
    ),
    legalComments: 'none',
    outfile: join(folder, 'hookchart.cjs'),
    metafile: true,
    logLevel: 'warning',
  });
  const texts = {
    LICENSE: readFileSync('LICENSE', 'utf8'),
    'README.md': readme(substrate),
    'charmcraft.yaml': charmcraft(substrate, node.architecture),
    'config.yaml': configuration(),
    dispatch: dispatchScript(),
    'icon.svg': icon(),
    'licenses.txt': licenses(Object.keys(bundle.metafile.inputs), node),
    'metadata.yaml': metadata(substrate),
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  for (const program of ['dispatch', 'hookchart.cjs']) chmodSync(join(folder, program), 0o755);
  const copy = join(folder, 'node');
  if (runtime === 'link') symlinkSync(node.program, copy);
  else {
    copyFileSync(node.program, copy);
    chmodSync(copy, 0o755);
  }
  return Object.values(bundle.metafile.outputs)[0]?.bytes ?? 0;
}
