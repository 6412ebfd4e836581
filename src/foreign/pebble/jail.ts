/**
 * Programs that a charm runs in a container, for real: in a root of their own, made of the container's
 * files and of this machine's programs, which they cannot write to. It takes namespaces of Linux.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isExecutable } from '../description.ts';
import { type Entry, entry, type FileTree } from './file-tree.ts';

/** Who is root already needs no namespace of users, in which all other users are nobody. */
export const namespaces: readonly string[] =
  process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];

let isThere: boolean | null = null;

/** Whether this machine lets its user make namespaces. */
export function hasNamespaces(): boolean {
  isThere ??=
    spawnSync('unshare', [...namespaces, 'sh', '-c', 'mount -t tmpfs none /tmp'], {
      stdio: 'ignore',
    }).status === 0;
  return isThere;
}

/** What comes from this machine, and hides what the container has there. */
const ofMachine = [
  ...['/usr/bin', '/usr/sbin', '/usr/lib', '/usr/lib32', '/usr/lib64', '/usr/libexec'],
  ...['/usr/share', '/bin', '/sbin', '/lib', '/lib32', '/lib64'],
];
/** What comes from it where the container has none. */
const otherwise = [
  ...['/etc/passwd', '/etc/group', '/etc/nsswitch.conf', '/etc/ld.so.cache', '/etc/alternatives'],
  ...['/etc/ssl', '/etc/localtime'],
];
const devices = ['/proc', '/dev'];

const searched = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where a program is found in a container; null where it is not. */
export function programIn(files: FileTree, program: string): string | null {
  const folders = program.includes('/') ? [''] : searched.split(':').map((one) => `${one}/`);
  const candidates = folders.map((folder) => `${folder}${program}`);
  const isOfMachine = (at: string) =>
    ofMachine.some((path) => at.startsWith(`${path}/`)) && isExecutable(at);
  return (
    candidates.find(
      (at) => (at.startsWith('/') && files.get(at)?.kind === 'file') || isOfMachine(at),
    ) ?? null
  );
}

/** `$1` is the root; mounts are pairs of a path and its kind, up to a word that is empty. */
const script = `set -e
root=$1; folder=$2; shift 2
while [ -n "$1" ]; do
  case $2 in
    read) mount --bind -o ro "$1" "$root$1" ;;
    devices) mount --rbind "$1" "$root$1" ;;
  esac
  shift 2
done
shift
exec chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"`;

/** What is to be run. */
export interface Command {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
}

/** A program that runs on files which were laid out for it. */
export interface Jailed {
  readonly child: ChildProcess;
  /** The files as they are once it has ended; to be called once. */
  files(): FileTree;
}

/** Runs it on a container's files, laid out in a folder that is empty or not there. */
export function jailed(root: string, files: FileTree, command: Command): Jailed {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const laid = new Map([...files.entries()].filter(([at]) => !isUnder(at, ofMachine)));
  for (const [at, one] of [...laid].sort(([a], [b]) => (a < b ? -1 : 1))) put(root, at, one);
  const mounted: (readonly [string, string])[] = [];
  const mount = (path: string, kind: string) => {
    // A distribution that has merged its folders has links there.
    const found = lstatSync(path);
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (found.isSymbolicLink() && kind === 'read' && ofMachine.includes(path)) {
      symlinkSync(readlinkSync(path), join(root, path));
      return;
    }
    if (found.isDirectory()) mkdirSync(join(root, path), { recursive: true });
    else writeFileSync(join(root, path), '');
    mounted.push([path, kind]);
  };
  for (const path of ofMachine) if (existsSync(path)) mount(path, 'read');
  const lacking = otherwise.filter((path) => existsSync(path) && files.get(path) === undefined);
  for (const path of lacking) mount(path, 'read');
  for (const path of devices) mount(path, 'devices');
  const words = [root, command.folder, ...mounted.flat(), '', ...command.command];
  const child = spawn('unshare', [...namespaces, 'sh', '-c', script, 'container', ...words], {
    env: { PATH: searched, HOME: '/root', USER: 'root', ...command.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const hidden = [...ofMachine, ...lacking, ...devices];
  return {
    child,
    files: () => {
      const found = taken(root, '/', hidden, laid);
      const kept = [...files.entries()].filter(([at]) => isUnder(at, ofMachine));
      rmSync(root, { recursive: true, force: true });
      return files.having(new Map([...kept, ...found]));
    },
  };
}

const isUnder = (at: string, paths: readonly string[]): boolean =>
  paths.some((path) => at === path || at.startsWith(`${path}/`));

function put(root: string, at: string, { kind, bytes, mode }: Entry): void {
  const target = join(root, at);
  mkdirSync(dirname(target), { recursive: true });
  if (kind === 'symlink') symlinkSync(bytes.toString(), target);
  else {
    if (kind === 'directory') mkdirSync(target, { recursive: true });
    else writeFileSync(target, bytes);
    // Who is not root could not go on in what nobody may write to.
    chmodSync(target, kind === 'directory' ? mode | 0o700 : mode);
  }
}

/** What is there now; an entry that is as it was laid out is the same one. */
function taken(
  root: string,
  at: string,
  hidden: readonly string[],
  laid: ReadonlyMap<string, Entry>,
): readonly (readonly [string, Entry])[] {
  if (hidden.includes(at) && at !== '/') {
    const before = laid.get(at);
    return before === undefined ? [] : [[at, before]];
  }
  const target = join(root, at);
  const found = lstatSync(target);
  const before = laid.get(at);
  const owner = before ?? { user: 'root', group: 'root' };
  const mode = found.mode & 0o7777;
  if (found.isSymbolicLink())
    return [[at, entry('symlink', 0o777, owner, Buffer.from(readlinkSync(target)))]];
  if (found.isDirectory()) {
    const isSame = before !== undefined && (before.mode | 0o700) === mode;
    const own = isSame ? before : entry('directory', mode, owner);
    const inside = readdirSync(target).flatMap((name) =>
      taken(root, at === '/' ? `/${name}` : `${at}/${name}`, hidden, laid),
    );
    return [[at, own], ...inside];
  }
  if (!found.isFile()) return [];
  const now = entry('file', mode, owner, readFileSync(target));
  const isSame = before?.hash === now.hash && before.mode === now.mode;
  return [[at, isSame && before !== undefined ? before : now]];
}
