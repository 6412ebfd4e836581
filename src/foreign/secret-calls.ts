/** The hook tools `secret-*` as programs. */
import { type HookTools, type SecretTimes, ToolError } from '../testing/index.ts';
import { sorted } from './answers.ts';
import { type Call, unknownTool, type Words } from './call.ts';
import { contentOf } from './values.ts';

export function secretCall({ secrets, view }: HookTools, call: Call, words: Words): string {
  const { tool, rest, flags } = words;
  const [first = ''] = rest;
  switch (tool) {
    case 'secret-add': {
      const owner = flags.get('owner') ?? 'application';
      if (owner !== 'unit' && owner !== 'application')
        throw words.wrong(`secret owner "${owner}" not valid`);
      const content = contentOf(tool, rest, call);
      const times = timesIn(words);
      const id = secrets.add(owner, content, flags.get('label') ?? null);
      if (Object.keys(times).length > 0) secrets.schedule(id, times);
      return `${id}\n`;
    }
    case 'secret-set': {
      const times = timesIn(words);
      secrets.set(first, contentOf(tool, rest.slice(1), call));
      if (Object.keys(times).length > 0) secrets.schedule(first, times);
      return '';
    }
    case 'secret-get': {
      const [id = null, key] = rest;
      const reading = words.has('refresh') ? 'refresh' : words.has('peek') ? 'peek' : 'tracked';
      const content = secrets.get(id, reading, flags.get('label'));
      if (key === undefined) return words.shown(sorted(content));
      const found = content[key.replace(/#base64$/, '')];
      if (found === undefined) throw new ToolError(tool, 1, `secret key "${key}" not found`);
      return words.shown(found);
    }
    case 'secret-info-get':
      return words.shown(infoOf({ secrets, view }, rest[0], words));
    case 'secret-ids':
      return words.shown(Object.keys(secrets.infos()).map(shortId).sort());
    case 'secret-grant':
      secrets.grant(first, words.relation('--relation'));
      return '';
    case 'secret-revoke': {
      const application = flags.get('app') ?? flags.get('unit')?.split('/')[0];
      const relations = Object.entries(view.relations).flatMap(([id, { remote }]) =>
        remote === application ? [Number(id)] : [],
      );
      for (const id of application === undefined ? [words.relation('--relation')] : relations)
        secrets.revoke(first, id);
      return '';
    }
    case 'secret-remove': {
      const revision = flags.get('revision');
      secrets.remove(first, revision === undefined ? undefined : Number(revision));
      return '';
    }
    default:
      throw unknownTool(tool);
  }
}

const policies = ['never', 'hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly'];

/** What `--rotate` and `--expire` say, as far as they are given. */
function timesIn({ tool, flags }: Words): SecretTimes {
  const [rotate, expire] = [flags.get('rotate'), flags.get('expire')];
  if (rotate !== undefined && !policies.includes(rotate))
    throw new ToolError(tool, 2, `rotate policy "${rotate}" not valid`);
  const isTime = (text: string) =>
    /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text) ||
    (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)));
  if (expire !== undefined && expire !== '' && !isTime(expire))
    throw new ToolError(tool, 2, `expire time or duration "${expire}" not valid`);
  return {
    ...(rotate === undefined ? {} : { rotate }),
    ...(expire === undefined || expire === '' ? {} : { expires: true as const }),
  };
}

function infoOf(
  { secrets, view }: Pick<HookTools, 'secrets' | 'view'>,
  asked: string | undefined,
  { tool, flags }: Words,
): object {
  const label = flags.get('label');
  const found = Object.entries(secrets.infos()).find(([id, one]) =>
    asked === undefined ? one.label === label : shortId(id) === shortId(asked),
  );
  const named = asked === undefined ? label : shortId(asked);
  if (found === undefined) throw new ToolError(tool, 1, `secret "${named}" not found`);
  const [id, { revision, label: known, owner, grants, isNew, rotation }] = found;
  const access = grants.map((granted) => ({
    target: `application-${view.relations[granted]?.remote}`,
    scope: `relation-${view.relations[granted]?.key.replaceAll(':', '.').replace(' ', '#')}`,
    role: 'view',
  }));
  return {
    [shortId(id)]: {
      revision,
      label: known ?? '',
      owner: owner === view.unit ? 'unit' : 'application',
      // Of one that was made in this hook there is no more to tell yet.
      ...(isNew ? {} : { rotation }),
      ...(isNew || access.length === 0 ? {} : { access }),
    },
  };
}

/** An id without what says that it is one, and of which model. */
const shortId = (id: string): string => id.replace(/^secret:(\/\/[^/]*\/)?/, '');
