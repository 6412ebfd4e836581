/** Values that a hook tool is given: as `key=value`, in a file, or on standard input. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { isMap, isScalar, parseDocument, type Scalar } from 'yaml';
import type { Databag } from '../juju/index.ts';
import { ToolError } from '../testing/index.ts';

/** What a call was sent beside its words. */
export interface Sent {
  readonly input: string;
  /** What was in the files that it names when it was made, by the path as it names them. */
  readonly files: Readonly<Record<string, string>>;
}

/** Reads the files that a call names, where they are there: its process may take them away at once. */
export function filesNamed(args: readonly string[], folder: string): Sent['files'] {
  const named = args.flatMap((arg, at) => {
    const path = /#file=(.*)$/s.exec(arg)?.[1] ?? /^--file=(.*)$/s.exec(arg)?.[1];
    return path ?? (args[at - 1] === '--file' ? arg : []);
  });
  return Object.fromEntries(
    named.flatMap((path) => {
      try {
        return [[path, readFileSync(isAbsolute(path) ? path : join(folder, path), 'utf8')]];
      } catch {
        return [];
      }
    }),
  );
}

/** What is to be written: a file in YAML, over which what is in the arguments goes. */
export function valuesOf(
  tool: string,
  file: string | undefined,
  words: readonly string[],
  sent: Sent,
): Databag {
  return {
    ...(file === undefined ? {} : inYaml(tool, fileText(tool, file, sent))),
    ...inWords(tool, words),
  };
}

function fileText(tool: string, file: string, { input, files }: Sent): string {
  const text = file === '-' ? input : files[file];
  if (text === undefined) throw new ToolError(tool, 1, `open ${file}: no such file or directory`);
  return text;
}

function inYaml(tool: string, text: string): Databag {
  const json = inJson(text);
  if (json !== null) return json;
  // As text, whatever it looks like: what is written as 1.0 stays that.
  const { errors, contents } = parseDocument(text, { schema: 'failsafe' });
  const refused = (why: string) => new ToolError(tool, 1, `yaml: ${why}`);
  const cannot = (what: string, into: string) =>
    refused(`unmarshal errors:\n  line 1: cannot unmarshal ${what} into ${into}`);
  if (errors.length > 0) throw refused('line 1: did not find expected node content');
  if (contents === null || (isScalar(contents) && isNothing(contents))) return {};
  if (!isMap(contents)) throw cannot('!!str', 'map[string]string');
  return Object.fromEntries(
    contents.items.map(({ key, value }) => {
      if (value !== null && !isScalar(value)) throw cannot('!!map', 'string');
      return [String(key), value === null || isNothing(value) ? '' : String(value.value)];
    }),
  );
}

/** Most charms write JSON, which is YAML as well and is read much faster; null where it is no map of texts. */
function inJson(text: string): Databag | null {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return null;
    const entries = Object.entries(found);
    return entries.every(([, value]) => typeof value === 'string')
      ? Object.fromEntries(entries)
      : null;
  } catch {
    return null;
  }
}

const isNothing = ({ type, value }: Scalar): boolean =>
  type === 'PLAIN' && /^(|~|null|Null|NULL)$/.test(String(value));

function inWords(tool: string, words: readonly string[]): Databag {
  const values = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new ToolError(tool, 2, `expected "key=value", got "${word}"`);
    const key = word.slice(0, at);
    if (values.has(key)) throw new ToolError(tool, 2, `key "${key}" specified more than once`);
    values.set(key, word.slice(at + 1));
  }
  return Object.fromEntries(values);
}

/** What a secret is to hold, with what is in a file over it; `key#file=PATH` reads one value from a file, so that nobody sees it. */
export function contentOf(
  tool: string,
  words: readonly string[],
  file: string | undefined,
  sent: Sent,
): Databag {
  const wrong = (why: string) => new ToolError(tool, 2, why);
  const missing = (path: string) => `open ${path}: no such file or directory`;
  const values = words.map((word): readonly [string, string] => {
    const [, name = '', value = ''] = /^([^=]+)=(.+)$/s.exec(word) ?? [];
    const isPadding = /^=*$/.test(value);
    if (name === '' || isPadding) throw wrong(`key value "${word}" not valid`);
    if (!name.endsWith('#file')) return decoded(name, value);
    const key = name.slice(0, -'#file'.length);
    const text = sent.files[value];
    if (text !== undefined) return [key, text];
    throw wrong(`reading content for secret key "${key}": ${missing(value)}`);
  });
  const text = file === undefined ? '' : sent.files[file];
  if (text === undefined) throw wrong(missing(file ?? ''));
  const inFile = Object.entries(inYaml(tool, text)).map(([name, value]) => decoded(name, value));
  return Object.fromEntries([...values, ...inFile]);
}

function decoded(name: string, value: string): readonly [string, string] {
  const key = name.replace(/#base64$/, '');
  return [key, key === name ? value : Buffer.from(value, 'base64').toString()];
}
