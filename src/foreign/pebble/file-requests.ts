/** Pebble's requests about the files of a container. */
import type { Container } from './container.ts';
import { type FileTree, PathRefused } from './file-tree.ts';
import { filesAnswer, filesType, partsOf } from './multipart.ts';
import { isSection } from './plan.ts';
import { type Asked, contentOf, listOf, now, type Reply, refused, sync } from './reply.ts';

export function filesRead(url: URL, { files }: Container): Reply {
  const action = url.searchParams.get('action');
  const path = url.searchParams.get('path') ?? '';
  if (action === 'read') {
    const [content, error] = tried(() => files.read(path));
    const result = [{ path, ...(error === null ? {} : { error }) }];
    const said = { type: 'sync', 'status-code': 200, status: 'OK', result };
    return { status: 200, type: filesType, body: filesAnswer(path, content, said) };
  }
  if (action !== 'list') return refused(400, `invalid action "${action}"`);
  const pattern = url.searchParams.get('pattern');
  const isWanted = pattern === null ? () => true : matching(pattern);
  const found = files.list(path, url.searchParams.get('itself') === 'true');
  return sync(
    found
      .map(([at, { kind, mode, user, group, bytes }]) => ({
        ...{ path: at, name: at.slice(at.lastIndexOf('/') + 1) || '/', type: kind },
        ...(kind === 'file' ? { size: bytes.length } : {}),
        permissions: (mode & 0o7777).toString(8).padStart(3, '0'),
        'last-modified': now,
        ...(user === 'root' ? { 'user-id': 0 } : {}),
        ...(group === 'root' ? { 'group-id': 0 } : {}),
        ...{ user, group },
      }))
      .filter(({ name }) => isWanted(name)),
  );
}

const matching = (pattern: string) => {
  const escaped = pattern.replace(/[.+^${}()|\\]/g, '\\$&');
  const whole = new RegExp(`^${escaped.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`);
  return (name: string) => whole.test(name);
};

export function filesChanged(asked: Asked, container: Container): Reply {
  const content = contentOf(asked);
  const written = partsOf(asked.contentType, asked.body).slice(1);
  let { files } = container;
  const each = (key: string, change: (one: Item, at: number) => FileTree): object[] =>
    listOf(content[key]).map((given, at) => {
      const one = new Item(isSection(given) ? given : {});
      const [changed, error] = tried(() => change(one, at));
      files = changed ?? files;
      return { path: one.path, ...(error === null ? {} : { error }) };
    });
  const result = [
    ...each('files', (one, at) =>
      files.write(
        one.path,
        written[at]?.content ?? Buffer.alloc(0),
        one.mode(0o644),
        one.owner,
        one.is('make-dirs'),
      ),
    ),
    ...each('dirs', (one) =>
      files.makeFolder(one.path, one.mode(0o755), one.owner, one.is('make-parents')),
    ),
    ...each('paths', (one) => files.remove(one.path, one.is('recursive'))),
  ];
  return sync(result, { ...container, files });
}

/** One thing of a request about files. */
class Item {
  readonly #given: Readonly<Record<string, unknown>>;

  constructor(given: Readonly<Record<string, unknown>>) {
    this.#given = given;
  }

  get path(): string {
    return String(this.#given.path ?? '');
  }

  get owner() {
    const { user, group } = this.#given;
    const name = (given: unknown, id: unknown) =>
      typeof given === 'string' ? given : typeof id === 'number' && id > 0 ? String(id) : null;
    const own = name(user, this.#given['user-id']) ?? 'root';
    return { user: own, group: name(group, this.#given['group-id']) ?? own };
  }

  is(flag: string): boolean {
    return this.#given[flag] === true;
  }

  mode(otherwise: number): number {
    const { permissions } = this.#given;
    const mode = Number.parseInt(String(permissions), 8);
    return Number.isNaN(mode) ? otherwise : mode;
  }
}

function tried<Value>(
  attempt: () => Value,
): readonly [Value, null] | readonly [null, { readonly kind: string; readonly message: string }] {
  try {
    return [attempt(), null];
  } catch (error) {
    if (!(error instanceof PathRefused)) throw error;
    return [null, { kind: error.kind, message: error.message }];
  }
}
