/** Stories of hooks that call each other forth without end. */

/** A round comes so often before it is taken for one. */
const often = 3;
/** Lines that are told where no round is found. */
const most = 40;

/** The lines up to where they go round, and one round. */
export function withOneRound(lines: readonly string[]): readonly string[] {
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
