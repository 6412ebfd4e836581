/** The hook tools `storage-*` as programs: what a unit has attached, and how it asks for more. */
import { ToolError } from '../testing/index.ts';
import { unknownTool, type Words } from './call.ts';
import type { Around } from './tool-calls.ts';

/** The id of what is attached: the first of a kind has the kind's name alone in the model. */
const idOf = (attached: string): string => (attached.includes('/') ? attached : `${attached}/0`);
const kindOf = (attached: string): string => attached.split('/')[0] ?? attached;

export function storageCall(around: Around, words: Words): string {
  const { storage: attached = [] } = around.tools.view;
  switch (words.tool) {
    case 'storage-list': {
      const [kind] = words.rest;
      const named = attached.filter((one) => kind === undefined || kindOf(one) === kind);
      return words.shown(named.map(idOf).sort());
    }
    case 'storage-get':
      return storageGet(around, words, attached);
    case 'storage-add':
      storageAdd(around, words);
      return '';
    default:
      throw unknownTool(words.tool);
  }
}

function storageGet({ tools, storage }: Around, words: Words, attached: readonly string[]): string {
  const [key] = words.rest;
  const { hook } = tools.view;
  const kind = /^(.+)-storage-(?:attached|detaching)$/.exec(hook.name)?.[1];
  const own = kind === undefined ? undefined : idOf(hook.storage ?? kind);
  // By its help ops finds out which storage a hook is about.
  if (words.has('help'))
    return `Usage: storage-get [options] [<key>]\n\nOptions:\n-s  (= ${own ?? ''})\n    specify a storage instance by id\n`;
  const named = words.flags.get('storage') ?? own;
  if (named === undefined) throw words.wrong('no storage instance specified');
  const one = attached.find((other) => idOf(other) === named || other === named);
  if (one === undefined)
    throw words.wrong(`invalid value "${kindOf(named)}" for option -s: storage not found`);
  const found: Readonly<Record<string, string>> = { kind: 'filesystem', location: storage(one) };
  if (key === undefined) return words.shown(found);
  if (found[key] !== undefined) return words.shown(found[key]);
  throw new ToolError(words.tool, 1, `invalid storage attribute "${key}"`);
}

/** Juju only reads it now; whether there may be so many is looked at with the commit. */
function storageAdd({ tools, charm }: Around, words: Words): void {
  if (words.rest.length === 0) throw words.wrong('storage add requires a storage directive');
  const counts = new Map<string, number>();
  for (const word of words.rest) {
    const [name = '', directive = '1', ...more] = word.split('=');
    if (name === '' || more.length > 0)
      throw words.wrong(`expected "name=directive" or "name", got "${word}"`);
    if (counts.has(name)) throw words.wrong(`storage "${name}" specified more than once`);
    counts.set(name, countIn(words, name, directive));
  }
  for (const [name, count] of counts) tools.storageAdd(name, count, charm.mostStorage[name]);
}

function countIn(words: Words, name: string, directive: string): number {
  if (/^[1-9]\d*$/.test(directive)) return Number(directive);
  const parsing = `cannot parse directive for storage "${name}"`;
  if (directive === '')
    throw words.wrong(`${parsing}: storage directives require at least one field to be specified`);
  if (/^-?\d+$/.test(directive))
    throw words.wrong(
      `${parsing}: cannot parse count: count must be greater than zero, got "${directive}"`,
    );
  throw words.wrong(`only count can be specified for "${name}"`);
}
