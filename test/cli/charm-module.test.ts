/** `--charm MODULE`: charts and plans of another charm, and what is said of a module that has none. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hookchart as called } from '../scaffold/written.ts';

// Inside the package, so that its own name resolves.
const folder = mkdtempSync('dist/charms-');
afterAll(() => rmSync(folder, { recursive: true }));

const hookchart = (...args: string[]) => called(folder, ...args);
const file = (name: string, content: string) => writeFileSync(join(folder, name), content);

const beacon = (event: string) => `
import { defineCharm, vocabulary } from 'hookchart';
const { asks, fails, hook, nothingLearned, onFailure, returns, step, terminal } =
  vocabulary({ learned: {} });
const machine = (id) => hook.createMachine({
  id,
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: { meta: terminal(id), on: { start: { target: 'light', actions: 'learn' } } },
    light: {
      meta: step('Light'),
      entry: asks(({ event }) => ({ _tag: 'Light', event })),
      on: { done: 'rtn' },
    },
    rtn: returns,
    failed: fails,
  },
});
const any = { '~standard': { validate: (value) => ({ value }) } };
export const charm = defineCharm({
  name: 'beacon',
  machines: { dusk: machine('dusk'), 'sea-relation-changed': machine('sea-relation-changed') },
  events: { 'lamp-relation-joined': 'dusk', 'sea-relation-changed': 'sea-relation-changed' },
  learned: any,
  perform: { Light: () => {} },
  ${event}
});
`;
file('beacon.mjs', beacon(''));
file(
  'kept.mjs',
  beacon(`event: {
    of: ({ relation }) => ({ keeper: 'of ' + relation }),
    schema: { '~standard': { validate: (value) =>
      typeof value.keeper === 'string'
        ? { value }
        : { issues: [{ message: 'is no name', path: [{ key: 'keeper' }] }] } } },
  },`),
);
mkdirSync(join(folder, 'node_modules/beacon'), { recursive: true });
file(
  'node_modules/beacon/package.json',
  '{"name":"beacon","type":"module","exports":"./index.js"}',
);
file('node_modules/beacon/index.js', "export * from '../../beacon.mjs';");

/** What the step of a plan was given. */
const eventIn = (...args: string[]) => {
  const { stdout, stderr } = hookchart('plan', ...args, '--answers', '{}');
  expect(stderr).toBe('');
  return JSON.parse(stdout).commands[0].event;
};

describe('another charm', () => {
  it.each(['beacon.mjs', './beacon.mjs', 'beacon'])('is found as %s', (module) => {
    const { status, stdout } = hookchart('chart', '--charm', module);
    expect(status).toBe(0);
    expect(stdout.match(/^%% .*$/gm)).toEqual(['%% dusk', '%% sea-relation-changed']);
  });

  it('is printed and checked as this one’s', () => {
    const { stdout } = hookchart('chart', 'dusk', '--charm', 'beacon');
    expect(stdout).toMatch(/^flowchart TD\n {2}hook_fired\(\[dusk]\) --> light\[Light]/);
    file('dusk.mmd', stdout);
    const checked = hookchart('chart', '--check', 'dusk.mmd', '--charm', 'beacon');
    expect(checked).toMatchObject({ status: 0, stdout: 'dusk.mmd:1 dusk: agrees\n' });
    const svg = hookchart('chart', 'dusk', '--format', 'svg', '--charm', 'beacon').stdout;
    expect(svg).toMatch(/^<svg /);
  });

  it('is planned on the event that Juju would call for', () => {
    expect(eventIn('dusk', '--charm', 'beacon')).toEqual({
      ...{ hook: 'lamp-relation-joined', relation: 0 },
    });
    expect(eventIn('sea-relation-changed', '--charm', 'beacon', '--relation', '4')).toEqual({
      ...{ hook: 'sea-relation-changed', relation: 4 },
    });
    expect(eventIn('dusk', '--charm', 'kept.mjs')).toEqual({ keeper: 'of 0' });
  });

  it('is planned on an event that is given, if the charm reads it', () => {
    const event = ['--charm', 'kept.mjs', '--event'];
    expect(eventIn('dusk', ...event, '{"keeper":"Ida"}')).toEqual({ keeper: 'Ida' });
    const { status, stderr } = hookchart('plan', 'dusk', ...event, '{}', '--answers', '{}');
    expect(stderr).toContain('--event does not start a hook of this charm: keeper: is no name');
    expect(status).toBe(2);
  });

  it.each([
    [
      ['plan', 'dawn', '--charm', 'beacon'],
      'there is no hook "dawn"; there are dusk, sea-relation-changed',
    ],
    [['chart', 'dawn', '--charm', 'beacon', '--format', 'dot'], 'there are dusk, sea-'],
    [['chart', 'dusk', '--charm', 'beacon', '--format', 'png'], 'Allowed choices are mermaid, dot'],
    [
      ['plan', 'lamp-relation-joined', '--charm', 'beacon', '--answers', '{}'],
      "lamp-relation-joined is a hook of Juju's, which goes through dusk: say plan dusk",
    ],
    [
      ['plan', 'dusk', '--charm', 'beacon', '--answers', '{}', '--event', '{}'],
      `say --event '{"hook":"lamp-relation-joined","relation":0}'`,
    ],
    [
      ['plan', 'dusk', '--charm', 'beacon', '--answers', '{}', '--event', '{"hook":"lamp"}'],
      '--event names the hook "lamp", which goes through no chart; through dusk goes lamp-relation-joined: say',
    ],
    [['plan', 'dusk', '--charm', 'beacon', '--answers', '{"x":"y"}'], 'dusk: there is no node "x"'],
  ])('%j is wrong use', (args, words) => {
    const { status, stderr, stdout } = hookchart(...args);
    expect(stderr).toContain(words);
    expect([status, stdout]).toEqual([2, '']);
  });
});

