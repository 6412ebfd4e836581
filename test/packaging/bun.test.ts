import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shippedBun } from '../../src/packaging/bun.ts';
import { programIn } from '../../src/packaging/elf.ts';
import { here } from '../../src/packaging/runtime.ts';

describe('the Bun of a charm', () => {
  let folder: string;
  let bundle: string;
  const program = () => join(folder, 'hookchart');
  const compile = (architecture: string, text: string) => {
    writeFileSync(bundle, text);
    shippedBun(architecture).install(bundle, folder, 'copy');
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookchart-bun-'));
    bundle = join(folder, 'hookchart.cjs');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is of one exact version, whatever the architecture, and says its terms', () => {
    const { optionalDependencies } = JSON.parse(
      readFileSync('src/packaging/pinned-bun/package.json', 'utf8'),
    );
    const { version, terms } = shippedBun();
    expect(optionalDependencies).toEqual({
      '@oven/bun-linux-aarch64': version,
      '@oven/bun-linux-x64-baseline': version,
    });
    expect(terms).toContain(`bun-v${version}/LICENSE.md`);
  });

  it('makes one program, which needs nothing but the C libraries and reads nothing beside it', () => {
    writeFileSync(join(folder, '.env'), 'FROM_FILE=yes\n');
    writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["./preload.cjs"]\n');
    writeFileSync(join(folder, 'preload.cjs'), 'console.log("preloaded");\n');
    compile(here, 'console.log(process.env.FROM_FILE, typeof Bun);\n');
    expect(readdirSync(folder)).not.toContain('hookchart.cjs');
    const out = execFileSync(program(), { cwd: folder, env: {}, encoding: 'utf8' });
    expect(out).toBe('undefined object\n');
    const libraries = programIn(program())?.libraries ?? [];
    expect(libraries).toContain('libc.so.6');
    expect(libraries.filter((name) => !/^(lib(c|m|dl|pthread)|ld-linux)/.test(name))).toEqual([]);
  });

  it('compiles for another architecture than that of the machine', () => {
    const other = here === 'amd64' ? 'arm64' : 'amd64';
    compile(other, 'console.log(1);\n');
    expect(programIn(program())?.architecture).toBe(other);
  });

  it('says what it cannot compile, and leaves the bundle', () => {
    expect(() => compile(here, 'this is no program')).toThrow(/^Bun cannot compile it: .*error: /s);
    expect(readdirSync(folder)).toContain('hookchart.cjs');
  });

  it('is refused for an architecture that none is pinned for', () => {
    expect(() => shippedBun('s390x')).toThrow(
      'no Bun is pinned for s390x, only for amd64 and arm64: ship a Node, with --node FILE',
    );
  });
});
