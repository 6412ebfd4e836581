/** The fenced blocks of a page, and what becomes of each kind in the tests. */
import { readFileSync } from 'node:fs';

export interface Block {
  readonly language: string;
  readonly body: string;
  /** What the page shows below it; null where it shows nothing. */
  readonly output: string | null;
}

const kinds = {
  /** Compiled as in a project of an author's. */
  ts: 'compiled',
  /** Run by Node, in the folder of the page's earlier blocks. */
  js: 'run',
  /** Run by a shell, with `hookchart` on its path. */
  sh: 'run',
  /** Run by Python, where there is one. */
  python: 'run by Python',
  /** Read as YAML. */
  yaml: 'parsed',
  /** Compared with the machine that it draws. */
  mermaid: 'checked',
  /** Run on a real PostgreSQL. */
  sql: 'run on PostgreSQL',
  /** What a block before it prints, or something that is no program. */
  text: 'compared',
  /** What takes a clone, a Juju or an end by hand. */
  console: 'not run',
} as const;

export const languages = Object.keys(kinds);

export function blocksOf(page: string): readonly Block[] {
  const found = [...readFileSync(page, 'utf8').matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  return found.map(([, language = '', body = ''], index) => {
    const next = found[index + 1];
    return { language, body, output: next?.[1] === 'text' ? (next[2] ?? '') : null };
  });
}
