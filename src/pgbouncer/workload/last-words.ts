import { printable } from '../../juju/hook-tools/printable.ts';
import { maskedWords } from '../relation/masking.ts';

/** What was said long before has nothing to do with it. */
const lastLines = 20;
const mostLines = 4;
const mostCharacters = 400;

/**
 * What PgBouncer has said of its end, for a sentence: those of its last lines that complain, or the
 * last of all, with neither secrets nor more than anybody reads.
 */
export function lastWordsOf(log: string): string {
  const lines = log
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-lastLines);
  const complaints = lines.filter((line) => /\b(FATAL|ERROR|WARNING)\b/.test(line));
  const told = (complaints.length > 0 ? complaints : lines).slice(-mostLines).map(withoutTime);
  return printable(maskedWords(told.join('; ')), mostCharacters);
}

/** A status is no log: who says it and when is known. */
const withoutTime = (line: string): string =>
  line
    .trim()
    .replace(/^\S*\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*( UTC)?( \[[^\]]*\])*\s*/, '')
    .replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*( \w+)? \[\d+\]\s*/, '');
