/** Files that the command line names: every message about one says which. */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
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
    throw new WrongUse(`${file} cannot be read (${codeOf(cause)})`);
  }
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

/** What is to be said of a file that does not hold what it should. */
export const aboutFile = (file: string, cause: unknown): WrongContent =>
  new WrongContent(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`);

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
