import * as E from 'fp-ts/lib/Either.js';
import { isIdentifier } from '../hook/nodes.ts';
import { given } from '../misuse/given.ts';
import { anyDirection, brackets, type Chart, type ChartEdge, type ChartNode } from './chart.ts';
import { unquoted } from './quoted.ts';

/** What could not be read, and where: lines count from 1. */
export interface ChartError {
  readonly line: number;
  readonly message: string;
}

/** A chart, and where its text mentions each node first and draws each edge. */
export interface PlacedChart {
  readonly chart: Chart;
  readonly nodeLines: ReadonlyMap<string, number>;
  /** In the order of the edges. */
  readonly edgeLines: readonly number[];
}

type Shape = ChartNode['shape'];

/** Statements that say how a chart looks; they carry no meaning for a hook. */
const presentation = /^(?:style|linkStyle|classDef|class|click)\s+\w/;
const header = new RegExp(`^(?:flowchart|graph)(?:\\s+(${anyDirection}))?$`);
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
// After a text between bars Mermaid takes one space at most.
const arrow =
  /\s*(?:-{2,}>\s*(?:\|(\s*"[^"]*"\s*|[^|]*)\|\s?(?!\s)|(?!\|))|--\s+(.*?)\s+-{2,}>\s*)/y;
const ampersand = /\s+&\s+/y;
/** Mermaid takes the id for an end of the arrow, a ring or a cross. */
const endOfArrow = /^[ox]$/;
/** What goes on right after the end of an id, as no arrow does. */
const oddId = /(?=[\p{L}\p{N}$.]|-\w)/uy;

/**
 * Reads a Mermaid flowchart: the four shapes that have a meaning here, arrows with and without
 * text, chains, `&`, comments. Anything else is an error that names the line.
 *
 * The syntax is the one of https://mermaid.js.org/syntax/flowchart.html.
 *
 * @example
 * ```ts
 * import { parse } from 'hookchart/chart';
 *
 * const chart = parse('flowchart TD\n  hook_fired([lamp-changed Hook]) --> rtn([Return])');
 * if (chart._tag === 'Right') console.log(chart.right.nodes.map(({ shape }) => shape));
 * // [ 'terminal', 'terminal' ]
 * const broken = parse('flowchart TD\n  hook_fired([lamp-changed Hook]) -> rtn');
 * if (broken._tag === 'Left') console.log(broken.left.line, broken.left.message);
 * // 2 expected an arrow, "-->" or "-- text -->", or "-->|text| " with one space after it, at " -> rtn"
 * ```
 */
export const parse = (source: string): E.Either<ChartError, Chart> =>
  E.map(({ chart }: PlacedChart) => chart)(placed(source));

/** As `parse`, with the lines, for whoever has something to say of a node or an edge. */
export function placed(source: string): E.Either<ChartError, PlacedChart> {
  given('parse', 'the source', source, 'text');
  const nodes = new Map<string, ChartNode | null>();
  const firstMention = new Map<string, number>();
  const edges: ChartEdge[] = [];
  const edgeLines: number[] = [];
  let direction: string | undefined;
  try {
    for (const { line, text } of statements(source)) {
      if (direction === undefined) {
        const found = header.exec(text);
        if (found === null) throw at(line, `expected "flowchart TD", found "${clip(text)}"`);
        direction = found[1] ?? 'TD';
      } else if (!presentation.test(text)) {
        readStatement(new Scanner(text, line), nodes, edges, firstMention);
        while (edgeLines.length < edges.length) edgeLines.push(line);
      }
    }
    if (direction === undefined) throw at(1, 'no flowchart here: the text is empty');
    for (const [id, node] of nodes)
      if (node === null)
        throw at(firstMention.get(id) ?? 1, `node ${id} is used, but no line gives its shape`);
  } catch (error) {
    if (error instanceof ChartProblem) return E.left(error.chartError);
    throw error;
  }
  const drawn = [...nodes.values()].filter((node) => node !== null);
  return E.right({
    chart: { direction, nodes: drawn, edges },
    nodeLines: firstMention,
    edgeLines,
  });
}

class ChartProblem extends Error {
  readonly chartError: ChartError;
  constructor(chartError: ChartError) {
    super(chartError.message);
    this.chartError = chartError;
  }
}

const at = (line: number, message: string) => new ChartProblem({ line, message });

const clip = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

const statementIn = (line: string): string => line.trim().replace(/;$/, '').trimEnd();

/** Whether a chart begins with this line. */
export const isHeader = (line: string): boolean => header.test(statementIn(line));

function* statements(source: string): Generator<{ line: number; text: string }> {
  for (const [index, raw] of source.split(/\r\n|\r|\n/).entries()) {
    const text = statementIn(raw);
    if (text !== '' && !text.startsWith('%%')) yield { line: index + 1, text };
  }
}

function readStatement(
  scanner: Scanner,
  nodes: Map<string, ChartNode | null>,
  edges: ChartEdge[],
  firstMention: Map<string, number>,
): void {
  const group = (): string[] => {
    const ids = [readNode(scanner, nodes, firstMention)];
    while (scanner.match(ampersand) !== null) ids.push(readNode(scanner, nodes, firstMention));
    return ids;
  };
  let sources = group();
  while (!scanner.done) {
    const found = scanner.match(arrow);
    if (found === null)
      throw scanner.problem(
        'expected an arrow, "-->" or "-- text -->", or "-->|text| " with one space after it',
      );
    const [, piped, dashed] = found;
    const label =
      piped !== undefined
        ? labelIn(piped, scanner, ofShapes)
        : dashed !== undefined
          ? labelIn(dashed, scanner, ofArrows)
          : null;
    const targets = group();
    for (const from of sources) for (const to of targets) edges.push({ from, to, label });
    sources = targets;
  }
}

function readNode(
  scanner: Scanner,
  nodes: Map<string, ChartNode | null>,
  firstMention: Map<string, number>,
): string {
  const id = scanner.match(identifier)?.[0];
  if (id === undefined)
    throw scanner.problem('expected the id of a node: letters, digits and _, no digit first');
  if (scanner.match(oddId) !== null)
    throw scanner.problem('the id of a node has letters, digits and _ alone');
  if (endOfArrow.test(id) && scanner.starts('--'))
    throw scanner.problem(`Mermaid takes "${id}--" for an arrow: write a space after the ${id}`);
  if (id === 'end' || id === 'subgraph')
    throw scanner.problem(`"${id}" is a word of Mermaid's own; a hook chart has no subgraphs`);
  if (!isIdentifier(id))
    throw scanner.problem(`"${id}" is a word of Mermaid's own: give the node another id`);
  if (!nodes.has(id)) {
    nodes.set(id, null);
    firstMention.set(id, scanner.line);
  }
  const drawing = readDrawing(scanner);
  if (drawing !== null) {
    const before = nodes.get(id);
    if (before && (before.shape !== drawing.shape || before.label !== drawing.label))
      throw scanner.problem(`node ${id} is drawn twice, and differently`);
    nodes.set(id, { id, ...drawing });
  }
  return id;
}

function readDrawing(scanner: Scanner): { shape: Shape; label: string } | null {
  for (const shape of ['terminal', 'question', 'step', 'defer'] as const) {
    const [open, close] = brackets[shape];
    if (!scanner.starts(open)) continue;
    const label = scanner.enclosed(open, close);
    if (/^[[({/\\]/.test(label)) throw unknownShape(scanner);
    return { shape, label: labelIn(label, scanner, ofShapes) };
  }
  if (scanner.starts('(')) throw unknownShape(scanner);
  return null;
}

const unknownShape = (scanner: Scanner) =>
  scanner.problem('this shape has no meaning here: use ([ ]), { }, [ ] or > ]');

/** What is no text to Mermaid outside of quotes, in a node or between bars, and on an arrow. */
const ofShapes = /["()@[\]{}|]/;
const ofArrows = /"|--/;

/** Where Mermaid would read something else, or nothing, there is no label either. */
function labelIn(written: string, scanner: Scanner, taken: RegExp): string {
  const text = written.trim();
  const inner = /^"([^"]*)"$/.exec(text)?.[1];
  const [sign] = (inner === undefined ? taken.exec(text) : null) ?? [];
  if (sign !== undefined)
    throw scanner.problem(
      `Mermaid takes ${sign} in ${clip(text)} for a sign of its own: put the text "in quotes", with #quot; for a quotation mark`,
    );
  if (inner !== undefined && /^\s/.test(written))
    throw scanner.problem('Mermaid takes no space before the quotation mark: leave it out');
  if ((inner ?? text) === '') throw scanner.problem('a text is missing');
  if (inner?.startsWith('`'))
    throw scanner.problem('Markdown has no meaning here: leave the ` out');
  return unquoted(inner ?? text);
}

class Scanner {
  readonly line: number;
  readonly #text: string;
  #position = 0;

  constructor(text: string, line: number) {
    this.#text = text;
    this.line = line;
  }

  get done(): boolean {
    return this.#position >= this.#text.length;
  }

  starts(prefix: string): boolean {
    return this.#text.startsWith(prefix, this.#position);
  }

  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#position = pattern.lastIndex;
    return found;
  }

  /** The text between brackets; within quotes, brackets are text. */
  enclosed(open: string, close: string): string {
    const start = this.#position + open.length;
    const quoted = /\s*"[^"]*"\s*/y;
    quoted.lastIndex = start;
    const from = quoted.test(this.#text) ? quoted.lastIndex : start;
    const end = this.#text.indexOf(close, from);
    if (end < 0) throw this.problem(`"${open}" is not closed by "${close}"`);
    const label = this.#text.slice(start, end);
    this.#position = end + close.length;
    return label;
  }

  problem(message: string): ChartProblem {
    return at(this.line, `${message}, at "${clip(this.#text.slice(this.#position))}"`);
  }
}
