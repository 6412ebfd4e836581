/** What a hook tool was called with, read as Juju's own reads it. */
import { ToolError } from '../testing/index.ts';

/** The arguments of one call. */
export interface Arguments {
  /** By its long name without dashes; bare ones have an empty text. */
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

/** How a tool is called: its flags with a value, its bare ones, and how many words it takes beside them. */
type Form = readonly [valued: string, bare: string, most: number];

const any = Number.POSITIVE_INFINITY;
/** Of each tool; what prints has more flags, which are the same for all. */
const forms: Readonly<Record<string, Form>> = {
  'action-fail': ['', '', 1],
  'action-get': ['', '', 1],
  'action-log': ['', '', any],
  'action-set': ['', '', any],
  'application-version-set': ['', '', 1],
  'close-port': ['endpoints', '', 1],
  'config-get': ['', 'all', 1],
  'goal-state': ['', '', 0],
  'is-leader': ['', '', 0],
  'juju-log': ['log-level', 'debug', any],
  'leader-get': ['', '', 1],
  'leader-set': ['', '', any],
  'network-get': ['relation', 'bind-address ingress-address egress-subnets primary-address', 1],
  'open-port': ['endpoints', '', 1],
  'opened-ports': ['', 'endpoints', 0],
  'relation-get': ['relation', 'app', 2],
  'relation-ids': ['', '', 1],
  'relation-list': ['relation', 'app', 0],
  'relation-model-get': ['relation', '', 0],
  'relation-set': ['relation file', 'app', any],
  'resource-get': ['', '', 1],
  'secret-add': ['owner label description expire rotate file', '', any],
  'secret-get': ['label', 'refresh peek', 2],
  'secret-grant': ['relation unit', '', 1],
  'secret-info-get': ['label', '', 1],
  'secret-remove': ['revision', '', 1],
  'secret-revoke': ['relation app application unit', '', 1],
  'secret-set': ['owner label description expire rotate file', '', any],
  'secret-ids': ['', '', 0],
  'state-delete': ['', '', 1],
  'state-get': ['', 'strict', 1],
  'state-set': ['file', '', any],
  'status-get': ['', 'include-data application', 0],
  'status-set': ['', 'application', 2],
  'payload-register': ['', '', any],
  'payload-status-set': ['', '', 3],
  'payload-unregister': ['', '', 2],
  'storage-add': ['', '', any],
  'storage-get': ['storage', 'help', 1],
  'storage-list': ['', '', 1],
  'unit-get': ['', '', 1],
};

const short: Readonly<Record<string, string>> = {
  a: 'all',
  r: 'relation',
  l: 'log-level',
  s: 'storage',
  o: 'output',
};

/** Takes the flags out of what a tool was called with; a `ToolError` of exit code 2 names one that it lacks. */
export function argumentsOf(tool: string, given: readonly string[]): Arguments {
  const [valued = '', bare = '', most = any] = forms[tool] ?? [];
  const withValue = new Set([...valued.split(' '), 'format', 'output']);
  const without = new Set(bare.split(' '));
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < given.length; at++) {
    const word = given[at] ?? '';
    if (word === '--') {
      rest.push(...given.slice(at + 1));
      break;
    }
    const [, dashes = '', spelled = '', value] =
      /^(--?)([a-z][a-z-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (spelled === '') {
      rest.push(word);
      continue;
    }
    const name = dashes === '-' ? (short[spelled] ?? spelled) : spelled;
    if (without.has(name)) {
      if (!/^false$/i.test(value ?? '')) flags.set(name, '');
    } else if (withValue.has(name)) {
      if (value === undefined) at += 1;
      const taken = value ?? given[at];
      if (taken === undefined) throw new ToolError(tool, 2, `option needs an argument: ${word}`);
      flags.set(name, taken);
    } else throw new ToolError(tool, 2, `option provided but not defined: ${word}`);
  }
  if (rest.length > most) throw unrecognized(tool, rest.slice(most));
  return { flags, rest };
}

/** Words that are too many, as Go prints them. */
const unrecognized = (tool: string, words: readonly string[]): ToolError =>
  new ToolError(
    tool,
    2,
    `unrecognized args: [${words.map((one) => JSON.stringify(one)).join(' ')}]`,
  );
