/** Lays a charm out in a folder: what `charmcraft pack` packs, and what the tests run. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { dispatchScript, idleHooks } from './dispatch-script.ts';
import { licenses } from './licenses.ts';
import type { ShippedNode } from './node.ts';
import { PackingFailed } from './packing-failed.ts';
import type { CharmSource } from './source.ts';
import { charmcraftFor, charmcraftOf, everyFile, made, metadataOf, textsIn } from './texts.ts';

export interface PackOptions {
  readonly node: ShippedNode;
  /** A charm that is packed holds a copy of this Node; one that is only run here may point to it. */
  readonly runtime: 'copy' | 'link';
}

export interface Packed {
  readonly name: string;
  /** Of the bundle. */
  readonly bytes: number;
  /** What is to be said of files that were missing, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Packs a charm into a folder, in place of what an earlier one has left there. `PackingFailed`
 * where the folder holds something else, or where a part of the charm is not as it has to be.
 */
export async function packCharm(
  { folders, named, own, program, isIdle }: CharmSource,
  folder: string,
  { node, runtime }: PackOptions,
): Promise<Packed> {
  const texts = textsIn(folders);
  const metadata = metadataOf(texts, folders[0] ?? '.');
  const unknown = named.filter((endpoint) => !metadata.endpoints.includes(endpoint));
  if (unknown.length > 0)
    throw new PackingFailed(
      `the charm's endpoints name ${unknown.join(', ')}, which metadata.yaml has not: add it under peers, provides or requires`,
    );
  const files = [...Object.keys(texts).filter((name) => !generated.test(name)), ...made];
  const charmcraft =
    texts['charmcraft.yaml'] ?? charmcraftFor(metadata, node.architecture, files.sort());
  const idle = idleHooks(isIdle, metadata.endpoints, metadata.containers);
  const written: Record<string, string> = {
    ...texts,
    'charmcraft.yaml': charmcraftOf(charmcraft, node.architecture),
    dispatch: dispatchScript(idle),
  };
  empty(folder);
  const { bytes, inputs } = await bundle(program, join(folder, 'hookchart.cjs'), {
    node: node.version,
    minify: true,
  });
  written['licenses.txt'] = licenses(inputs, own, node);
  for (const [name, text] of Object.entries(written)) writeFileSync(join(folder, name), text);
  for (const name of ['dispatch', 'hookchart.cjs']) chmodSync(join(folder, name), 0o755);
  const copy = join(folder, 'node');
  if (runtime === 'link') symlinkSync(node.program, copy);
  else {
    copyFileSync(node.program, copy);
    chmodSync(copy, 0o755);
  }
  const notes = [
    ...(texts['charmcraft.yaml'] === undefined
      ? ['there is no charmcraft.yaml, so one was made, for Ubuntu 22.04 and 24.04']
      : []),
    ...(texts['config.yaml'] === undefined
      ? ['there is no config.yaml, so the charm has no options']
      : []),
    ...(texts.LICENSE === undefined
      ? ['there is no LICENSE, so nothing says on which terms the charm may be used']
      : []),
  ];
  return { name: metadata.name, bytes, notes };
}

/** Texts that charmcraft itself puts into a charm. */
const generated = /^(actions|charmcraft|config|metadata)\.yaml$/;

/** A folder is emptied only of what packing puts there, and only where that was done before. */
function empty(folder: string): void {
  const found = existsSync(folder) ? readdirSync(folder) : [];
  if (found.length > 0 && !found.includes('hookchart.cjs'))
    throw new PackingFailed(
      `${folder} holds ${found[0]}, and is no charm that was packed before: name a folder of its own with --out`,
    );
  for (const name of everyFile) rmSync(join(folder, name), { force: true });
  mkdirSync(folder, { recursive: true });
}
