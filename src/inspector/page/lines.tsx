import { diffLines } from 'diff';
import { useMemo } from 'preact/hooks';

export interface LineOf {
  readonly text: string;
  readonly kind: 'added' | 'removed' | 'same' | 'left out';
}

export interface LinesProps {
  readonly before: string;
  readonly after: string;
  /** How many lines are shown beside those that differ; all where it is not said. */
  readonly around?: number;
}

/** Two texts as one: what went and what came stand between what is in both. */
export function Lines({ before, after, around }: LinesProps) {
  const lines = useMemo(() => {
    const all = compared(before, after);
    return around === undefined ? all : shortened(all, around);
  }, [before, after, around]);
  return lines.map(({ text, kind }, number) => <Line key={number} text={text} kind={kind} />);
}

/** One line of each of two texts, or of one of them. */
export type Pair = readonly [before: LineOf | null, after: LineOf | null];

/** Two texts beside each other: the lines that differ, and so many around them. */
export function pairsOf(before: string, after: string, around: number): readonly Pair[] {
  const pairs: Pair[] = [];
  let [gone, come]: [LineOf[], LineOf[]] = [[], []];
  const flush = () => {
    for (let at = 0; at < Math.max(gone.length, come.length); at++)
      pairs.push([gone[at] ?? null, come[at] ?? null]);
    [gone, come] = [[], []];
  };
  for (const line of shortened(compared(before, after), around)) {
    if (line.kind === 'removed') gone.push(line);
    else if (line.kind === 'added') come.push(line);
    else {
      flush();
      pairs.push([line, line]);
    }
  }
  flush();
  return pairs;
}

const compared = (before: string, after: string): readonly LineOf[] =>
  diffLines(before, after).flatMap(({ value, added, removed }) =>
    value
      .replace(/\n$/, '')
      .split('\n')
      .map((text) => ({ text, kind: added ? 'added' : removed ? 'removed' : 'same' }) as const),
  );

/** Only what differs and what is near to it; of the rest, how much it is. */
function shortened(lines: readonly LineOf[], around: number): readonly LineOf[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(at - around, 0), at + around + 1).some(({ kind }) => kind !== 'same'),
  );
  const short: LineOf[] = [];
  let left = 0;
  const tell = () => {
    if (left > 0) short.push({ text: `… ${left} as before`, kind: 'left out' });
    left = 0;
  };
  for (const [at, line] of lines.entries()) {
    if (isNear[at]) {
      tell();
      short.push(line);
    } else left += 1;
  }
  tell();
  return short;
}

export function Line({ text, kind }: LineOf) {
  if (kind === 'added') return <ins>{`+ ${text}\n`}</ins>;
  if (kind === 'removed') return <del>{`- ${text}\n`}</del>;
  if (kind === 'left out') return <span class="small">{`${text}\n`}</span>;
  return <span>{`  ${text}\n`}</span>;
}
