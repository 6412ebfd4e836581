/** What the reference of the packages says of each part, as it is made of the docstrings. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-reference-'));
let said = '';
beforeAll(() => {
  said = execFileSync('node_modules/.bin/typedoc', ['--out', folder], { encoding: 'utf8' });
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pages = () =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

/** The parts of a page of which nothing is said but what they look like. */
const undescribed = (text: string): readonly string[] =>
  text.split(/^### /m).flatMap((part, at) => {
    const [name = '', ...lines] = (part.split(/^#{4,5} /m)[0] ?? '').split('\n');
    const words = lines.filter((line) => !/^(>|\||<a |\*\*\*|$)/.test(line));
    return at === 0 || words.length > 0 ? [] : [name];
  });

describe('the reference of the packages', () => {
  it('has a name for every argument', () => {
    expect(said).toBe('');
    const nameless = pages().filter(({ text }) => text.includes('__namedParameters'));
    expect(nameless.map(({ name }) => name)).toEqual([]);
  });

  it('says of each part of hookchart/machines what it is', () => {
    const page = pages().find(({ name }) => name === join('hookchart', 'machines.md'));
    expect(page?.text).toContain('### ask');
    expect(undescribed(page?.text ?? '')).toEqual([]);
  });
});
