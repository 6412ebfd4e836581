import { commented, quoted } from './literals.ts';
import type { DrawnRequest } from './requests.ts';

/** `src/words.ts`: what the charts ask and order, and the parts that machines are made of. */
export function wordsFile(requests: readonly DrawnRequest[]): string {
  const of = (kind: DrawnRequest['kind']) => requests.filter((request) => request.kind === kind);
  return `/** What this charm talks about. The names are those of the nodes. */
import { type JujuEvent, vocabulary } from 'hookchart';

/** What the charts ask, in nodes drawn as { }. */
export type Question =${union(of('question'))};

/**
 * What the charts order, in nodes drawn as [ ]. What a handler has to know stands beside the tag,
 * as \`readonly relation: number\`; the machine then makes it of \`event\` and \`learned\`, as
 * \`({ event }) => ({ _tag: …, relation: relationOf(event) })\` with \`relationOf\` of hookchart.
 */
export type Command =${union(of('command'))};

/**
 * What one handler finds out for a later one: \`{ readonly port: number | null }\`. Nothing so far;
 * what is known at first stands below.
 */
export type Learned = object;

export interface Words {
  readonly question: Question;
  readonly command: Command;
  readonly learned: Learned;
  readonly event: JujuEvent;
}

export const { ask, chart, defers, order, returns, terminal } = vocabulary<Words>({
  learned: {},
});
`;
}

function union(requests: readonly DrawnRequest[]): string {
  if (requests.length === 0) return ' never';
  return requests
    .map(({ tag, label }) => `\n  // ${commented(label)}\n  | { readonly _tag: ${quoted(tag)} }`)
    .join('');
}
