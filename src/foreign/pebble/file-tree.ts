/**
 * The files of one container, as plain data that a world can keep: each change gives another tree. What
 * the image brings is what somebody says of it; without that, the folders that every Linux has.
 */
import { createHash } from 'node:crypto';

/** Whose a file is; who is named is not looked up, since the image is not known. */
export interface Owner {
  readonly user: string;
  readonly group: string;
}

/** One entry of a folder. */
export interface Entry extends Owner {
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  /** What is in a file; where a symlink leads. */
  readonly bytes: Buffer;
  readonly hash: string;
}

/** What Pebble says of a path that it cannot do something with. */
export class PathRefused extends Error {
  override readonly name = 'PathRefused';
  readonly kind: 'not-found' | 'generic-file-error' | 'permission-denied';

  constructor(kind: PathRefused['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

const nothing = Buffer.alloc(0);
const root: Owner = { user: 'root', group: 'root' };

/** An entry as it is made, with the sign by which it is told from others. */
export const entry = (
  kind: Entry['kind'],
  mode: number,
  { user, group }: Owner = root,
  bytes: Buffer = nothing,
): Entry => ({
  kind,
  mode,
  user,
  group,
  bytes,
  hash: bytes.length === 0 ? '' : createHash('sha1').update(bytes).digest('base64'),
});

const folders = [
  ...['/', '/bin', '/dev', '/etc', '/home', '/lib', '/lib64', '/media', '/mnt', '/opt', '/proc'],
  ...['/root', '/run', '/sbin', '/srv', '/sys', '/tmp', '/usr', '/usr/bin', '/usr/lib'],
  ...['/usr/local', '/usr/local/bin', '/usr/local/lib', '/usr/sbin', '/usr/share', '/var'],
  ...['/var/cache', '/var/lib', '/var/log', '/var/run', '/var/tmp'],
];

type Entries = ReadonlyMap<string, Entry>;

/** What the image brings beside what each one has, what is not as the image has it, and what of it is gone. */
interface TreeParts {
  readonly image: readonly (readonly [string, Entry])[];
  readonly made: readonly (readonly [string, Entry])[];
  readonly gone: readonly string[];
}

/** Folders that every image has. */
const standard: Entries = new Map(
  folders.map((path) => [path, entry('directory', path.endsWith('tmp') ? 0o1777 : 0o755)]),
);

export class FileTree {
  readonly #entries: Entries;
  /** What there was before anything was done to it. */
  readonly #image: Entries;

  constructor(entries: Entries = standard, image: Entries = standard) {
    this.#entries = entries;
    this.#image = image;
  }

  /** The tree of an image that brings these. */
  static ofImage(brought: Iterable<readonly [string, Entry]>): FileTree {
    const image = new Map([...standard, ...brought]);
    return new FileTree(image, image);
  }

  /** The tree that has these parts. */
  static ofParts({ image, made, gone }: TreeParts): FileTree {
    const whole = FileTree.ofImage(image).with(made);
    const left = new Set(gone);
    return left.size === 0
      ? whole
      : whole.having(new Map([...whole.entries()].filter(([path]) => !left.has(path))));
  }

  /** What its image brings, and nothing else. */
  fresh(): FileTree {
    return new FileTree(this.#image, this.#image);
  }

  /** What it is made of, to be kept. */
  parts(): TreeParts {
    const image = [...this.#image].filter(([path, one]) => standard.get(path) !== one);
    return { image, made: this.made(), gone: this.#gone() };
  }

  /** A tree that has these as well. */
  with(more: Iterable<readonly [string, Entry]>): FileTree {
    return this.having(new Map([...this.#entries, ...more]));
  }

  /** What has become of this one, as a program leaves it. */
  having(entries: Entries): FileTree {
    return new FileTree(entries, this.#image);
  }

  get(path: string): Entry | undefined {
    return this.#entries.get(clean(path));
  }

  entries(): Iterable<readonly [string, Entry]> {
    return this.#entries;
  }

  /** What a path leads to once links are followed; `PathRefused` where nothing is there. */
  read(path: string): Buffer {
    const found = this.#followed('open', path);
    if (found.kind === 'directory')
      throw new PathRefused('generic-file-error', `can only read a regular file: "${path}"`);
    return found.bytes;
  }

  /** The entries of a folder, by name; the entry itself of a file, or where it is asked for. */
  list(path: string, isItself: boolean): readonly (readonly [string, Entry])[] {
    const at = clean(path);
    const found = this.#followed('stat', path);
    if (found.kind !== 'directory' || isItself) return [[at, this.#entries.get(at) ?? found]];
    return this.#inside(at).sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** Puts a file there, over one that was there. */
  write(path: string, bytes: Buffer, mode: number, owner: Owner, makesFolders: boolean): FileTree {
    const at = clean(path);
    const next = makesFolders ? this.#withFolders(parentOf(at), owner) : this;
    next.#mustBeFolder('open', path, parentOf(at));
    if (this.#entries.get(at)?.kind === 'directory')
      throw new PathRefused('generic-file-error', `open ${path}: is a directory`);
    return next.with([[at, entry('file', mode, owner, bytes)]]);
  }

  makeFolder(path: string, mode: number, owner: Owner, makesParents: boolean): FileTree {
    const at = clean(path);
    const there = this.#entries.get(at);
    if (there !== undefined) {
      if (makesParents && there.kind === 'directory') return this;
      throw new PathRefused('generic-file-error', `mkdir ${path}: file exists`);
    }
    const next = makesParents ? this.#withFolders(parentOf(at), owner) : this;
    next.#mustBeFolder('mkdir', path, parentOf(at));
    return next.with([[at, entry('directory', mode, owner)]]);
  }

  remove(path: string, isRecursive: boolean): FileTree {
    const at = clean(path);
    const inside = this.#below(at);
    if (!isRecursive && this.#entries.get(at) === undefined)
      throw new PathRefused('not-found', `remove ${path}: no such file or directory`);
    if (!isRecursive && inside.length > 0)
      throw new PathRefused('generic-file-error', `remove ${path}: directory not empty`);
    const gone = new Set([at, ...inside.map(([one]) => one)]);
    return this.having(new Map([...this.#entries].filter(([one]) => !gone.has(one))));
  }

  /** What is at these paths and below them, as of a volume that outlives the rest. */
  below(paths: readonly string[]): readonly (readonly [string, Entry])[] {
    return paths.flatMap((path) => this.#below(clean(path)));
  }

  /** The same for the same files: what the image has not, and what of it is gone. */
  toJSON(): Readonly<Record<string, string>> {
    const made = this.made();
    return Object.fromEntries(
      [
        ...made.map(([path, { kind, mode, user, group, hash }]): [string, string] => [
          path,
          [kind, mode.toString(8), user, group, hash].join(' '),
        ]),
        ...this.#gone().map((path): [string, string] => [path, 'gone']),
      ].sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  }

  /** What is not as the image has it. */
  made(): readonly (readonly [string, Entry])[] {
    return [...this.#entries].filter(([path, one]) => this.#image.get(path) !== one);
  }

  #gone(): readonly string[] {
    return [...this.#image.keys()].filter((path) => !this.#entries.has(path));
  }

  #below(path: string): readonly (readonly [string, Entry])[] {
    const start = path === '/' ? '/' : `${path}/`;
    return [...this.#entries].filter(([one]) => one !== path && one.startsWith(start));
  }

  #inside(path: string): (readonly [string, Entry])[] {
    return this.#below(path).filter(([one]) => parentOf(one) === path);
  }

  #followed(doing: string, path: string): Entry {
    let at = clean(path);
    for (let links = 0; links < 40; links++) {
      const found = this.#entries.get(at);
      if (found === undefined) break;
      if (found.kind !== 'symlink') return found;
      const target = found.bytes.toString();
      at = clean(target.startsWith('/') ? target : `${parentOf(at)}/${target}`);
    }
    throw new PathRefused('not-found', `${doing} ${path}: no such file or directory`);
  }

  #mustBeFolder(doing: string, path: string, folder: string): void {
    const found = this.#entries.get(folder);
    if (found === undefined)
      throw new PathRefused('not-found', `${doing} ${path}: no such file or directory`);
    if (found.kind === 'file')
      throw new PathRefused('generic-file-error', `${doing} ${path}: not a directory`);
  }

  #withFolders(path: string, owner: Owner): FileTree {
    if (this.#entries.has(path)) return this;
    const above = this.#withFolders(parentOf(path), owner);
    return above.with([[path, entry('directory', 0o755, owner)]]);
  }
}

/** A path without what leads nowhere; `PathRefused` where it does not begin at the root. */
function clean(path: string): string {
  if (!path.startsWith('/'))
    throw new PathRefused('generic-file-error', `paths must be absolute, got "${path}"`);
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
