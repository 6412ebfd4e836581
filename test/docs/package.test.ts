/** The package as its users have it: packed, unpacked into an empty folder, and nothing else there. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { blocksOf } from './blocks.ts';

const home = mkdtempSync(join(tmpdir(), 'hookchart-package-'));
afterAll(() => rmSync(home, { recursive: true }));
const modules = join(home, 'node_modules');

const packed = execFileSync(
  'npm',
  ['pack', '--ignore-scripts', '--json', '--pack-destination', home],
  {
    encoding: 'utf8',
  },
);
const [{ filename, size, files }] = JSON.parse(packed) as [
  { filename: string; size: number; files: { path: string }[] },
];
mkdirSync(join(modules, 'hookchart'), { recursive: true });
execFileSync('tar', ['-xzf', join(home, filename), '--strip-components=1'], {
  cwd: join(modules, 'hookchart'),
});

/** What `npm install` would put beside it, and Node's types, which an author of TypeScript has. */
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { dev?: boolean; peer?: boolean }>;
};
const isInstalled = ([path, { dev, peer }]: [string, { dev?: boolean; peer?: boolean }]) =>
  /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !dev && !peer;
const needed = Object.entries(packages).filter(isInstalled);
for (const [path] of [...needed, ['node_modules/@types/node'], ['node_modules/undici-types']])
  if (path !== undefined && existsSync(path)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    symlinkSync(resolve(path), join(home, path));
  }
writeFileSync(join(home, 'package.json'), '{ "type": "module", "private": true }');

const options = '--ignoreConfig --strict --module nodenext --target es2023 --types node';
const strict = '--exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck';

function node(name: string): string {
  return execFileSync(process.execPath, [name], { cwd: home, encoding: 'utf8' });
}

describe('the package in an empty folder', { timeout: 60_000 }, () => {
  it('has what it needs, and nothing of the tests', () => {
    expect(needed.length).toBeGreaterThanOrEqual(7);
    for (const { path } of files)
      expect(path).toMatch(/^(dist\/(src|machines)|docs)\/|^[A-Z]+\.md$|^LICENSE$|^package\.json$/);
    expect(files.length).toBeGreaterThan(100);
    expect(size).toBeLessThan(2_000_000);
  });

  it('has what its pages lead to', () => {
    const there = new Set(files.map(({ path }) => path));
    const pages = [...there].filter((path) => path.endsWith('.md'));
    expect(pages.length).toBeGreaterThan(20);
    for (const page of pages) {
      const text = readFileSync(join(modules, 'hookchart', page), 'utf8');
      // What stands in a block of code is no link.
      const prose = text.replace(/^(`{3,}|~{3,}).*?^\1/gms, '');
      for (const [, target = ''] of prose.matchAll(/\]\(([^)\s#]+)[^)]*\)/g))
        if (!/^[a-z]+:/.test(target)) expect(there, page).toContain(join(dirname(page), target));
    }
  });

  it('runs nothing where it is installed, and builds nothing where its sources are not', () => {
    const place = join(modules, 'hookchart');
    const { scripts } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as {
      scripts: Readonly<Record<string, string>>;
    };
    // npm warns of each of these in a package that somebody installs.
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(scripts).not.toHaveProperty(name);
    const { status, stdout, stderr } = spawnSync('sh', ['-c', scripts.dependencies ?? ''], {
      cwd: place,
      encoding: 'utf8',
      env: {},
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('opens every door', async () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: object };
    const doors = Object.keys(exports).map((door) => door.replace('.', 'hookchart'));
    const script = doors.map(
      (door) => `import * as ${door.replaceAll(/\W/g, '_')} from '${door}';`,
    );
    writeFileSync(join(home, 'doors.mjs'), `${script.join('\n')}\nconsole.log('open');\n`);
    expect(node('doors.mjs')).toBe('open\n');
  });

  const pages = ['README.md', 'docs/embed.md'];
  const programs = pages.flatMap((page) =>
    blocksOf(page)
      .filter(({ language, output }) => (language === 'js' || language === 'ts') && output !== null)
      .map((block, index) => [page, index + 1, block] as const),
  );

  it.each(programs)('runs what %s shows, program %i', (_, index, { language, body, output }) => {
    const name = `program-${index}`;
    if (language === 'js') writeFileSync(join(home, `${name}.mjs`), body);
    else {
      writeFileSync(join(home, `${name}.mts`), body);
      const { stdout, status } = spawnSync(
        process.execPath,
        [
          resolve('node_modules/typescript/bin/tsc'),
          ...`${options} ${strict}`.split(' '),
          `${name}.mts`,
        ],
        { cwd: home, encoding: 'utf8' },
      );
      expect(stdout).toBe('');
      expect(status).toBe(0);
    }
    expect(node(`${name}.mjs`)).toBe(output);
  });

  it('shows an author of TypeScript a charm of his own, without a cast', () => {
    const typed = programs.filter(([, , { language }]) => language === 'ts');
    expect(typed.length).toBeGreaterThanOrEqual(1);
    for (const [, , { body }] of typed) {
      expect(body).toMatch(/handlers<|dispatch\(/);
      expect(body).not.toMatch(/(?<!\* )\bas [A-Z{]|\bany\b|@ts-/);
    }
  });

  it('makes a project that says how it takes this package, and whose tests pass with it', () => {
    for (const name of ['typescript', 'vitest'])
      if (!existsSync(join(modules, name)))
        symlinkSync(resolve('node_modules', name), join(modules, name));
    const chart =
      'flowchart TD\n hook_fired([dusk-relation-changed Hook]) --> light[Light]\n light --> rtn([Return])\n';
    writeFileSync(join(home, 'dusk.mmd'), chart);
    const run = (cwd: string, program: string, ...args: string[]) =>
      spawnSync(process.execPath, [join(modules, program), ...args], {
        cwd,
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1' },
      });
    const made = run(home, 'hookchart/dist/src/cli/main.js', 'new', 'dusk.mmd');
    expect(made).toMatchObject({ status: 0, stderr: '' });
    const project = join(home, 'dusk');
    const readme = readFileSync(join(project, 'README.md'), 'utf8');
    expect(readme).toContain(`npm install FOLDER/${filename}`);
    expect(run(project, 'typescript/bin/tsc')).toMatchObject({ status: 0, stdout: '' });
    const tested = run(project, 'vitest/vitest.mjs', 'run');
    expect(tested).toMatchObject({ status: 0, stderr: '' });
    expect(tested.stdout).toMatch(/Tests {2}4 passed \(4\)/);
  }, 120_000);
});
