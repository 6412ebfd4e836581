/** Files that the command line names: every message about one says which. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { nearest } from '../misuse/nearest.ts';
import { WrongContent, WrongUse } from './wrong-use.ts';

/** What a recording may be called: the page with it, or its JSON. */
export const recordingEndings = ['.html', '.htm', '.json'] as const;
/** What a file with charts may be called. */
export const chartEndings = ['.md', '.markdown', '.mmd', '.mermaid'] as const;

/** The text of a file; wrong use where it cannot be read. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WrongUse(`${file} cannot be read (${codeOf(cause)})`, nearestFile(file));
  }
}

/** The file beside one that is not there that may have been meant; null where none is called nearly so. */
export function nearestFile(file: string): string | null {
  if (existsSync(file)) return null;
  try {
    const name = basename(file);
    const names = readdirSync(dirname(file));
    // All of a kind end alike, which makes none of them nearer.
    const stem = nearest(stemOf(name), names.map(stemOf));
    const found = names.find((one) => stemOf(one) === stem);
    return found === undefined ? null : `${file.slice(0, file.length - name.length)}${found}`;
  } catch {
    return null;
  }
}

const stemOf = (name: string): string => basename(name, extname(name));

/** The command that reads a file like this one; null where none does. */
function readerOf(file: string, text: string): string | null {
  if (/"format"\s*:\s*"hookchart-soak"/.test(text)) return `hookchart soak --replay ${file}`;
  if (/"format"\s*:\s*"hookchart-recording"/.test(text)) return `hookchart inspect ${file}`;
  const isReplay = /"bounds"\s*:/.test(text) && /"actions"\s*:/.test(text);
  return isReplay ? `hookchart verify --replay ${file}` : null;
}

/** Wrong use where a file is called as none of its kind is: to be known BEFORE work begins. */
export function checkEnding(file: string, endings: readonly string[]): void {
  if (endings.includes(extname(file).toLowerCase())) return;
  const [last, ...others] = [...endings].reverse();
  const all = others.length === 0 ? last : `${others.reverse().join(', ')} or ${last}`;
  throw new WrongUse(`${file} is to end in ${all}`);
}

/** Wrong use where a file could not be written: to be known BEFORE there is something to lose. */
export function checkWritable(file: string): void {
  try {
    if (!existsSync(file)) accessSync(dirname(file), constants.W_OK);
    else if (statSync(file).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    else accessSync(file, constants.W_OK);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

export const unwritable = (file: string, cause: unknown): WrongUse =>
  new WrongUse(`${file} cannot be written (${codeOf(cause)})`);

/** What is to be said of a file that does not hold what `command` reads, and what writes one that does. */
export function aboutFile(
  file: string,
  cause: unknown,
  { text, command, writes }: { text: string; command: string; writes: string },
): WrongContent {
  const reader = readerOf(file, text);
  const other = reader === null || reader === `${command} ${file}` ? null : reader;
  const { message } = cause instanceof Error ? cause : { message: String(cause) };
  return new WrongContent(`${file}: ${message}`, other, `${writes} writes one that is read here`);
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
