import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { anyCharm } from '../../src/packaging/any-charm.ts';
import { packCharm } from '../../src/packaging/pack.ts';
import { runtimeFor } from '../../src/packaging/runtimes.ts';

const metadata = `name: quiet
display-name: A quiet charm
summary: Does nothing
description: Nothing at all.
`;
const charm = (rest = '') => `import { defineCharm } from '${resolve('src/index.ts')}';
const schema = { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } };
export const charm = defineCharm({
  name: 'quiet', machines: {}, events: {}, learned: schema, perform: {}, ${rest}
});
`;

const named = `${metadata}provides:
  page: {}
peers:
  peers: {}
containers:
  pages: {}
storage:
  disk: {}
`;

/** The same charm, with a chart that these hooks go through. */
const hearing = (...hooks: readonly string[]) =>
  charm(
    `machines: { quiet }, events: ${JSON.stringify(Object.fromEntries(hooks.map((hook) => [hook, 'quiet'])))}`,
  )
    .replace('defineCharm }', 'defineCharm, vocabulary }')
    .replace(
      'const schema',
      "const { chart, returns } = vocabulary({ learned: {} });\nconst quiet = chart('quiet', { rtn: returns });\nconst schema",
    );

describe('packing', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookchart-pack-'));
    write('metadata.yaml', metadata);
    write('charm.mjs', charm());
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const pack = async (out = 'out') =>
    packCharm(await anyCharm(join(folder, 'charm.mjs')), join(folder, out), {
      runtime: runtimeFor(),
      copying: 'link',
    });
  const packed = (name: string) => readFileSync(join(folder, 'out', name), 'utf8');

  it('makes what is missing, and says so', async () => {
    const { name, notes } = await pack();
    expect(name).toBe('quiet');
    expect(notes).toEqual([
      'there is no charmcraft.yaml, so one was made, for Ubuntu 22.04 and 24.04',
      'there is no config.yaml, so the charm has no options',
      'there is no LICENSE, so nothing says on which terms the charm may be used',
    ]);
    const made = ['dispatch', 'hookchart', 'licenses.txt'];
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(
      [...made, 'charmcraft.yaml', 'metadata.yaml'].sort(),
    );
    const { title, parts } = parse(packed('charmcraft.yaml'));
    expect(title).toBe('A quiet charm');
    expect(parts.charm.prime).toEqual(made);
  });

  it('takes along what stands beside the module, and starts no program for what nobody handles', async () => {
    for (const name of ['LICENSE', 'README.md', 'icon.svg', 'actions.yaml', 'config.yaml'])
      write(name, `${name}\n`);
    write('notes.txt', 'not for others');
    write('metadata.yaml', `${metadata}provides:\n  page:\n    interface: page\n`);
    const { notes } = await pack();
    expect(notes).toHaveLength(1);
    for (const name of ['LICENSE', 'README.md', 'icon.svg', 'actions.yaml', 'config.yaml'])
      expect(packed(name)).toBe(`${name}\n`);
    expect(readdirSync(join(folder, 'out'))).not.toContain('notes.txt');
    const early = packed('dispatch').split('\n')[2]?.replace(')', '').split(' | ');
    expect(early).toContain('page-relation-changed');
    // In these the agent says something that counts in later hooks.
    for (const hook of ['page-relation-broken', 'config-changed', 'upgrade-charm', 'secret-remove'])
      expect(early).not.toContain(hook);
  });

  it('leaves it to the process where only a function knows what is handled', async () => {
    write('charm.mjs', charm().replace('events: {}', 'events: () => null'));
    await pack();
    expect(packed('dispatch')).toMatch(
      /^#!\/bin\/sh\ncd .*\n(\w+=\d+ )+DO_NOT_TRACK=1 exec \.\/hookchart\n$/,
    );
  });

  it.each([
    ['paeg-relation-changed', 'endpoint "paeg": say "page", or add it there'],
    ['leaf-relation-changed', 'endpoint "leaf": say "peers" or "page", or add it there'],
    ['page-pebble-ready', 'container "page": say "pages", or add it there'],
    ['disc-storage-attached', 'storage "disc": say "disk", or add it there'],
  ])('refuses %s where metadata.yaml does not name what it is of', async (hook, said) => {
    write('metadata.yaml', named);
    write('charm.mjs', hearing(hook));
    await expect(pack()).rejects.toThrow(
      `the charm's events name ${hook}, and metadata.yaml has no ${said}`,
    );
  });

  it('takes hooks of what metadata.yaml names, and of nothing', async () => {
    write('metadata.yaml', named);
    const ofEndpoints = ['page-relation-changed', 'peers-relation-joined'];
    const ofOthers = ['pages-pebble-ready', 'disk-storage-attached', 'start', 'actions/tell'];
    // Every charm has the endpoint juju-info.
    write('charm.mjs', hearing(...ofEndpoints, ...ofOthers, 'juju-info-relation-joined'));
    expect(await pack()).toMatchObject({ name: 'quiet' });
  });

  it('keeps of the platforms those of the architecture whose runtime it holds', async () => {
    const { architecture } = runtimeFor();
    const other = architecture === 'amd64' ? 'arm64' : 'amd64';
    const text = (platforms: string) =>
      `type: charm\n# Ours.\nplatforms:\n${platforms}parts:\n  charm:\n    plugin: dump\n    source: .\n`;
    write(
      'charmcraft.yaml',
      text(
        `  ubuntu@24.04:${architecture}:\n  ubuntu@24.04:${other}:\n  two:\n    build-on: [ubuntu@22.04:${architecture}]\n    build-for: [ubuntu@22.04:${other}]\n`,
      ),
    );
    await pack();
    expect(packed('charmcraft.yaml')).toBe(text(`  ubuntu@24.04:${architecture}:\n`));
    write('charmcraft.yaml', text(`  ubuntu@24.04:${other}:\n`));
    await expect(pack()).rejects.toThrow(
      `charmcraft.yaml has no platform for ${architecture}, only ubuntu@24.04:${other}: add one, or pack with --arch for another architecture`,
    );
  });

  it.each([
    [
      'a charmcraft.yaml that leaves out its program',
      () =>
        write('charmcraft.yaml', 'parts:\n  charm:\n    prime: [dispatch, node, hookchart.cjs]\n'),
      'charmcraft.yaml leaves out licenses.txt, hookchart: add to prime what the charm is run by',
    ],
    [
      'a metadata.yaml that is none',
      () => write('metadata.yaml', 'name: "quiet\n'),
      'metadata.yaml is no YAML: ',
    ],
    [
      'no metadata.yaml',
      () => rmSync(join(folder, 'metadata.yaml')),
      'there is no metadata.yaml in ',
    ],
    [
      'a metadata.yaml without a name',
      () => write('metadata.yaml', 'summary: x\n'),
      'metadata.yaml has no name: say `name: my-charm`',
    ],
    [
      'endpoints that metadata.yaml has not',
      () => write('charm.mjs', charm("endpoints: { serves: 'page' },")),
      "the charm's endpoints name page, which metadata.yaml has not: add it under peers, provides or requires",
    ],
    [
      'a module that is not there',
      () => rmSync(join(folder, 'charm.mjs')),
      /^there is no .*charm\.mjs: name the module that exports the charm$/,
    ],
    [
      'a module without a charm',
      () => write('charm.mjs', 'export const other = 1;\n'),
      /charm\.mjs: it exports no charm: say `export const charm = defineCharm\(\{ … \}\)`$/,
    ],
    [
      'ports that are no function',
      () => write('charm.mjs', `${charm()}export const ports = {};\n`),
      /charm\.mjs: its export "ports" is no function: say /,
    ],
    [
      'what cannot be bundled',
      () => write('charm.mjs', "import 'nowhere-to-be-found';\n"),
      /^esbuild cannot bundle it: .*charm\.mjs:1: Could not resolve "nowhere-to-be-found"$/,
    ],
  ])('refuses %s', async (_, spoil, why) => {
    spoil();
    await expect(pack()).rejects.toThrow(why);
    expect(readdirSync(folder)).not.toContain('out');
  });

  it('empties a folder only of a charm that was packed before', async () => {
    await pack();
    writeFileSync(join(folder, 'out', 'quiet_amd64.charm'), 'packed by charmcraft');
    writeFileSync(join(folder, 'out', 'README.md'), 'of before');
    await pack();
    expect(readdirSync(join(folder, 'out'))).toContain('quiet_amd64.charm');
    expect(readdirSync(join(folder, 'out'))).not.toContain('README.md');
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine', 'letter.txt'), 'of mine');
    await expect(pack('mine')).rejects.toThrow(
      /mine holds letter\.txt, and is no charm that was packed before: name a folder of its own with --out$/,
    );
    await expect(pack('.')).rejects.toThrow(/ holds charm\.mjs, and is no charm/);
    expect(readFileSync(join(folder, 'mine', 'letter.txt'), 'utf8')).toBe('of mine');
    expect(readFileSync(join(folder, 'metadata.yaml'), 'utf8')).toBe(metadata);
  });
});
