import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { once } from '../../hook/index.ts';
import type { Databag, JujuAttempt, SecretStore, Stray } from '../port.ts';
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
const infos = v.record(v.string(), v.object({ label: v.optional(v.string(), '') }));
/** An id without where it is kept: some tools name the model, and some nothing at all. */
const bare = (id: string): string =>
  id.slice(Math.max(id.lastIndexOf('/'), id.lastIndexOf(':')) + 1);
const secretId = /^secret:[^\s]+$/;

/** The application's secrets, and what only Juju's own hooks ask of them. */
export interface JujuSecrets extends SecretStore {
  /** Takes a revision away that nobody tracks any more, as `secret-remove` asks for it. */
  readonly prune: (id: string, revision: number) => JujuAttempt<void>;
}

/**
 * Juju's secrets. What they hold goes to the tools in files that only this unit reads, for the
 * arguments of a process are there for everyone to see.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: all that is done with secrets shares what is to come into force with the commit.
export function secretTools(
  tools: Tools,
  charmFolder: string,
  /** A relation as the tools call it. */
  nameOf: (relation: number) => string,
): JujuSecrets {
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

  /** The id of the application's secret that has a label; null where none has it. */
  const labelled = async (label: string): Promise<E.Either<ToolProblem, string | null>> => {
    const found = await tools.ask(infos, 'secret-info-get', '--label', label)();
    if (E.isLeft(found)) return isOutOfReach(found.left) ? E.right(null) : found;
    const [id] = Object.keys(found.right);
    if (id === undefined) return unreadable('secret-info-get', 'it names no secret');
    return E.right(id.startsWith('secret:') ? id : `secret:${id}`);
  };

  const owned = once(tools.ask(v.array(v.string()), 'secret-ids'));
  const ours: string[] = [];

  /** Juju takes a removal of what is not there, and refuses the commit. */
  const removeKnown = async (id: string, ...revision: readonly string[]) => {
    const found = await owned();
    if (E.isLeft(found)) return found;
    const isThere = [...found.right, ...ours].some((one) => bare(one) === bare(id));
    return isThere ? tools.tell('secret-remove', [id, ...revision]) : E.right('');
  };

  /** Whether there may be secrets that nobody speaks of; one call for all that a hook makes. */
  const hasStrays = async (onRecord: readonly string[]): Promise<boolean> => {
    const found = await straysOf(onRecord);
    return E.isLeft(found) || found.right.length > 0;
  };
  /** Compared once with what is on record: there are two secrets for each relation. */
  let last: { readonly onRecord: readonly string[]; readonly strays: readonly string[] } | null =
    null;
  const straysOf = async (onRecord: readonly string[]) => {
    const found = await owned();
    if (E.isLeft(found)) return found;
    if (last?.onRecord !== onRecord) {
      const known = new Set(onRecord.map(bare));
      last = { onRecord, strays: found.right.filter((id) => !known.has(bare(id))) };
    }
    const made = new Set(ours.map(bare));
    return E.right(last.strays.filter((id) => !made.has(bare(id))));
  };
  const strays = async (onRecord: readonly string[]): Promise<E.Either<ToolProblem, Stray[]>> => {
    const found = await straysOf(onRecord);
    if (E.isLeft(found)) return found;
    const strays: Stray[] = [];
    for (const one of found.right) {
      const id = one.startsWith('secret:') ? one : `secret:${one}`;
      const info = await tools.ask(infos, 'secret-info-get', id)();
      // Who is not its owner is told nothing of it.
      if (E.isLeft(info)) continue;
      strays.push({ id, label: Object.values(info.right)[0]?.label ?? '' });
    }
    return E.right(strays);
  };

  /**
   * Juju looks at labels when it commits, and keeps the secrets of a commit that it refused: whoever
   * does not look first fails in the same way each time.
   */
  const make = async (
    label: string,
    values: Databag,
    onRecord: readonly string[],
  ): Promise<E.Either<Problem, string>> => {
    const known = (await hasStrays(onRecord)) ? await labelled(label) : E.right(null);
    if (E.isLeft(known)) return known;
    if (known.right !== null) {
      const set = await withContent('secret-set', [known.right], values);
      return E.isLeft(set) ? set : E.right(known.right);
    }
    const added = await withContent(
      'secret-add',
      ['--owner', 'application', '--label', label],
      values,
    );
    if (E.isLeft(added)) return added;
    const id = added.right.trim();
    ours.push(id);
    return secretId.test(id) ? E.right(id) : unreadable('secret-add', 'it printed no id');
  };

  return {
    read: (id) => async () => {
      const read = await tools.ask(content, 'secret-get', '--refresh', id)();
      if (E.isRight(read)) return read;
      if (!isOutOfReach(read.left)) return E.left(refused(read.left));
      return E.left({ _tag: 'SecretUnreadable', class: 'unavailable', id, why: read.left.why });
    },
    make: (label, values, onRecord) => asModel(() => make(label, values, onRecord)),
    replace: (id, values) => done(() => withContent('secret-set', [id], values)),
    grant: (id, relation) =>
      done(() => tools.tell('secret-grant', ['--relation', nameOf(relation), id])),
    remove: (id) => done(() => removeKnown(id)),
    strays: (onRecord) => asModel(() => strays(onRecord)),
    prune: (id, revision) => done(() => removeKnown(id, '--revision', String(revision))),
  };
}

type Problem = ToolProblem | FileFailed;

const done =
  (call: () => Promise<E.Either<Problem, unknown>>): JujuAttempt<void> =>
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
