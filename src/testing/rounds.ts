/** Stories of hooks that call each other forth without end, or that fail again and again. */
import { given } from './given.ts';

/** A round comes so often before it is taken for one. */
const often = 3;
/** Lines that are told where no round is found. */
const most = 40;

/**
 * A story as it is told: hooks that fail alike are told once; of those that never end, what leads to
 * them and one round.
 *
 * @category Stories
 */
export function shortStory(lines: readonly string[], isEndless: boolean): readonly string[] {
  given('shortStory', 'the story', lines, 'list');
  const short = withEachFailureOnce(lines.map(String));
  return isEndless ? withOneRound(short) : short;
}

const fails = /^ {4}.+ — fails: /;

/** A hook that fails comes again, and other units may fail meanwhile; each is told once in a row of such. */
function withEachFailureOnce(lines: readonly string[]): readonly string[] {
  const told: string[] = [];
  const row = new Set<string>();
  let again = 0;
  const end = () => {
    if (again > 0) told.push(`    and so on, ${again} hooks more that fail alike`);
    row.clear();
    again = 0;
  };
  for (const line of lines) {
    if (!fails.test(line)) end();
    else if (row.has(line)) {
      again += 1;
      continue;
    } else row.add(line);
    told.push(line);
  }
  end();
  return told;
}

/** The lines up to where they go round, and one round. */
function withOneRound(lines: readonly string[]): readonly string[] {
  // Each round may have a revision of its own.
  const alike = lines.map((line) => line.replace(/revision \d+/g, 'revision'));
  for (let length = 1; length * often <= alike.length; length++) {
    let from = alike.length - length;
    while (from > 0 && alike[from - 1] === alike[from - 1 + length]) from -= 1;
    if (alike.length - from < length * often) continue;
    const rest = lines.length - from - length;
    return [...lines.slice(0, from + length), `    and so on, ${rest} hooks more and without end`];
  }
  if (lines.length <= most) return lines;
  return [
    ...lines.slice(0, most),
    `    and so on, ${lines.length - most} hooks more and without end`,
  ];
}
