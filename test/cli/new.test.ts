/** `hookchart new` at the command line; what it writes is tried in test/scaffold. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { drawing, hookchart } from '../scaffold/written.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-new-'));
afterAll(() => rmSync(folder, { recursive: true }));

const chart = 'flowchart TD\n hook_fired([config-changed Hook]) --> rtn([Return])\n';
const file = drawing(folder, 'my-light.mmd', chart);
const made = (...args: string[]) => hookchart(folder, 'new', file, ...args);

it('writes to a folder that is called as the file, and says what it wrote', () => {
  const { status, stdout, stderr } = made();
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout.split('\n')).toEqual([
    'my-light/package.json',
    'my-light/tsconfig.json',
    'my-light/tsconfig.build.json',
    'my-light/.gitignore',
    'my-light/README.md',
    'my-light/metadata.yaml',
    'my-light/src/words.ts',
    'my-light/src/charm.ts',
    'my-light/src/main.ts',
    'my-light/src/simulated.ts',
    'my-light/test/simulated.test.ts',
    'my-light/charts/config-changed.mmd',
    'my-light/src/machines/config-changed.ts',
    'my-light/test/config-changed.test.ts',
    '',
    'The charm my-light is in my-light; its README.md says what to do next.',
    '',
  ]);
});

it('writes to a folder that is there and empty, under another name, and tells it as JSON', () => {
  mkdirSync(join(folder, 'empty'));
  const { status, stdout } = made('--out', 'empty', '--name', 'beacon', '--json');
  expect(status).toBe(0);
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({ name: 'beacon', folder: join(folder, 'empty') });
  expect(told.files).toHaveLength(14);
  expect(readFileSync(join(folder, 'empty/src/charm.ts'), 'utf8')).toContain("name: 'beacon'");
});

it('never writes over anything', () => {
  mkdirSync(join(folder, 'full'));
  writeFileSync(join(folder, 'full/README.md'), 'mine');
  const { status, stderr } = made('--out', 'full');
  expect(stderr).toContain(
    `${join(folder, 'full')} is not empty (README.md is there), and nothing is overwritten: choose another --out`,
  );
  expect(status).toBe(2);
  expect(readdirSync(join(folder, 'full'))).toEqual(['README.md']);
  expect(made('--out', 'my-light.mmd', '--name', 'x').stderr).toContain(
    'my-light.mmd cannot be written (EEXIST): choose another --out',
  );
});

it.each([
  [['new', 'nowhere.mmd'], 'nowhere.mmd cannot be read (ENOENT)'],
  [['new', 'my-light.mmd', '--name', 'My Light'], '"My Light" names no charm: give it a --name'],
  [['new', 'my-light.mmd', '--out', 'out/1st'], '"1st" names no charm: give it a --name'],
  [['new'], "missing required argument 'file'"],
])('%j is wrong use, and writes nothing', (args, words) => {
  const before = readdirSync(folder);
  const { status, stdout, stderr } = hookchart(folder, ...args);
  expect(stderr).toContain(words);
  expect([status, stdout]).toEqual([2, '']);
  expect(readdirSync(folder)).toEqual(before);
});

it('says each thing that is wrong with a drawing, where it is, and writes nothing', () => {
  const wrong = drawing(folder, 'wrong.mmd', `${chart} lamp[Light] --> ask{Ready?}\n`);
  const { status, stderr } = hookchart(folder, 'new', wrong);
  expect(status).toBe(2);
  const problems = stderr.trim().split('\n');
  expect(problems[0]).toBe(
    `hookchart: ${wrong}:3: nothing follows ask: draw an arrow to what comes next, to rtn([Return]) or to defer>defer]`,
  );
  expect(problems).toHaveLength(3);
  expect(readdirSync(folder)).not.toContain('wrong');
});
