import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hooks } from '../../machines/index.ts';
import { chartOf } from '../../src/chart/index.ts';
import { Collector, Recorder, recordedCharm } from '../../src/inspector/index.ts';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import { defaultBounds, randomHistory } from '../../src/testing/index.ts';
import { recordingIn } from '../inspector/recording-in.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hookchart = (...args: string[]) =>
  spawnSync(process.execPath, ['dist/src/cli/main.js', ...args], { encoding: 'utf8' });

const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe('hookchart chart --format', () => {
  it('prints a chart in each format', () => {
    const hook = 'database-relation-broken';
    const as = (format: string) => hookchart('chart', hook, '--format', format).stdout;
    expect(as('mermaid')).toBe(hookchart('chart', hook).stdout);
    expect(JSON.parse(as('json'))).toEqual(chartOf(hooks[hook]));
    expect(as('dot')).toMatch(/^digraph "database-relation-broken" \{\n/);
    expect(as('svg')).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
    expect(JSON.parse(as('xstate'))).toMatchObject({ id: hook, initial: 'hook_fired' });
  });

  it.each([
    [['chart', '--format', 'dot'], 'name the hook whose chart is to be printed as dot'],
    [['chart', 'update-status', '--format', 'png'], 'Allowed choices are mermaid, dot, svg, json'],
    [['chart', '--format', 'dot', '--check', 'README.md'], 'not both'],
  ])('%j is wrong use', (args, words) => {
    const { status, stderr } = hookchart(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe('hookchart inspect', () => {
  const recorded = async (steps = 10) => {
    const collector = new Collector();
    const recorder = new Recorder((message) => void collector.take(message), {
      title: 'a history',
      now: () => 0,
    });
    await randomHistory(recordedCharm(recorder, simulated), 1, { steps });
    return file('recording.json', JSON.stringify(collector.recording));
  };

  it('prints a recording in words, all of it or one run', async () => {
    const path = await recorded();
    const whole = hookchart('inspect', path, '--text');
    expect(whole).toMatchObject({ status: 0, stderr: '' });
    expect(whole.stdout).toMatch(/^a history\n/);
    const [, id = ''] = /^(\d+) {2}pgbouncer/m.exec(whole.stdout) ?? [];
    const one = hookchart('inspect', path, '--text', '--run', id).stdout;
    expect(one.match(/^\d+ {2}pgbouncer/gm)).toHaveLength(1);
    expect(whole.stdout).toContain(one.replace('a history\n', ''));
  });

  it('draws the life of a relation for Mermaid, of the first one or of one that is named', async () => {
    const path = await recorded(80);
    const first = hookchart('inspect', path, '--sequence');
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(/^sequenceDiagram\n {2}title relation 1\n {2}participant a0 as /);
    expect(hookchart('inspect', path, '--sequence', '--relation', '1').stdout).toBe(first.stdout);
    expect(hookchart('inspect', path, '--sequence', '--relation', '99')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`${path} has no relation 99; it has 1`),
    });
    expect(hookchart('inspect', '--sequence')).toMatchObject({ status: 2 });
    expect(hookchart('inspect', path, '--relation', '1').stderr).toContain('is for --sequence');
  });

  it('writes one file that holds all', async () => {
    const out = join(folder, 'page.html');
    const path = await recorded();
    expect(hookchart('inspect', path, '--out', out)).toMatchObject({ status: 0 });
    const page = readFileSync(out, 'utf8');
    expect(recordingIn(page)).toEqual(JSON.parse(readFileSync(path, 'utf8')));
    expect(page).not.toMatch(/<(script|link)[^>]+(src|href)="(?!data:)/);
  });

  it('lets nothing in a recording end its script', () => {
    const recording = {
      format: 'hookchart-recording',
      version: 1,
      title: '</script><script>alert(1)</script>',
      definitions: {},
      entries: [],
    };
    const out = join(folder, 'evil.html');
    hookchart('inspect', file('evil.json', JSON.stringify(recording)), '--out', out);
    const page = readFileSync(out, 'utf8');
    expect(page).not.toContain('<script>alert');
    expect(recordingIn(page)).toEqual(recording);
  });

  it.each([
    ['nowhere.json', null, /nowhere\.json cannot be read \(ENOENT\)/],
    ['broken.json', '{', /broken\.json is no recording: it is not JSON/],
    [
      'other.json',
      '{"a":1}',
      /other\.json is no recording: format is missing\nverify and soak --record FILE\.json/,
    ],
    [
      'replay.json',
      '{"actions":7}',
      /the replay's \S+ is missing\nhookchart verify --save FILE writes one that is read here\n$/,
    ],
    [
      'later.json',
      '{"format":"hookchart-recording","version":2}',
      /: \S+later\.json is a recording of version 2; this hookchart reads version 1\nThe hookchart that wrote it shows it, or a later one\n$/,
    ],
    [
      'moved.json',
      '{"charm":"./eager.mjs","bounds":{},"actions":[]}',
      /: \S+moved\.json names the charm \.\/eager\.mjs, which cannot be had from here: there is no file \S+\nhookchart verify --replay \S+moved\.json --charm MODULE runs it with the charm that MODULE exports\n$/,
    ],
    [
      'unknown.json',
      JSON.stringify({
        ...{ bounds: defaultBounds(simulated), served: 0 },
        actions: [{ _tag: 'Relat', application: 'app1' }],
      }),
      /the replay's actions\.0\._tag is "Relat", and no action of this charm is called so: Relate, perhaps\n/,
    ],
    ['story.json', '{"format":"hookchart-soak"}', /the story of a soak: hookchart soak --replay/],
  ])('refuses %s', (name, content, words) => {
    const path = content === null ? join(folder, name) : file(name, content);
    const { status, stderr } = hookchart('inspect', path, '--text');
    expect(stderr).toMatch(words);
    expect(status).toBe(2);
  });

  it('refuses to show nothing, a run that is not there, and a file that cannot be written', async () => {
    const path = await recorded();
    for (const [args, words] of [
      [['--text'], 'name the recording'],
      [[path, '--run', '1'], '--run is for --text'],
      [
        [path, '--text', '--run', 'nobody'],
        `${path} has no run "nobody"\nhookchart inspect ${path} --text names its runs\n`,
      ],
      [[path, '--out', join(folder, 'no', 'x.html')], 'cannot be written (ENOENT)'],
    ] as const) {
      const { status, stderr } = hookchart('inspect', ...args);
      expect(stderr).toContain(words);
      expect(status).toBe(2);
    }
  });

  it.each([
    ['inspect', '--no-open', '--out'],
    ['demo', '--record'],
  ])('refuses at once what it could not write in the end: %s', (...args) => {
    const { status, stdout, stderr } = hookchart(...args, join(folder, 'no', 'x.html'));
    expect(stderr).toContain('cannot be written (ENOENT)');
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('refuses a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { status, stderr } = hookchart('inspect', '--no-open', '--port', port);
    server.close();
    expect(stderr).toContain(`port ${port} cannot be taken (EADDRINUSE); choose another --port`);
    expect(status).toBe(2);
  });
});
