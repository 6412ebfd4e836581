/** The files of a container, as Pebble serves them. */
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';

type Holds = (is: boolean, what: string) => void;

/** A user of this machine; the error of Pebble's where there is none. */
export function userNamed(name: string): { uid: number; gid: number } | string {
  try {
    const number = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }));
    return { uid: number('-u'), gid: number('-g') };
  } catch {
    return `user: unknown user ${name}`;
  }
}

const nameOf = (uid: number): string =>
  execFileSync('id', ['-un', String(uid)], { encoding: 'utf8' }).trim();

const isRoot = process.getuid?.() === 0;

export function filesOfContainer(holds: Holds) {
  const failed = (path: string, message: string) => ({
    path,
    error: { kind: 'generic-file-error', message },
  });

  function read(request: IncomingMessage, url: URL, response: ServerResponse): void {
    holds(request.headers.accept === 'multipart/form-data', 'files come as multipart');
    const path = url.searchParams.get('path') ?? '';
    let content: Buffer | null = null;
    try {
      content = readFileSync(path);
    } catch {
      // Said in the result below, with HTTP 200.
    }
    const error = existsSync(path)
      ? { kind: 'generic-file-error', message: `can only read a regular file: "${path}"` }
      : { kind: 'not-found', message: `stat ${path}: no such file or directory` };
    const result = [content === null ? { path, error } : { path }];
    const boundary = 'of-the-stand-in';
    const part = (name: string, body: Buffer | string) =>
      Buffer.concat([
        Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name=${name}\r\n\r\n`),
        Buffer.from(body),
        Buffer.from('\r\n'),
      ]);
    const answer = JSON.stringify({ type: 'sync', 'status-code': 200, result });
    response.writeHead(200, { 'Content-Type': `multipart/form-data; boundary=${boundary}` });
    response.end(
      Buffer.concat([
        ...(content === null ? [] : [part(`"files"; filename="${path}"`, content)]),
        // It may come last.
        part('"response"', answer),
        Buffer.from(`--${boundary}--\r\n`),
      ]),
    );
  }

  function write(type: string, body: Buffer): object {
    const boundary = /boundary=(.+)$/.exec(type)?.[1] ?? '';
    const [, first = '', second = ''] = body.toString('latin1').split(`--${boundary}`);
    holds(/name="request"\r\nContent-Type: application\/json/.test(first), 'request is first');
    const wanted = JSON.parse(first.split('\r\n\r\n')[1] ?? '{}');
    const [file] = wanted.files ?? [];
    holds(wanted.action === 'write' && wanted.files?.length === 1, 'one file is written');
    holds(/^[0-7]{3}$/.test(file.permissions), 'permissions are octal, as text');
    holds(file.permissions === '600' || file.permissions === '400', 'only its owner reads it');
    holds(typeof file.user === 'string', 'files belong to whom the service runs as');
    holds(second.includes(`name="files"; filename="${file.path}"`), 'the file follows');
    const who = userNamed(file.user);
    if (typeof who === 'string') return failed(file.path, `cannot look up user and group: ${who}`);
    const content = second.slice(second.indexOf('\r\n\r\n') + 4, -2);
    try {
      writeFileSync(`${file.path}.new`, Buffer.from(content, 'latin1'), { mode: 0o600 });
    } catch (cause) {
      return failed(file.path, String(cause));
    }
    if (isRoot) chownSync(`${file.path}.new`, who.uid, who.gid);
    renameSync(`${file.path}.new`, file.path);
    return { path: file.path };
  }

  function changed({ action, paths, dirs }: Record<string, unknown>): object {
    if (action === 'make-dirs') {
      const [folder] = dirs as { path: string; permissions: string; user: string }[];
      const { path = '', permissions = '', user = '' } = folder ?? {};
      holds(permissions === '700' && user !== '', 'a folder is its user’s alone');
      const who = userNamed(user);
      if (typeof who === 'string') return failed(path, `cannot look up user and group: ${who}`);
      // One that is there stays as it is, whoever is to own it.
      if (existsSync(path)) return { path };
      mkdirSync(path, { recursive: true, mode: 0o700 });
      if (isRoot) chownSync(path, who.uid, who.gid);
      return { path };
    }
    const [only] = paths as { path: string; recursive?: boolean }[];
    holds(action === 'remove' && only?.recursive === true, 'what is missing is no error');
    rmSync(only?.path ?? '', { force: true, recursive: true });
    return { path: only?.path };
  }

  /** A file or folder itself; null where there is none. */
  function list(url: URL): object | null {
    holds(url.searchParams.get('itself') === 'true', 'nobody asks for what is in a folder');
    const path = url.searchParams.get('path') ?? '';
    if (!existsSync(path)) return null;
    const { uid } = statSync(path);
    return { path, 'user-id': uid, user: nameOf(uid) };
  }

  return { read, write, changed, list };
}
