import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import type { Attempt, Databag, SecretStore } from '../../engine/index.ts';
import {
  asModel,
  type FileFailed,
  isOutOfReach,
  refused,
  type ToolProblem,
  type Tools,
  unreadable,
} from './tools.ts';

const content = v.record(v.string(), v.string());
const infos = v.record(v.string(), v.unknown());
const secretId = /^secret:[^\s]+$/;

/**
 * Juju's secrets. What they hold goes to the tools in files that only this unit reads, for the
 * arguments of a process are there for everyone to see.
 */
export function secretTools(tools: Tools, charmFolder: string): SecretStore {
  const folder = join(charmFolder, '.hookchart-secrets');

  // A hook that was killed may have left its files; this one may have none of its own to write.
  const leftover = withFile(folder, () => rmSync(folder, { recursive: true, force: true }));
  let [made, open] = [0, 0];

  const withContent = async (
    tool: string,
    args: readonly string[],
    values: Databag,
  ): Promise<E.Either<Problem, string>> => {
    if (E.isLeft(leftover)) return leftover;
    made += 1;
    open += 1;
    const own = join(folder, String(made));
    const files = Object.entries(values).map(([key, value], index) => ({
      key,
      value,
      path: join(own, String(index)),
    }));
    const written = withFile(own, () => {
      mkdirSync(own, { recursive: true, mode: 0o700 });
      for (const { value, path } of files) writeFileSync(path, value, { mode: 0o600 });
    });
    const told: E.Either<Problem, string> = E.isLeft(written)
      ? written
      : await tools.tell(tool, [...args, ...files.map(({ key, path }) => `${key}#file=${path}`)]);
    open -= 1;
    const gone = withFile(own, () => {
      rmSync(own, { recursive: true, force: true });
      if (open === 0) rmSync(folder, { recursive: true, force: true });
    });
    return E.isLeft(told) || E.isRight(gone) ? told : gone;
  };

  const idOf = async (label: string): Promise<E.Either<ToolProblem, string>> => {
    const found = await tools.ask(infos, 'secret-info-get', '--label', label)();
    if (E.isLeft(found)) return found;
    const [id] = Object.keys(found.right);
    return id === undefined
      ? unreadable('secret-info-get', 'it names no secret')
      : E.right(id.startsWith('secret:') ? id : `secret:${id}`);
  };

  const make = async (label: string, values: Databag): Promise<E.Either<Problem, string>> => {
    const added = await withContent(
      'secret-add',
      ['--owner', 'application', '--label', label],
      values,
    );
    if (E.isRight(added)) {
      const id = added.right.trim();
      return secretId.test(id) ? E.right(id) : unreadable('secret-add', 'it printed no id');
    }
    if (added.left._tag === 'FileFailed') return added;
    if (!/already (exists|taken)|label/i.test(added.left.why)) return added;
    const id = await idOf(label);
    if (E.isLeft(id)) return id;
    const set = await withContent('secret-set', [id.right], values);
    return E.isLeft(set) ? set : id;
  };

  return {
    read: (id) => async () => {
      const read = await tools.ask(content, 'secret-get', '--refresh', id)();
      if (E.isRight(read)) return read;
      if (!isOutOfReach(read.left)) return E.left(refused(read.left));
      return E.left({ _tag: 'SecretUnreadable', class: 'unavailable', id, why: read.left.why });
    },
    make: (label, values) => asModel(() => make(label, values)),
    replace: (id, values) => done(() => withContent('secret-set', [id], values)),
    grant: (id, relation) =>
      done(() => tools.tell('secret-grant', ['--relation', `database:${relation}`, id])),
    remove: (id) =>
      done(async () => {
        const removed = await tools.tell('secret-remove', [id]);
        return E.isLeft(removed) && isOutOfReach(removed.left) ? E.right('') : removed;
      }),
  };
}

type Problem = ToolProblem | FileFailed;

const done =
  (call: () => Promise<E.Either<Problem, unknown>>): Attempt<void> =>
  async () => {
    const outcome = await asModel(call)();
    return E.isLeft(outcome) ? outcome : E.right(undefined);
  };

/** A full disk, or a folder that nobody may write to, is no defect. */
function withFile(path: string, act: () => void): E.Either<FileFailed, void> {
  try {
    return E.right(act());
  } catch (cause) {
    const { code = 'unknown', path: named = path } = cause as NodeJS.ErrnoException;
    return E.left({ _tag: 'FileFailed', class: 'broken', path: named, code });
  }
}
