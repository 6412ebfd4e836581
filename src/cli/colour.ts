/** What is coloured, and where: on a terminal, or wherever the environment says so. */

interface Stream {
  readonly isTTY?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `NO_COLOR` decides before `FORCE_COLOR`, and both before what the stream is. */
export function hasColour(stream: Stream, environment: Environment = process.env): boolean {
  const { NO_COLOR: none, FORCE_COLOR: forced, TERM: terminal } = environment;
  if (none || forced === '0' || forced === 'false') return false;
  if (forced) return true;
  return stream.isTTY === true && terminal !== 'dumb';
}

/** A text as it is to be written to a stream. */
type Paint = (text: string, stream?: Stream) => string;

const painted =
  (on: number, off: number): Paint =>
  (text, stream = process.stdout) =>
    text !== '' && hasColour(stream) ? `\u001b[${on}m${text}\u001b[${off}m` : text;

export const good = painted(32, 39);
export const bad = painted(31, 39);
export const strong = painted(1, 22);
export const faint = painted(2, 22);

/** A line of a story: the mark of a check that holds or does not is coloured. */
export const marked = (text: string): string =>
  text.replace(/^( *)([✓✗])/, (_, space, mark) => space + (mark === '✓' ? good : bad)(mark));
