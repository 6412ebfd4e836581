import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, describe, expect, it } from 'vitest';
import { hooks, nodesOf } from '../../machines/index.ts';
import { chartOf, chartsIn, compare, parse } from '../../src/chart/index.ts';

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
  .concat(readdirSync('docs').map((name) => join('docs', name)))
  .concat(readdirSync('docs/hooks').map((name) => join('docs/hooks', name)))
  .filter((name) => name.endsWith('.md'));
const text = (page: string) => readFileSync(page, 'utf8');

// Inside the package, so that its own name resolves.
const folder = mkdtempSync('dist/docs-');
afterAll(() => rmSync(folder, { recursive: true }));

/** The JavaScript of a page, each block with the output that the page shows below it. */
function examples(page: string): [code: string, output: string | undefined][] {
  const blocks = [...text(page).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, language, body = ''], index) => {
    const next = blocks[index + 1];
    if (language !== 'js') return [];
    return [[body, next?.[1] === 'text' ? next[2] : undefined]];
  });
}

describe.each([
  'README.md',
  'docs/embed.md',
  'docs/test-with-properties.md',
  'docs/write-an-adapter.md',
])('%s', (page) => {
  it.each(examples(page).map(([code, output], index) => [index + 1, code, output] as const))(
    'example %i prints what the page says',
    (index, code, output = '') => {
      const file = join(folder, `${page.replaceAll(/\W/g, '-')}-${index}.mjs`);
      writeFileSync(file, code);
      expect(execFileSync(process.execPath, [file], { encoding: 'utf8' })).toBe(output);
    },
  );
});

describe('docs/embed.md', () => {
  it('embeds the library in 40 lines', () => {
    const [[code = ''] = []] = examples('docs/embed.md');
    expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(40);
  });
});

describe('docs/hooks', () => {
  const pages = ['database', 'pgb-peers-relation-changed', 'leader-elected', 'update-status'].map(
    (name) => text(`docs/hooks/${name}.md`),
  );
  const page = pages.join('\n');

  it('shows the machines, chart by chart', () => {
    const charts = chartsIn('hooks.md', page).map(({ source }) => parse(source));
    const machines = Object.values(hooks);
    expect(charts.length).toBe(machines.length);
    for (const [index, machine] of machines.entries()) {
      const chart = charts[index];
      if (chart === undefined || E.isLeft(chart)) throw new Error(`chart ${index}`);
      expect(compare(chart.right, machine)).toEqual([]);
    }
  });

  it.each(Object.entries(hooks))('tells what each node of %s does', (hook, machine) => {
    const section = page.split(/^## /m).find((part) => part.startsWith(`${hook}\n`)) ?? '';
    for (const { id, drawing, request } of nodesOf(machine))
      if (request !== null && drawing !== null && !id.startsWith('rtn'))
        expect(section, id).toContain(`| \`${id}\` |`);
  });

  it('is caught when page and machine drift apart', () => {
    const chart = chartOf(hooks['database-requested']);
    const drifted = { ...chart, edges: chart.edges.slice(1) };
    expect(compare(drifted, hooks['database-requested'])).toEqual([
      { _tag: 'EdgeMissing', from: 'chart', edge: 'hook_fired --> is_backend_ready' },
    ]);
  });
});

describe('every page', () => {
  it.each(pages)('%s links to what is there', (page) => {
    for (const [, target = ''] of text(page).matchAll(/\]\(([^)#:]+)\)/g))
      expect(() => readdirOrFile(join(page, '..', target)), target).not.toThrow();
  });

  it('README.md is short', () => {
    expect(text('README.md').split('\n').length).toBeLessThanOrEqual(150);
  });

  it('names scripts and tests that exist', () => {
    const { scripts } = JSON.parse(text('package.json'));
    for (const page of pages) {
      for (const [, script = ''] of text(page).matchAll(/npm run (?:-s )?([\w:]+)/g))
        expect(Object.keys(scripts), `${page}: ${script}`).toContain(script);
      for (const [file] of text(page).matchAll(/test\/[\w/-]+\.test\.ts/g)) readFileSync(file);
    }
  });
});

function readdirOrFile(path: string): void {
  try {
    readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
  }
}
