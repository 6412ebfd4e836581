import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../src/packaging/check.ts';
import { packCharm } from '../../src/packaging/pack.ts';
import { packedOf, substrates } from '../../src/pgbouncer/charm/packed.ts';
import { charmRuntime } from '../charm-runtime.ts';

const isThere = spawnSync('charmcraft', ['version']).error === undefined;

const base = `  - build-on: [{ name: ubuntu, channel: "22.04" }]
    run-on: [{ name: ubuntu, channel: "24.04" }]
`;

describe.each(substrates)('charmcraft, of the charm for %s', (substrate) => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hookchart-charmcraft-'));
    await packCharm(packedOf(substrate), folder, { runtime: charmRuntime(), copying: 'link' });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const changed = (name: string, change: (text: string) => string): readonly string[] => {
    const before = readFileSync(join(folder, name), 'utf8');
    writeFileSync(join(folder, name), change(before));
    const objections = check(folder, process.env);
    writeFileSync(join(folder, name), before);
    return objections;
  };

  it('is missed with a word on how to get it', () => {
    expect(() => check(folder, { PATH: folder })).toThrow(
      /^charmcraft is not installed\. .*pip install charmcraft.*snap install charmcraft --classic/,
    );
  });

  it.skipIf(!isThere)('takes it, with no error and no warning that can be avoided', () => {
    expect(check(folder, process.env)).toEqual([]);
  });

  it.skipIf(!isThere)('refuses what it refused before, in its own words', () => {
    const bases = (text: string) => text.replace(/^platforms:\n( .*\n)+/m, `bases:\n${base}`);
    expect(changed('charmcraft.yaml', bases)).toEqual([
      expect.stringMatching(/^charmcraft\.yaml: [\s\S]*Base requires 'platforms' definition/),
    ]);
    const path = (text: string) => text.replace('./hookchart', '"$PWD/hookchart"');
    expect(changed('dispatch', path)).toEqual([
      expect.stringMatching(/^entrypoint: error: Cannot find the entrypoint file/),
    ]);
  });
});
