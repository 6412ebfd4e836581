import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { attempt, halt, once, right, take } from '../../hook/index.ts';
import type { Databag, JujuAttempt, OnRecord, SecretStore, Stray } from '../port.ts';
import {
  asModel,
  type FileFailed,
  isOutOfReach,
  refused,
  type Tools,
  textList,
  textsByKey,
  unreadable,
} from './tools.ts';

const infos = v.record(v.string(), v.object({ label: v.optional(v.string(), '') }));
/** An id without where it is kept: some tools name the model, and some nothing at all. */
const bare = (id: string): string =>
  id.slice(Math.max(id.lastIndexOf('/'), id.lastIndexOf(':')) + 1);
/** So many secrets are not listed for the sake of a few. */
const many = 1_000;
/** The secrets of one relation: its user and password, and what concerns TLS. */
const ofOneAnswer = 2;
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
  const cleared = withFile(folder, () => rmSync(folder, { recursive: true, force: true }));
  let [made, open, lookedUp] = [0, 0, 0];

  const numbered = (): number => {
    made += 1;
    return made;
  };
  const withContent = async (
    tool: string,
    args: readonly string[],
    values: Databag,
    number = numbered(),
  ): Promise<string> => {
    right(cleared);
    open += 1;
    const own = join(folder, String(number));
    const files = Object.entries(values).map(([key, value], index) => ({
      key,
      value,
      path: join(own, String(index)),
    }));
    const write = () => {
      mkdirSync(own, { recursive: true, mode: 0o700 });
      for (const { value, path } of files) writeFileSync(path, value, { mode: 0o600 });
    };
    const contents = files.map(({ key, path }) => `${key}#file=${path}`);
    const told = await attempt(async () => {
      right(withFile(own, write));
      return right(await tools.tell(tool, [...args, ...contents]));
    })();
    open -= 1;
    const gone = withFile(own, () => {
      rmSync(own, { recursive: true, force: true });
      if (open === 0) rmSync(folder, { recursive: true, force: true });
    });
    // What the tool said comes first: of what it left behind the next hook takes care.
    const said = right(told);
    right(gone);
    return said;
  };

  /** The id of the application's secret that has a label; null where none has it. */
  const labelled = async (label: string): Promise<string | null> => {
    const found = await tools.ask(infos, 'secret-info-get', '--label', label)();
    if (E.isLeft(found) && isOutOfReach(found.left)) return null;
    const [id] = Object.keys(right(found));
    if (id === undefined) halt(unreadable('secret-info-get', 'it names no secret'));
    return id.startsWith('secret:') ? id : `secret:${id}`;
  };

  const owned = once(() => take(tools.ask(textList, 'secret-ids')));
  const ours: string[] = [];

  /** Juju takes a removal of what is not there, and refuses the commit. */
  const removeKnown = async (id: string, ...revision: readonly string[]) => {
    const wanted = bare(id);
    const isThere = [...(await owned()), ...ours].some((one) => bare(one) === wanted);
    if (isThere) await take(() => tools.tell('secret-remove', [id, ...revision]));
  };

  /** Whether there may be secrets that nobody speaks of; one call for all that a hook makes. */
  const hasStrays = async (onRecord: readonly string[]): Promise<boolean> => {
    const found = await attempt(() => straysOf(onRecord))();
    return E.isLeft(found) || found.right.length > 0;
  };
  /**
   * Beside thousands of secrets, to list and compare all takes longer than to look up the labels of
   * one answer; a hook that makes more than those lists them, once.
   */
  const mayBeThere = async ({ roughly, ids }: OnRecord): Promise<boolean> => {
    if (roughly > many && lookedUp < ofOneAnswer) {
      lookedUp += 1;
      return true;
    }
    return hasStrays(ids());
  };
  /** Compared once with what is on record: there are two secrets for each relation. */
  let last: { readonly onRecord: readonly string[]; readonly strays: readonly string[] } | null =
    null;
  const straysOf = async (onRecord: readonly string[]) => {
    const found = await owned();
    if (last?.onRecord !== onRecord) {
      const known = new Set(onRecord.map(bare));
      last = { onRecord, strays: found.filter((id) => !known.has(bare(id))) };
    }
    const made = new Set(ours.map(bare));
    return last.strays.filter((id) => !made.has(bare(id)));
  };
  const strays = async (onRecord: readonly string[]): Promise<Stray[]> => {
    const found: Stray[] = [];
    for (const one of await straysOf(onRecord)) {
      const id = one.startsWith('secret:') ? one : `secret:${one}`;
      const info = await tools.ask(infos, 'secret-info-get', id)();
      // Who is not its owner is told nothing of it.
      if (E.isLeft(info)) continue;
      found.push({ id, label: Object.values(info.right)[0]?.label ?? '' });
    }
    return found;
  };

  /** What was found under a label, or is being looked for. */
  const lookUps = new Map<string, Promise<string | null>>();
  const lookFor = (label: string, onRecord: OnRecord): Promise<string | null> => {
    const before = lookUps.get(label);
    if (before !== undefined) return before;
    const looked = mayBeThere(onRecord).then((mayBe) => (mayBe ? labelled(label) : null));
    lookUps.set(label, looked);
    return looked;
  };

  /**
   * Juju looks at labels when it commits, and keeps the secrets of a commit that it refused: whoever
   * does not look first fails in the same way each time.
   */
  const make = async (
    label: string,
    values: Databag,
    onRecord: readonly string[],
  ): Promise<string> => {
    // Calls are the same in each run of a hook, whichever label is found first.
    const number = numbered();
    const known = await lookFor(label, { roughly: onRecord.length, ids: () => onRecord });
    if (known !== null) {
      await withContent('secret-set', [known], values, number);
      return known;
    }
    const added = await withContent(
      'secret-add',
      ['--owner', 'application', '--label', label],
      values,
      number,
    );
    const id = added.trim();
    if (!secretId.test(id)) return halt(unreadable('secret-add', 'it printed no id'));
    ours.push(id);
    lookUps.set(label, Promise.resolve(id));
    return id;
  };

  return {
    read: (id) => async () => {
      const read = await tools.ask(textsByKey, 'secret-get', '--refresh', id)();
      if (E.isRight(read)) return read;
      if (!isOutOfReach(read.left)) return E.left(refused(read.left));
      return E.left({ _tag: 'SecretUnreadable', class: 'unavailable', id, why: read.left.why });
    },
    expect: (labels, onRecord) => {
      for (const label of labels) lookFor(label, onRecord).catch(() => {});
    },
    make: (label, values, onRecord) => asModel(() => make(label, values, onRecord)),
    replace: (id, values) =>
      asModel(async () => void (await withContent('secret-set', [id], values))),
    grant: (id, relation) =>
      asModel(async () => {
        await take(() => tools.tell('secret-grant', ['--relation', nameOf(relation), id]));
      }),
    remove: (id) => asModel(() => removeKnown(id)),
    strays: (onRecord) => asModel(() => strays(onRecord)),
    prune: (id, revision) => asModel(() => removeKnown(id, '--revision', String(revision))),
  };
}

/** A full disk, or a folder that nobody may write to, is no defect. */
function withFile(path: string, act: () => void): E.Either<FileFailed, void> {
  try {
    return E.right(act());
  } catch (cause) {
    const { code = 'unknown', path: named = path } = cause as NodeJS.ErrnoException;
    return E.left({ _tag: 'FileFailed', class: 'broken', path: named, code });
  }
}
