/** Builds the charm: what `charmcraft pack` packs, and what the tests run. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { charmcraft, configuration, dispatchScript, metadata } from './charm-files.ts';

export interface CharmOptions {
  readonly substrate: 'kubernetes' | 'machine';
  /** A charm that is packed holds a copy of this Node; one that is only run here may point to it. */
  readonly runtime: 'copy' | 'link';
}

/** Lays a charm out in a folder, which is emptied first; gives the size of the bundle in bytes. */
export async function buildCharm(
  folder: string,
  { substrate, runtime }: CharmOptions,
): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const bundle = await build({
    entryPoints: ['src/charm/entry.ts'],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
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
    'charmcraft.yaml': charmcraft(substrate),
    'metadata.yaml': metadata(substrate),
    'config.yaml': configuration(),
    dispatch: dispatchScript(),
    'licenses.txt': licenses(Object.keys(bundle.metafile.inputs)),
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  chmodSync(join(folder, 'dispatch'), 0o755);
  const node = join(folder, 'node');
  if (runtime === 'link') symlinkSync(process.execPath, node);
  else {
    copyFileSync(process.execPath, node);
    chmodSync(node, 0o755);
  }
  return Object.values(bundle.metafile.outputs)[0]?.bytes ?? 0;
}

/** The terms of whatever went into the bundle, as its packages state them, and of Node. */
function licenses(inputs: readonly string[]): string {
  const packages = new Set(
    inputs.flatMap((input) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  );
  const texts = [...packages].sort().map((folder) => {
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
    return `${name} ${version}, ${license}\n${text}`;
  });
  const node = `Node ${process.version}: https://github.com/nodejs/node/blob/${process.version}/LICENSE\n`;
  return [...texts, node].join('\n\n');
}
