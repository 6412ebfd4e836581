/** Files that come with a charm, which `resource-get` finds. */
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Misuse, ToolError } from '../testing/index.ts';
import type { Description } from './description.ts';

/** By the resource's name. */
export type Files = Readonly<Record<string, string>>;

/** Gives a charm the files of its resources; `Misuse` where it has none of a name, or a file is not there. */
export function withResources(charm: Description, files: Files): Description {
  const resources = { ...charm.resources };
  for (const [name, file] of Object.entries(files)) {
    if (!(name in resources))
      throw new Misuse(
        `${charm.name} has no resource ${name}; it has ${Object.keys(resources).join(', ') || 'none'}`,
      );
    if (!statSync(file, { throwIfNoEntry: false })?.isFile())
      throw new Misuse(`there is no file ${file} for the resource ${name}`);
    resources[name] = resolve(file);
  }
  return { ...charm, resources };
}

/** Where a unit has its own copy of a resource, made anew for whoever asks: a charm may have changed it. */
export function fetched(
  { name: charm, resources }: Description,
  name: string,
  into: string,
): string {
  const refused = (why: string) =>
    new ToolError('resource-get', 1, `could not download resource: ${why}`);
  const file = Object.hasOwn(resources, name) ? resources[name] : undefined;
  if (file === undefined) throw refused(`${charm} has no resource ${name}`);
  if (file === null)
    throw refused(`nobody has given a file for ${name}: give one with --resource ${name}=FILE`);
  const folder = join(into, name);
  mkdirSync(folder, { recursive: true });
  const copy = join(folder, basename(file));
  copyFileSync(file, copy);
  return copy;
}
