import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-terminal-'));
afterAll(() => rmSync(folder, { recursive: true }));

const program = resolve('dist/src/cli/main.js');
const plain = { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined };
/** Colours as they can be read here. */
const shown = (text: string) => text.replaceAll('\u001b', '^');
const hookchart = (args: readonly string[], env: NodeJS.ProcessEnv = plain) =>
  spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env });

const history = join(folder, 'history.json');
writeFileSync(history, '{"actions":7}');

const children = new Set<ChildProcess>();
// One that does not hear it must not outlive its test.
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** Ends a command by Ctrl-C when it has said something on standard error. */
function interrupted(...args: string[]): Promise<{ code: number | null; out: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [program, ...args], { env: plain, cwd: folder });
    children.add(child);
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.once('data', () => child.kill('SIGINT'));
    child.once('close', (code) => done({ code, out }));
  });
}

describe('wrong use', () => {
  const words = join(folder, 'chart.txt');
  writeFileSync(words, 'flowchart TD\n');
  it.each([
    [['soka'], "unknown command 'soka'", 'Did you mean soak?'],
    [['soak', '--hoks', '3'], "unknown option '--hoks'", 'Did you mean --hooks?'],
    [['soak', '--hooks', 'x'], 'whole number', 'hookchart soak --help says what there is'],
    [['soak', '--hooks', '0'], 'at least 1', 'hookchart soak --help says what there is'],
    [['chart', 'update-status', '--format', 'dott'], 'dott', 'Did you mean dot?'],
    [['chart', 'update-statsu'], 'there is no hook "update-statsu"', 'Did you mean update-status?'],
    [['completion', 'bahs'], 'bahs', 'Did you mean bash?'],
    [['pack', '--runtime', 'bunn'], 'bunn', 'Did you mean bun?'],
    [['pack', '--charm', folder], `--charm ${folder}: it is a folder`, 'Name the module in it'],
    [['pack', '--charm', 'gone/x.js'], 'there is no file', 'Name the module that exports'],
    [['inspect', '--charm', 'x.js'], '--charm is for a history', 'hookchart inspect --help'],
    [['verify', '--bound', 'outage=1'], 'no bound outage', 'Did you mean outages?'],
    [
      ['plan', 'database-requested', '--answers', '{"is_backend_redy":"no"}'],
      'there is no node "is_backend_redy"',
      'Did you mean is_backend_ready?',
    ],
    [
      ['plan', 'database-requested', '--answers', '{"is_backend_ready":"yess"}'],
      'cannot be answered "yess"',
      'Did you mean yes?',
    ],
    [['new'], "missing required argument 'file'", 'hookchart new --help says what there is'],
    [['zzzzz'], "unknown command 'zzzzz'", 'hookchart --help says what there is'],
    [
      ['chart', '--check', words],
      `${words} is to end in .md, .markdown, .mmd or .mermaid`,
      '--help',
    ],
    [['new', words], `${words} is to end in`, 'hookchart new --help'],
    [['demo', '--record', 'a.txt'], 'a.txt is to end in .html, .htm or .json', 'demo --help'],
    [['inspect', '--out', 'a.txt'], 'a.txt is to end in .html, .htm or .json', 'inspect --help'],
    [['inspect', 'a.html'], 'a.html is to be a recording (.json)', 'inspect --help'],
    [['verify', '--save', 'a.txt'], 'a.txt is to end in .json', 'verify --help'],
    [['verify', '--record', 'a.txt'], 'a.txt is to end in .html, .htm or .json', 'verify --help'],
    [['soak', '--record', '/no/such/a.json'], '/no/such/a.json cannot be written', 'soak --help'],
    [['soak', '--record', folder], 'is to end in', 'soak --help'],
    [
      ['leftovers', 'postgresql://u:p@h/d', '--owner', 'm/a', '--ca', '/no/ca.pem'],
      '/no/ca.pem cannot be read (ENOENT)',
      'leftovers --help',
    ],
  ])('%j is told in two lines', (args, what, next) => {
    const { status, stdout, stderr } = hookchart(args);
    const [first = '', second = '', ...rest] = stderr.split('\n');
    expect(first).toMatch(/^hookchart: /);
    expect(first).toContain(what);
    // Where one word was meant, the others are not listed before it.
    if (second.startsWith('Did you mean')) expect(first).not.toContain('there are');
    expect(second).toContain(next);
    expect([status, stdout, rest]).toEqual([2, '', ['']]);
  });
});

it.each([
  ['inspect', history],
  ['verify', '--replay', history],
])('what a file holds is said of that file: %s', (...args) => {
  const { status, stderr } = hookchart(args);
  expect(stderr).toMatch(
    /^hookchart: \S+history\.json: the replay's bounds .*\nhookchart verify --save FILE .*\n$/,
  );
  expect(status).toBe(2);
});

describe('what is said', () => {
  const check = ['chart', '--check', 'docs/hooks/update-status.md'];

  it('is coloured where that is asked for, and plain where no terminal is', () => {
    expect(hookchart(check).stdout).toMatch(/: agrees\n$/);
    const coloured = { ...plain, FORCE_COLOR: '1' };
    expect(shown(hookchart(check, coloured).stdout)).toContain(': ^[32magrees^[39m\n');
    expect(shown(hookchart(['soka'], coloured).stderr)).toMatch(/^\^\[31mhookchart:\^\[39m unk/);
    expect(shown(hookchart(['--help'], coloured).stdout)).toContain('^[1mUsage:^[22m');
  });

  it('is a summary, and the seed to go on from, at Ctrl-C', { timeout: 60_000 }, async () => {
    const { code, out } = await interrupted('soak', '--seed', '70');
    expect(code).toBe(130);
    expect(out).toMatch(/[\d.]+ s: \d+ histories, \d+ steps, \d+ hooks of the provider\n/);
    const [, seed, again] = /Go on from seed (\d+): hookchart soak --seed (\d+) /.exec(out) ?? [];
    expect(Number(seed)).toBeGreaterThanOrEqual(70);
    expect(again).toBe(seed);
  });

  it('stays one JSON document at Ctrl-C, and progress beside it', { timeout: 60_000 }, async () => {
    const { code, out } = await interrupted('soak', '--json');
    expect(code).toBe(130);
    const { failure, histories, interrupted: at } = JSON.parse(out);
    expect([failure, at]).toEqual([null, { seed: 1 + histories }]);
    const verified = await interrupted('verify', '--json');
    expect(verified.code).toBe(130);
    expect(JSON.parse(verified.out)).toMatchObject({ counterexample: null, interrupted: true });
  });
});
