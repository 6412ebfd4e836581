import type { Command, CommanderError } from 'commander';
import { nearest } from '../misuse/nearest.ts';
import { bad } from './colour.ts';

/**
 * The command line was used wrongly; the message says how to use it. Exit code 2. `meant` is what
 * may have been meant, where a word was misspelt, and `instead` what would do where it was not.
 */
export class WrongUse extends Error {
  readonly meant: string | null;
  readonly instead: string | null;
  constructor(message: string, meant: string | null = null, instead: string | null = null) {
    super(message);
    this.meant = meant;
    this.instead = instead;
  }
}

/** Wrong use where a word is none of a few: the one that is close to it, else all that there are. */
export function unknownWord(what: string, word: string, words: readonly string[]): WrongUse {
  const meant = nearest(word, words);
  return meant === null
    ? new WrongUse(`${what}; there are ${words.join(', ')}`)
    : new WrongUse(what, meant);
}

/** What a file holds is wrong; the message says all that there is to say but what would do. Exit code 2. */
export class WrongContent extends WrongUse {}

/** Two lines: what is wrong; the word that may have been meant, what would do, or where to read what there is. */
export function tellWrongUse(
  what: string,
  { meant, instead }: Pick<WrongUse, 'meant' | 'instead'>,
  command: string,
): void {
  const other = instead ?? `${command} --help says what there is`;
  tellFault(`${what}\n${meant === null ? other : `Did you mean ${meant}?`}`);
}

/** What ends the program, on standard error. */
export const tellFault = (what: string): void =>
  void process.stderr.write(`${bad('hookchart:', process.stderr)} ${what}\n`);

/** Has a command, and all below it, say what is wrong with its words in two lines. */
export function tellsWrongUse(command: Command, path = command.name()): void {
  command.exitOverride().configureOutput({
    outputError: (text) => {
      const { what, meant } = read(text);
      tellWrongUse(what, { meant, instead: null }, path);
    },
  });
  for (const below of command.commands) tellsWrongUse(below, `${path} ${below.name()}`);
}

export const exitCodeOf = (error: CommanderError): number => (error.exitCode === 0 ? 0 : 2);

/** What commander says of a word, and which other it has in mind. */
function read(text: string): { readonly what: string; readonly meant: string | null } {
  const [first = '', second = ''] = text.trim().split('\n');
  const what = first.replace(/^error: /, '');
  const suggested = /Did you mean (?:one of )?(.*)\?/.exec(second)?.[1] ?? null;
  if (suggested !== null) return { what, meant: suggested.replace(/, (?=[^,]*$)/, ' or ') };
  const [, word, choices] = /'([^']*)' is invalid\b.* Allowed choices are (.*)\.$/.exec(what) ?? [];
  const meant = word && choices ? nearest(word, choices.split(', ')) : null;
  return { what, meant };
}
