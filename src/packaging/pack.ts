/** Lays a charm out in a folder: what `charmcraft pack` packs, and what the tests run. */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instead } from '../hook/index.ts';
import { subjectOf } from '../juju/hook-tools/hook-names.ts';
import { bundle } from './bundle.ts';
import { dispatchScript, idleHooks } from './dispatch-script.ts';
import { licenses } from './licenses.ts';
import { PackingFailed } from './packing-failed.ts';
import { bundleName, type Copying, type Runtime } from './runtime.ts';
import type { CharmSource } from './source.ts';
import {
  charmcraftFor,
  charmcraftOf,
  everyFile,
  type Metadata,
  madeFor,
  metadataOf,
  textsIn,
} from './texts.ts';

export interface PackOptions {
  readonly runtime: Runtime;
  readonly copying: Copying;
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
  { folders, named, heard, own, program, isIdle }: CharmSource,
  folder: string,
  { runtime, copying }: PackOptions,
): Promise<Packed> {
  const texts = textsIn(folders);
  const metadata = metadataOf(texts, folders[0] ?? '.');
  const unknown = named.filter((endpoint) => !metadata.endpoints.includes(endpoint));
  if (unknown.length > 0)
    throw new PackingFailed(
      `the charm's endpoints name ${unknown.join(', ')}, which metadata.yaml has not: add it under peers, provides or requires`,
    );
  for (const hook of heard) refuseUncalled(hook, metadata);
  const made = madeFor(runtime);
  const files = [...Object.keys(texts).filter((name) => !generated.test(name)), ...made];
  const charmcraft =
    texts['charmcraft.yaml'] ?? charmcraftFor(metadata, runtime.architecture, files.sort());
  const idle = idleHooks(isIdle, metadata.endpoints, metadata.containers);
  const written: Record<string, string> = {
    ...texts,
    'charmcraft.yaml': charmcraftOf(charmcraft, runtime.architecture, made),
    dispatch: dispatchScript(idle, runtime.call),
  };
  empty(folder);
  const bundled = join(folder, bundleName);
  const { bytes, inputs } = await bundle(program, bundled, { node: runtime.node, minify: true });
  written['licenses.txt'] = licenses(inputs, own, runtime);
  for (const [name, text] of Object.entries(written)) writeFileSync(join(folder, name), text);
  for (const file of [join(folder, 'dispatch'), bundled]) chmodSync(file, 0o755);
  runtime.install(bundled, folder, copying);
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

/** Juju calls no hook of what `metadata.yaml` does not name: it would be waited for in vain. */
function refuseUncalled(hook: string, { endpoints, storages, containers }: Metadata): void {
  const subject = subjectOf(hook);
  if (subject === null) return;
  const named = {
    relation: { what: 'endpoint', names: endpoints },
    storage: { what: 'storage', names: storages },
    pebble: { what: 'container', names: containers },
  };
  const { what, names } = named[subject.kind];
  // Every charm has this endpoint, whether or not it says so.
  if (names.includes(subject.name) || subject.name === 'juju-info') return;
  throw new PackingFailed(
    `the charm's events name ${hook}, and metadata.yaml has no ${what} "${subject.name}": say ${instead(subject.name, names)}, or add it there`,
  );
}

/** Texts that charmcraft itself puts into a charm. */
const generated = /^(actions|charmcraft|config|metadata)\.yaml$/;

/** A folder is emptied only of what packing puts there, and only where that was done before. */
function empty(folder: string): void {
  const found = existsSync(folder) ? readdirSync(folder) : [];
  if (found.length > 0 && !(found.includes('dispatch') && found.includes('licenses.txt')))
    throw new PackingFailed(
      `${folder} holds ${found[0]}, and is no charm that was packed before: name a folder of its own with --out`,
    );
  for (const name of everyFile) rmSync(join(folder, name), { force: true });
  mkdirSync(folder, { recursive: true });
}
