/** Files in a container, through Pebble: read and written as multipart bodies, each with its own outcome. */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { FileProblem } from './files.ts';
import { failure, type PebbleClient } from './pebble-http.ts';
import { type Files, WorkloadProblem } from './workload.ts';

const fileResults = v.array(v.object({ path: v.string(), error: v.nullish(failure) }));
const listed = v.array(v.object({ user: v.nullish(v.string()), 'user-id': v.nullish(v.number()) }));

export interface PebbleFiles extends Files {
  /** Makes a folder of this user's where none is; that the container has no such user comes out here. */
  readonly makeFolder: (path: string) => Promise<void>;
}

/** Files that belong to this user of the container. */
export function pebbleFiles({ send, opened, call, post }: PebbleClient, user: string): PebbleFiles {
  const read = async (path: string): Promise<string | null> => {
    const asked = {
      method: 'GET',
      path: `/v1/files?action=read&path=${encodeURIComponent(path)}`,
      headers: { Accept: 'multipart/form-data' },
    } as const;
    const reply = await send(asked);
    const boundary = /boundary="?([^";]+)"?/.exec(reply.headers['content-type'] ?? '')?.[1];
    if (boundary === undefined) {
      opened(reply, asked);
      throw new WorkloadProblem(`Pebble says nothing of ${path}`);
    }
    const parts = partsOf(reply.body, boundary);
    const body = parts.find(({ name }) => name === 'response')?.content ?? Buffer.from('');
    const error = errorOf(opened({ ...reply, body }, asked).result, path);
    if (error?.kind === 'not-found') return null;
    if (error !== null) throw problemOf(path, error);
    return parts.find(({ name }) => name === 'files')?.content.toString('utf8') ?? '';
  };

  const done = async (path: string, action: string, body: object): Promise<void> => {
    const error = errorOf((await post('/v1/files', { action, ...body })).result, path);
    if (error !== null) throw problemOf(path, error);
  };
  const remove = (path: string) => done(path, 'remove', { paths: [{ path, recursive: true }] });

  /** PgBouncer writes beside its configuration, so the folder is its user's. */
  const folders = new Set<string>();
  const makeFolder = async (path: string): Promise<void> => {
    if (folders.has(path)) return;
    const dirs = [{ path, 'make-parents': true, permissions: '700', user }];
    await done(path, 'make-dirs', { dirs });
    folders.add(path);
  };

  const ownerOf = async (path: string) => {
    const of = `/v1/files?action=list&itself=true&path=${encodeURIComponent(path)}`;
    const found = v.safeParse(listed, (await call({ method: 'GET', path: of })).result);
    const [owner] = found.success ? found.output : [];
    if (owner === undefined) throw new WorkloadProblem(`Pebble does not say whose ${path} is`);
    return owner;
  };

  /** Two names may be one user: what counts is whose a folder is that was made just now. */
  const isOurs = async (path: string): Promise<boolean> => {
    const owner = await ownerOf(path);
    if (owner.user === user) return true;
    const beside = `${path}.whose`;
    await makeFolder(beside);
    const own = await ownerOf(beside);
    await remove(beside);
    folders.delete(beside);
    return own['user-id'] === owner['user-id'];
  };

  const write = async (path: string, content: string): Promise<void> => {
    const boundary = randomBytes(16).toString('hex');
    await makeFolder(dirname(path));
    const body = bodyOf(boundary, { path, permissions: '600', user }, content);
    const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
    const { result } = await call({ method: 'POST', path: '/v1/files', headers, body });
    const error = errorOf(result, path);
    if (error !== null) throw problemOf(path, error);
  };

  return {
    makeFolder,
    read,
    replace: (path, content) => (content === null ? remove(path) : write(path, content)),
    // Pebble replaces files whole by itself: what is left there is its own, and under other names.
    tidy: async (folder) => {
      await makeFolder(folder);
      // One that was there stays whose it was, and nobody else can read what is in it.
      if (await isOurs(folder)) return;
      await remove(folder);
      folders.delete(folder);
      await makeFolder(folder);
    },
  };
}

type FileError = v.InferOutput<typeof failure>;

/** With files Pebble answers 200 and says in the result what became of each. */
function errorOf(result: unknown, path: string): FileError | null {
  const parsed = v.safeParse(fileResults, result);
  if (!parsed.success) throw new WorkloadProblem(`Pebble says nothing of ${path}`);
  return parsed.output[0]?.error ?? null;
}

const problemOf = (path: string, { message }: FileError) =>
  /\bunknown (user|group)\b/.test(message)
    ? new WorkloadProblem(unknownUserIn(message), 'operator')
    : new FileProblem(path, { code: message });

/** The sentence about a user that the container's image has not. */
export const unknownUserIn = (message: string): string =>
  `the container has no such user (${message}): set pgbouncer-user to one that its image has`;

/** The multipart body that writes a file. */
function bodyOf(
  boundary: string,
  file: { readonly path: string; readonly permissions: string; readonly user: string },
  content: string,
): string {
  const disposition = 'Content-Disposition: form-data; name=';
  return [
    `--${boundary}`,
    `${disposition}"request"`,
    'Content-Type: application/json',
    '',
    JSON.stringify({ action: 'write', files: [file] }),
    `--${boundary}`,
    `${disposition}"files"; filename="${file.path}"`,
    'Content-Type: application/octet-stream',
    '',
    content,
    `--${boundary}--`,
    '',
  ].join('\r\n');
}

interface Part {
  readonly name: string;
  readonly content: Buffer;
}

/** The parts of a multipart body, in the order in which they came. */
function partsOf(body: Buffer, boundary: string): readonly Part[] {
  const mark = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let from = body.indexOf(mark);
  while (from >= 0) {
    const to = body.indexOf(mark, from + mark.length);
    if (to < 0) break;
    const part = body.subarray(from + mark.length + 2, to - 2);
    const blank = part.indexOf('\r\n\r\n');
    const name = /name="([^"]*)"/.exec(part.subarray(0, blank).toString('utf8'))?.[1] ?? '';
    parts.push({ name, content: part.subarray(blank + 4) });
    from = to;
  }
  return parts;
}
