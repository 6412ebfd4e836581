import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shippedNode } from '../../src/packaging/node.ts';
import { SmallModel } from './small-model.ts';

const charm = `import { defineCharm, vocabulary } from 'hookchart';

const { hook, nothingLearned, asks, step, terminal, returns, fails, onFailure } = vocabulary({
  learned: {},
});

const install = hook.createMachine({
  id: 'install',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('install Hook'),
      on: { start: { target: 'greet', actions: 'learn' } },
    },
    greet: { meta: step('Greet'), entry: asks(() => ({ _tag: 'Greet' })), on: { done: 'rtn' } },
    rtn: returns,
    failed: fails,
  },
});

export const charm = defineCharm({
  name: 'greeter',
  machines: { install },
  events: { install: 'install' },
  learned: { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } },
  perform: { Greet: ({ juju, say }) => say('hello from ' + juju.name) },
  status: () => ({ name: 'active', message: 'at your service' }),
});

export const ports = ({ environment }) => ({
  say: (text) => console.log(text + ' in ' + environment.model.name),
});
`;

describe('in a project that has the package from npm', () => {
  let folder: string;
  let model: SmallModel;
  const has = (name: string) => {
    const place = join(folder, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(resolve('node_modules', name), place);
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hookchart-outsider-'));
    const packed = ['pack', '--ignore-scripts', '--pack-destination', folder];
    execFileSync('npm', packed, { stdio: 'ignore' });
    const [archive = ''] = readdirSync(folder);
    const place = join(folder, 'node_modules', 'hookchart');
    mkdirSync(place, { recursive: true });
    execFileSync('tar', ['-xzf', join(folder, archive), '--strip-components=1', '-C', place]);
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const name of Object.keys(dependencies)) has(name);
    writeFileSync(join(folder, 'package.json'), '{ "name": "greeter", "private": true }\n');
    writeFileSync(join(folder, 'charm.mjs'), charm);
    writeFileSync(join(folder, 'metadata.yaml'), 'name: greeter\nsummary: x\ndescription: y\n');
    model = await SmallModel.start();
  }, 60_000);
  afterAll(async () => {
    await model.stop();
    rmSync(folder, { recursive: true });
  });

  const program = () => join(folder, 'node_modules/hookchart/dist/src/cli/main.js');
  const pack = (...args: readonly string[]) =>
    spawnSync(process.execPath, [program(), 'pack', ...args], { cwd: folder, encoding: 'utf8' });
  const ofGreeter = () => pack('--charm', 'charm.mjs', '--node', shippedNode().program);

  it('a hook of a charm runs from its module, without being packed', async () => {
    const command = [process.execPath, program(), 'dispatch', '--charm'] as const;
    const module = join(folder, 'charm.mjs');
    const installed = await model.hook([...command, module], { name: 'install' });
    expect(installed).toMatchObject({ code: 0, error: '' });
    expect(installed.out).toMatch(
      /^hello from a-website\/0 in test\ninstall: hook_fired > greet \(\d+ ms\) > rtn, returned\n$/,
    );
    expect(model.status).toBe('active: at your service');
    const none = await model.hook([...command, join(folder, 'nothing.mjs')], { name: 'install' });
    expect(none.code).toBe(2);
    expect(none.error).toMatch(/^hookchart: --charm \S+nothing\.mjs: there is no file/);
  });

  it('packing says how to get what bundles, where that is missing', () => {
    expect(ofGreeter()).toMatchObject({
      status: 1,
      stdout: '',
      stderr:
        'hookchart: a charm is bundled by esbuild, which is not installed: `npm install --save-dev esbuild@0.28.2`, then pack again\n',
    });
  });

  it('a charm is packed, and runs where none of the packages is', async () => {
    has('esbuild');
    const { status, stdout, stderr } = ofGreeter();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^charm: greeter for \w+, bundle of \d+ KB, Node 24\.\d+\.\d+\ncharm: /);
    const real = realpathSync(folder);
    expect(stdout).toContain(`charm: read from ${real}, written to ${join(real, 'charm')}\n`);
    const alone = mkdtempSync(join(tmpdir(), 'hookchart-alone-'));
    execFileSync('cp', ['-R', join(folder, 'charm'), alone]);
    const installed = await model.hook([join(alone, 'charm', 'dispatch')], { name: 'install' });
    rmSync(alone, { recursive: true });
    expect(installed).toMatchObject({ code: 0, error: '' });
    expect(installed.out).toMatch(/^hello from a-website\/0 in test\ninstall: /);
    const terms = readFileSync(join(folder, 'charm', 'licenses.txt'), 'utf8');
    for (const name of ['hookchart', 'xstate', 'valibot', 'fp-ts', 'Node'])
      expect(terms).toMatch(new RegExp(`^${name} \\d`, 'm'));
    expect(terms).not.toMatch(/^greeter /m);
  });

  it('PgBouncer’s charms are packed as well', () => {
    const { status, stdout } = pack('--out', 'pooler', '--node', shippedNode().program);
    expect(status).toBe(0);
    expect(stdout.match(/^pooler\/(kubernetes|machine): hookchart-pgbouncer/gm)).toHaveLength(2);
  });

  it.each([
    [['--arch', 'amd64,arm64', '--node', 'x'], '--node is one program: name one architecture'],
    [
      ['--runtime', 'deno'],
      "option '--runtime <name>' argument 'deno' is invalid. Allowed choices are bun, node.",
    ],
    [['--runtime', 'bun', '--node', 'x'], '--node is a Node, and --runtime says bun'],
    [
      ['--arch', 'pdp11', '--runtime', 'node'],
      'no Node is pinned for pdp11, only for amd64 and arm64',
    ],
    [['--arch', 'pdp11'], 'no Bun is pinned for pdp11, only for amd64 and arm64'],
  ])('pack %j is refused', (args, why) => {
    const { status, stderr } = pack(...args);
    expect(status).not.toBe(0);
    expect(stderr).toContain(`hookchart: ${why}`);
  });
});
