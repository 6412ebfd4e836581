/** What a container's image brings, from a folder that is laid out as its root. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Misuse } from '../../testing/index.ts';
import { type Description, describeCharm } from '../description.ts';
import { type Files, withResources } from '../resources.ts';
import { type Entry, entry, FileTree } from './file-tree.ts';

/** Files are kept in memory, and laid out anew for whatever is run on them. */
const mostBytes = 64 * 1024 * 1024;

/** All that is in a folder, as root's; `Misuse` where it is none, or is as large as a whole image. */
export function imageIn(folder: string): FileTree {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new Misuse(`there is no folder ${folder} with what an image brings`);
  const found: [string, Entry][] = [];
  let bytes = 0;
  const look = (inside: string): void => {
    for (const name of readdirSync(join(folder, inside)).sort()) {
      const path = `${inside}/${name}`;
      const file = join(folder, path);
      const stats = lstatSync(file);
      const take = (kind: Entry['kind'], content?: Buffer) =>
        found.push([path, entry(kind, stats.mode & 0o7777, undefined, content)]);
      if (stats.isDirectory()) {
        take('directory');
        look(path);
      } else if (stats.isSymbolicLink()) take('symlink', Buffer.from(readlinkSync(file)));
      else if (stats.isFile()) {
        bytes += stats.size;
        if (bytes > mostBytes)
          throw new Misuse(
            `${folder} holds more than ${mostBytes / 1024 / 1024} MiB: leave in it what the charm and its programs read`,
          );
        take('file', readFileSync(file));
      }
    }
  };
  look('');
  return FileTree.ofImage(found);
}

/** The charm in a folder, with what its images bring and the files of its resources; `Misuse` where one is of none that it has. */
export function charmAt({
  folder,
  images = {},
  resources = {},
}: {
  readonly folder: string;
  readonly images?: Readonly<Record<string, string>>;
  readonly resources?: Files;
}): Description {
  const charm = withImages(images)(describeCharm(folder));
  checkImages([charm], images);
  return withResources(charm, resources);
}

/** `Misuse` where an image is of no container of these charms. */
export function checkImages(
  charms: readonly Pick<Description, 'containers'>[],
  images: Readonly<Record<string, string>>,
): void {
  const names = charms.flatMap(({ containers }) => containers.map(({ name }) => name));
  const unknown = Object.keys(images).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Misuse(`there is no container ${unknown}; there is ${names.join(', ') || 'none'}`);
}

/** Has the containers of a charm begin with what is in these folders, by the container's name. */
export function withImages(
  folders: Readonly<Record<string, string>>,
): (charm: Description) => Description {
  const images = new Map(Object.entries(folders).map(([name, at]) => [name, imageIn(at)]));
  return (charm) => ({
    ...charm,
    containers: charm.containers.map((container) => {
      const image = images.get(container.name);
      return image === undefined ? container : { ...container, image };
    }),
  });
}
