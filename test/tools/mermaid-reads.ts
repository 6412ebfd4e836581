/**
 * What Mermaid's own parser makes of charts, for `test/chart/mermaid.test.ts`. Mermaid is heavy and
 * wants a browser to draw, so it is no dependency: FOLDER is one where somebody has installed it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { parse, print } from '../../src/chart/index.ts';
import { drawings, drawn } from '../chart/drawings.ts';
import type { Reading } from '../chart/reading.ts';
import { shippedCharts } from '../chart/shipped.ts';

interface Database {
  clear(): void;
  getDirection(): string;
  getVertices(): ReadonlyMap<string, { id: string; type?: string; text?: string }>;
  getEdges(): readonly { start: string; end: string; text: string; type?: string }[];
}
interface Flowchart {
  readonly db: Database;
  readonly parser: { parse(text: string): void; parser?: { yy: unknown }; yy?: unknown };
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('say in which folder mermaid is installed');
const modules = resolve(folder, 'node_modules');
const importing = async (path: string) => await import(pathToFileURL(join(modules, path)).href);

// It is there to clean what is drawn in a page; text is only read here.
const { default: purify } = await importing('dompurify/dist/purify.es.mjs');
purify.addHook ??= () => {};
purify.sanitize ??= String;

const chunks = 'mermaid/dist/chunks/mermaid.core';
const chunk = readdirSync(join(modules, chunks)).find((name) => /^flowDiagram.*\.mjs$/.test(name));
const { diagram } = (await importing(join(chunks, chunk ?? ''))) as { diagram: Flowchart };
const { version } = JSON.parse(readFileSync(join(modules, 'mermaid/package.json'), 'utf8')) as {
  version: string;
};

const shapes: Readonly<Record<string, string>> = {
  ...{ stadium: 'terminal', diamond: 'question', square: 'step', odd: 'defer' },
};

/** As Mermaid prepares a text for its parser: without comments, entities made what quotes do not end. */
const prepared = (source: string): string =>
  `${source}\n`
    .replace(/\r\n?/g, '\n')
    .replace(/^\s*%%(?!\{)[^\n]+\n?/gm, '')
    .trimStart()
    .replace(/#(\d+);/g, 'ﬂ°°$1¶ß')
    .replace(/#(\w+);/g, 'ﬂ°$1¶ß');

const shown = (text: string): string =>
  text
    .replace(/ﬂ°°(\d+)¶ß/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/ﬂ°quot¶ß/g, '"')
    .replace(/ﬂ°(\w+)¶ß/g, '#$1;');

function readingOf(source: string): Reading {
  const { db, parser } = diagram;
  Object.assign(parser.parser ?? parser, { yy: db });
  db.clear();
  try {
    parser.parse(prepared(source));
  } catch {
    return { source, chart: null };
  }
  const edges = db.getEdges();
  // Rings and crosses, and arrows at both ends.
  if (edges.some(({ type }) => type !== 'arrow_point')) return { source, chart: null };
  const direction = db.getDirection();
  return {
    source,
    chart: {
      direction: direction === 'TB' ? 'TD' : direction,
      nodes: [...db.getVertices().values()].map(({ id, type = '', text = id }) => ({
        ...{ id, shape: shapes[type] ?? type, label: shown(text) },
      })),
      edges: edges.map(({ start, end, text }) => ({
        ...{ from: start, to: end, label: text === '' ? null : shown(text) },
      })),
    },
  };
}

const accepted = (source: string): boolean => parse(source)._tag === 'Right';
const printed = fc.sample(drawn, { seed: 1, numRuns: 60 }).map(print);
const written = fc.sample(drawings, { seed: 1, numRuns: 8_000 });
const [read, refused] = [written.filter(accepted), written.filter((one) => !accepted(one))];
const sources = [...shippedCharts, ...printed, ...read.slice(0, 250), ...refused.slice(0, 50)];
const reads = [...new Set(sources)].map(readingOf);
const lines = [{ version }, ...reads].map((one) => JSON.stringify(one));
writeFileSync('test/chart/mermaid-reads.jsonl', `${lines.join('\n')}\n`);
