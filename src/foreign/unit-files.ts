/**
 * The files that a unit's charm has made in its own folder, as plain data: a hook finds those of its
 * world, whatever another one has left there. What came with the charm is copied, and is one of them
 * once a hook has changed it; what is large and nobody writes to is linked.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

interface OwnFile {
  readonly bytes: Buffer;
  readonly mode: number;
  readonly hash: string;
}

/** By path from the unit's folder; a world prints them without what a database keeps for itself. */
export class Files {
  readonly #files: ReadonlyMap<string, OwnFile>;

  constructor(files: ReadonlyMap<string, OwnFile> = new Map()) {
    this.#files = files;
  }

  get(path: string): Buffer | null {
    return this.#files.get(path)?.bytes ?? null;
  }

  entries(): Iterable<readonly [string, OwnFile]> {
    return this.#files;
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** The same for the same files, to the last byte. */
  key(): string {
    return [...this.#files].map(([path, { hash }]) => `${path} ${hash}`).join('\n');
  }

  /** SQLite counts each of its commits, so that its bytes never come to rest. */
  toJSON(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#files].map(([path, { bytes, hash }]) => [
        path,
        isDatabase(bytes) ? 'a database' : hash,
      ]),
    );
  }
}

const isDatabase = (bytes: Buffer): boolean =>
  bytes.subarray(0, 15).toString() === 'SQLite format 3';

/** One unit's folder on disk: what came with the charm, and over it what the unit has made. */
export class UnitFolder {
  readonly path: string;
  readonly #source: string;
  /** What the simulation puts there itself. */
  readonly #given: Readonly<Record<string, string>>;
  /** What came with the charm, by path, as it is on disk while no hook has changed it. */
  readonly #came = new Map<string, string>();
  /** What is on disk, where it is known. */
  #present = new Files();

  constructor(path: string, source: string, given: Readonly<Record<string, string>>) {
    this.path = path;
    this.#source = source;
    this.#given = given;
    mkdirSync(path, { recursive: true });
    for (const [name, text] of Object.entries(given)) {
      writeFileSync(join(path, name), text);
      if (text.startsWith('#!')) chmodSync(join(path, name), 0o755);
    }
    for (const name of readdirSync(source)) this.#bring(name);
  }

  /** Makes the disk what a world says. */
  put(files: Files): void {
    if (files === this.#present) return;
    for (const [path] of this.#present.entries())
      if (!files.has(path)) {
        rmSync(join(this.path, path), { force: true, recursive: true });
        this.#bring(path);
      }
    for (const path of this.#came.keys()) if (!existsSync(join(this.path, path))) this.#bring(path);
    const known = new Map(this.#present.entries());
    for (const [path, { bytes, mode, hash }] of files.entries()) {
      if (known.get(path)?.hash === hash) continue;
      const target = join(this.path, path);
      mkdirSync(dirname(target), { recursive: true });
      rmSync(target, { force: true });
      writeFileSync(target, bytes, { mode });
    }
    this.#present = files;
  }

  /** What is there now. */
  take(): Files {
    const known = new Map(this.#present.entries());
    const found = new Map<string, OwnFile>();
    const look = (folder: string) => {
      for (const entry of readdirSync(join(this.path, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) {
          if (entry.name !== bytecode) look(path);
        } else if (entry.isFile() && this.#given[path] === undefined && !this.#isAsItCame(path))
          found.set(path, this.#read(path, known.get(path)));
      }
    };
    look('');
    const isSame =
      found.size === known.size &&
      [...found].every(([path, { hash, mode }]) => {
        const before = known.get(path);
        return before?.hash === hash && before.mode === mode;
      });
    if (!isSame)
      this.#present = new Files(
        new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1))),
      );
    return this.#present;
  }

  #read(path: string, before: OwnFile | undefined): OwnFile {
    const bytes = readFileSync(join(this.path, path));
    const mode = statSync(join(this.path, path)).mode & 0o777;
    if (before?.bytes.equals(bytes) && before.mode === mode) return before;
    return { bytes, mode, hash: createHash('sha1').update(bytes).digest('base64') };
  }

  /** What came with the charm, unless the simulation gives it itself. */
  #bring(name: string): void {
    if (this.#given[name] !== undefined || name === stateFile || name === '.git') return;
    const source = join(this.#source, name);
    const target = join(this.path, name);
    if (!existsSync(source) || lstatSync(target, { throwIfNoEntry: false }) !== undefined) return;
    if (linked.has(name)) {
      symlinkSync(source, target);
      return;
    }
    cpSync(source, target, { recursive: true, verbatimSymlinks: true });
    this.#remember(name);
  }

  #remember(path: string): void {
    const found = lstatSync(join(this.path, path));
    if (found.isFile()) this.#came.set(path, signOf(found));
    if (!found.isDirectory()) return;
    for (const name of readdirSync(join(this.path, path))) this.#remember(`${path}/${name}`);
  }

  #isAsItCame(path: string): boolean {
    const sign = this.#came.get(path);
    return sign !== undefined && sign === signOf(lstatSync(join(this.path, path)));
  }
}

/** Folders of programs and libraries, which a charm only reads. */
const linked: ReadonlySet<string> = new Set(['venv', '.venv', 'node_modules']);

/** Where Python keeps what it has compiled. */
const bytecode = '__pycache__';

/** By which a file that was written to is told from what it was. */
const signOf = ({ mtimeMs, ctimeMs, size, mode }: Stats): string =>
  `${mtimeMs} ${ctimeMs} ${size} ${mode}`;

/** Where ops keeps what its charm stores and defers. */
export const stateFile = '.unit-state.db';
