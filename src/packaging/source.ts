/** What a charm is packed of. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface CharmSource {
  /** Where `metadata.yaml` and its like are; what stands in two of them is taken from the first. */
  readonly folders: readonly string[];
  /** The folder of the charm's own package; null where it is in none. */
  readonly own: string | null;
  /** The endpoints that the charm itself names; `metadata.yaml` has to have them. */
  readonly named: readonly string[];
  /** The hooks that the charm names; none where a function handles them, which knows them with the event. */
  readonly heard: readonly string[];
  /** The module that its process runs, as a text; what it imports is named by absolute paths. */
  readonly program: string;
  /** Whether a hook is nothing to the charm, unless a deferred one waits: then its program is not started. */
  readonly isIdle: (hook: string) => boolean;
}

/** A package, by its folder: the nearest one above a file that has a name. */
export interface Package {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string | null;
}

/** The package to which a file belongs; null for a file of none. */
export function packageOf(file: string): Package | null {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8'));
    // Some packages have folders whose manifests only say how their files are to be read.
    if (typeof name === 'string')
      return { folder, name, version: String(version ?? ''), license: license ?? null };
  }
  return null;
}

/** A file of this package beside this one's folder, as it is run: from the sources, or built. */
export const ownFile = (path: string): string => {
  const here = fileURLToPath(import.meta.url);
  const built = here.endsWith('.ts') ? path : path.replace(/\.ts$/, '.js');
  return fileURLToPath(new URL(`../${built}`, import.meta.url));
};
