/**
 * What the controller of the recordings told of secrets that are gone, and Juju does not. The agents in
 * them are Juju's own, but the controller was made for recording: it announced the end of a secret as
 * if it were a new revision, to all who track it, and each revision once more as one to be removed.
 * Juju's own takes back what it has queued of such a secret (`mergedOwnedChanges` in state/secrets.go)
 * and sends its bare URI, of which the agent makes no hook.
 */
import { withUnit } from '../../../src/testing/lifecycle.ts';
import { keeperOf } from '../../../src/testing/news.ts';
import { shortId } from '../../../src/testing/secret-names.ts';
import type { Hook, World } from '../../../src/testing/world.ts';

/** The world after a commit, with what the recorder's controller told of the secrets that it removed. */
export function withRecordersNews(before: World, after: World): World {
  let next = after;
  for (const [id, gone] of Object.entries(before.secrets)) {
    if (after.secrets[id] !== undefined) continue;
    const { revisions, tracked, owner, names, label } = gone;
    const secret = `secret:${shortId(id)}`;
    const add = (name: string, hooks: readonly Hook[]) => {
      const unit = next.units[name];
      if (unit === undefined || hooks.length === 0) return;
      const key = (hook: Hook) =>
        `${hook.name} ${hook.secret} ${String(hook.revision).padStart(9, '0')}`;
      const all = new Map([...(unit.news ?? []), ...hooks].map((hook) => [key(hook), hook]));
      const news = [...all].sort(([one], [other]) => (one < other ? -1 : 1));
      next = withUnit(next, name, { ...unit, news: news.map(([, hook]) => hook) });
    };
    for (const [name, { news = [] }] of Object.entries(before.units))
      add(
        name,
        news.filter((hook) => hook.secret === secret),
      );
    for (const name of Object.keys(tracked)) {
      const isOwners = next.units[name]?.application === owner || name === owner;
      const known = names?.[name] ?? (isOwners ? (label ?? '') : '');
      add(name, [{ name: 'secret-changed', secret, revision: revisions.length + 1, label: known }]);
    }
    const keeper = keeperOf(next, gone);
    if (keeper !== null)
      add(
        keeper,
        revisions.map((_, at) => ({ name: 'secret-remove', secret, revision: at + 1, label: '' })),
      );
  }
  return next;
}
