/** The hook tools `secret-*` as programs. */
import { type HookTools, type SecretDetails, ToolError } from '../testing/index.ts';
import { shortId } from '../testing/secret-names.ts';
import { sorted } from './answers.ts';
import { type Call, unknownTool, type Words } from './call.ts';
import { contentOf } from './values.ts';

export function secretCall(tools: HookTools, call: Call, words: Words): string {
  const { secrets } = tools;
  const { tool, rest, flags } = words;
  const [first] = rest;
  if (first === undefined && needsId.has(tool)) throw words.wrong('missing secret URI');
  const id = first ?? '';
  switch (tool) {
    case 'secret-add':
      return added(tools, call, words);
    case 'secret-set': {
      const details = detailsIn(words);
      secrets.set(id, contentOf(tool, rest.slice(1), flags.get('file'), call));
      if (Object.keys(details).length > 0) secrets.describe(id, details);
      return '';
    }
    case 'secret-get':
      return read(tools, words);
    case 'secret-info-get':
      return words.shown(infoOf(tools, first, words));
    case 'secret-ids':
      return words.shown(Object.keys(secrets.infos()).map(shortId).sort());
    case 'secret-grant':
      secrets.grant(id, words.relation('--relation'));
      return '';
    case 'secret-revoke':
      for (const relation of revokedIn(tools, words)) secrets.revoke(id, relation);
      return '';
    case 'secret-remove': {
      const given = flags.get('revision') ?? '0';
      if (!/^-?\d+$/.test(given))
        throw words.wrong(`invalid value "${given}" for option --revision: parse error`);
      const revision = Number(given);
      secrets.remove(id, revision > 0 ? revision : undefined);
      return '';
    }
    default:
      throw unknownTool(tool);
  }
}

const needsId = new Set(['secret-set', 'secret-grant', 'secret-revoke', 'secret-remove']);

function added({ secrets }: HookTools, call: Call, words: Words): string {
  const { tool, rest, flags } = words;
  const [owner, file] = [flags.get('owner') ?? 'application', flags.get('file')];
  if (rest.length === 0 && file === undefined)
    throw words.wrong('missing secret value or filename');
  const { label, ...details } = detailsIn(words);
  if (owner !== 'unit' && owner !== 'application')
    throw words.wrong(`secret owner "${owner}" not valid`);
  const content = contentOf(tool, rest, file, call);
  if (Object.keys(content).length === 0)
    throw new ToolError(tool, 1, 'empty secret value not valid');
  const id = secrets.add(owner, content, label ?? null);
  if (Object.keys(details).length > 0) secrets.describe(id, details);
  return `${id}\n`;
}

const noneNamed = 'require either a secret URI or label';

function read({ secrets }: HookTools, words: Words): string {
  const { tool, rest, flags } = words;
  const [id = null, key] = rest;
  const label = flags.get('label');
  if (id === null && !label) throw words.wrong(noneNamed);
  const [isFresh, isPeek] = [words.has('refresh'), words.has('peek')];
  if (isFresh && isPeek) throw words.wrong('specify one of --peek or --refresh but not both');
  const content = secrets.get(id, isFresh ? 'refresh' : isPeek ? 'peek' : 'tracked', label);
  if (key === undefined) return words.shown(sorted(content));
  const found = content[key.replace(/#base64$/, '')];
  if (found === undefined) throw new ToolError(tool, 1, `secret key value "${key}" not found`);
  return words.shown(key.endsWith('#base64') ? Buffer.from(found).toString('base64') : found);
}

/** The relations to whose application a grant is taken back: the one that is named, or all of an application. */
function revokedIn({ view }: HookTools, words: Words): readonly number[] {
  const { flags } = words;
  const unit = flags.get('unit');
  const named = flags.get('app') ?? flags.get('application');
  if (named !== undefined && unit !== undefined)
    throw words.wrong('specify only one of application or unit');
  if (flags.has('relation') || view.hook.relation !== undefined) {
    if (named !== undefined) throw words.wrong('do not specify both relation and app');
    return [words.relation('--relation')];
  }
  const application = named ?? unit?.split('/')[0];
  if (application === undefined) throw words.wrong('missing relation or application or unit');
  return Object.entries(view.relations).flatMap(([id, { remote }]) =>
    remote === application ? [Number(id)] : [],
  );
}

const policies = ['never', 'hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly'];

/** What is said of a secret beside what is in it, as far as it is. */
function detailsIn({ tool, flags }: Words): SecretDetails {
  const [rotate, expire] = [flags.get('rotate'), flags.get('expire')];
  const [label, description] = [flags.get('label'), flags.get('description')];
  const isTime = (text: string) =>
    /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text) ||
    (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)));
  if (expire && !isTime(expire))
    throw new ToolError(tool, 2, `expire time or duration "${expire}" not valid`);
  if (rotate && !policies.includes(rotate))
    throw new ToolError(tool, 2, `rotate policy "${rotate}" not valid`);
  return {
    ...(rotate ? { rotate } : {}),
    ...(expire ? { expires: true as const } : {}),
    ...(label ? { label } : {}),
    ...(description ? { description } : {}),
  };
}

function infoOf({ secrets, view }: HookTools, asked: string | undefined, words: Words): object {
  const { tool, flags } = words;
  const label = flags.get('label');
  if (asked === undefined && !label) throw words.wrong(noneNamed);
  if (asked !== undefined && label)
    throw words.wrong('specify either a secret URI or label but not both');
  const found = Object.entries(secrets.infos()).find(([id, one]) =>
    asked === undefined ? one.label === label : shortId(id) === shortId(asked),
  );
  const named = asked === undefined ? label : shortId(asked);
  if (found === undefined) throw new ToolError(tool, 1, `secret "${named}" not found`);
  const [id, { revision, label: known, description, owner, grants, isNew, rotation }] = found;
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
      ...(description === undefined ? {} : { description }),
      // Of one that was made in this hook there is no more to tell than what was said of it.
      ...(isNew && rotation === 'never' ? {} : { rotation }),
      ...(isNew || access.length === 0 ? {} : { access }),
    },
  };
}
