/** What a hook tool was called with, read as Juju's own reads it. */
import { ToolError } from '../testing/index.ts';

/** The arguments of one call. */
export interface Arguments {
  /** By its long name without dashes; bare ones have an empty text. */
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

/** Flags that every tool that prints has, and those that each has of its own: with a value, and bare. */
const known: Readonly<Record<string, readonly [valued: string, bare: string]>> = {
  'action-fail': ['', ''],
  'action-get': ['', ''],
  'action-log': ['', ''],
  'action-set': ['', ''],
  'application-version-set': ['', ''],
  'close-port': ['endpoints', ''],
  'config-get': ['', 'all'],
  'goal-state': ['', ''],
  'is-leader': ['', ''],
  'juju-log': ['log-level', 'debug'],
  'network-get': ['relation', 'bind-address ingress-address egress-subnets primary-address'],
  'open-port': ['endpoints', ''],
  'opened-ports': ['', 'endpoints'],
  'relation-get': ['relation', 'app'],
  'relation-ids': ['', ''],
  'relation-list': ['relation', 'app'],
  'relation-model-get': ['relation', ''],
  'relation-set': ['relation file', 'app'],
  'secret-add': ['owner label description expire rotate file', ''],
  'secret-get': ['label', 'refresh peek'],
  'secret-grant': ['relation unit', ''],
  'secret-info-get': ['label', ''],
  'secret-remove': ['revision', ''],
  'secret-revoke': ['relation app unit', ''],
  'secret-set': ['owner label description expire rotate file', ''],
  'state-get': ['', 'strict'],
  'state-set': ['file', ''],
  'status-get': ['', 'include-data application'],
  'status-set': ['', 'application'],
  'storage-get': ['storage', 'help'],
  'unit-get': ['', ''],
};

const short: Readonly<Record<string, string>> = {
  r: 'relation',
  l: 'log-level',
  s: 'storage',
  o: 'output',
};

/** Takes the flags out of what a tool was called with; a `ToolError` of exit code 2 names one that it lacks. */
export function argumentsOf(tool: string, given: readonly string[]): Arguments {
  const [valued = '', bare = ''] = known[tool] ?? [];
  const withValue = new Set([...valued.split(' '), 'format', 'output']);
  const without = new Set(bare.split(' '));
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < given.length; at++) {
    const word = given[at] ?? '';
    if (word === '--') return { flags, rest: [...rest, ...given.slice(at + 1)] };
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
  return { flags, rest };
}