describe('a module that has no charm', () => {
  file('empty.mjs', '');
  file('other.mjs', 'export default 1;\nexport const beacon = {};');
  file('text.mjs', "export const charm = 'beacon';");
  file('config.mjs', 'export const charm = { name: "beacon", machines: {}, perform: {} };');
  file('open.mjs', '\nexport const charm = {');
  file('in-turn.mjs', "export * from './open.mjs';");
  file('throws.mjs', "throw new Error('no lamp');");
  file('lost.mjs', "import 'no-such-package';");
  file('invalid.mjs', beacon('').replace("'lamp-relation-joined': 'dusk'", "start: 'dawn'"));
  file('charm.ts', 'export const charm: number = 1;');

  it.each([
    [
      './nowhere.js',
      /there is no file \S+\/nowhere\.js\nName a module that is there, or a package\.$/,
    ],
    ['./othr.mjs', /there is no file \S+\/othr\.mjs\nDid you mean \.\/other\.mjs\?$/],
    [
      'nowhere',
      /there is neither a file \S+\/nowhere nor a package of this name\nInstall the package, or name a path\.$/,
    ],
    [
      'othr.mjs',
      /neither a file \S+\/othr\.mjs nor a package of this name\nDid you mean other\.mjs\?$/,
    ],
    ['.', /it is a folder\nName the module in it, as dist\/charm\.js\.$/],
    ['node_modules', /it is a folder\nName the module in it, as node_modules\/dist\/charm\.js\.$/],
    ['empty.mjs', /it exports nothing\nWrite "export const charm = defineCharm\(/],
    ['other.mjs', /it exports beacon, default, and no charm\nWrite/],
    [
      'text.mjs',
      /its export "charm" is a string, and no charm\nMake it with defineCharm of hookchart\.$/,
    ],
    ['config.mjs', /its export "charm" has no event, no open, no chartOf, no status\nMake it with/],
    ['open.mjs', /it cannot be read: Unexpected end of input \(file:\S+\/open\.mjs:2\)\nMend what/],
    [
      'in-turn.mjs',
      /it cannot be read: Unexpected end of input \(file:\S+\/open\.mjs:2\)\nMend what/,
    ],
    ['throws.mjs', /it cannot be loaded: no lamp\nMend what is in it, or name another module\.$/],
    ['lost.mjs', /it cannot be loaded: Cannot find package 'no-such-package'/],
    ['invalid.mjs', /it cannot be loaded: beacon: start is to go through "dawn": say "dusk"/],
  ])('%s', (module, words) => {
    const { status, stdout, stderr } = hookchart('chart', '--charm', module);
    expect(stderr.trim()).toMatch(words);
    expect(stderr).toMatch(`hookchart: --charm ${module}: `);
    expect([status, stdout]).toEqual([2, '']);
  });

  it('is told as TypeScript where Node reads none', () => {
    const { status, stderr } = hookchart('chart', '--charm', 'charm.ts');
    expect(status).toBe(2);
    const reads = 'typescript' in process.features && process.features.typescript !== false;
    expect(stderr).toContain(
      reads ? 'is a number, and no charm' : `Node ${process.versions.node} reads no TypeScript (`,
    );
  });
});
