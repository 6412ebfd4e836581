/** What a hook tool prints, in the format that it was asked for. */
import { stringify } from 'yaml';
import { ToolError } from '../testing/index.ts';
import type { Arguments } from './arguments.ts';

/** A value as Juju prints it: as JSON, as YAML, or bare, which is what no format means. */
export function shown(tool: string, { flags }: Arguments, value: unknown): string {
  const format = flags.get('format') ?? (neverBare.has(tool) ? 'yaml' : 'smart');
  if (format === 'json') return `${asGo(value)}\n`;
  if (format === 'yaml') return inYaml(value);
  if (format === 'smart' && !neverBare.has(tool)) return smart(value);
  throw new ToolError(
    tool,
    2,
    `invalid value "${format}" for option --format: unknown format "${format}"`,
  );
}

/** They print YAML where nothing else is asked for: what looks like a number is in quotes. */
const neverBare: ReadonlySet<string> = new Set(['secret-get', 'secret-info-get']);

/** As Go writes it, which keeps what YAML 1.1 takes for yes and no in quotes. */
const inYaml = (value: unknown): string =>
  value === null || value === undefined
    ? ''
    : stringify(value, { version: '1.1', lineWidth: 0, directives: false });

/** JSON as Go writes it. */
const asGo = (value: unknown): string =>
  JSON.stringify(value ?? null).replace(
    /[<>&]/g,
    (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`,
  );

function smart(value: unknown): string {
  if (value === null || value === undefined || value === '') return '';
  if (typeof value === 'string') return `${value}\n`;
  if (typeof value === 'boolean') return value ? 'True\n' : 'False\n';
  if (Array.isArray(value)) return value.length === 0 ? '' : `${value.map(String).join('\n')}\n`;
  if (typeof value === 'number') return `${value}\n`;
  return inYaml(value);
}

/** A record in the order of its keys, in which Juju prints them. */
export const sorted = <Value>(record: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));
