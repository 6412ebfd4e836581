/** Calls of hook tools by a charm in Node: without a process, and with nothing else changed. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Call } from '../../src/foreign/call.ts';
import { describeCharm } from '../../src/foreign/description.ts';
import { PlainLauncher } from '../../src/foreign/launch.ts';
import { Shortcut } from '../../src/foreign/shortcut.ts';
import { openToolServer, pathWith } from '../../src/foreign/tool-server.ts';

const made: string[] = [];
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true });
});

interface Given {
  readonly isPlain?: boolean;
  /** Whether a tool can be started at all. */
  readonly hasPrograms?: boolean;
}

/** Runs one hook whose tools answer with what they were called with; `--exit=N` fails. */
async function run(files: Readonly<Record<string, string>>, given: Given = {}) {
  const { isPlain = false, hasPrograms = true } = given;
  const work = mkdtempSync(join(tmpdir(), 'hookchart-node-'));
  made.push(work);
  const folder = join(work, 'charm');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'metadata.yaml'), 'name: harbour\n');
  chmodSync(join(folder, 'dispatch'), 0o755);
  const server = await openToolServer(work);
  if (!hasPrograms) chmodSync(join(work, 'tool'), 0o644);
  const calls: Call[] = [];
  server.serve('one', (call) => {
    calls.push(call);
    const { tool, args, input, files: sent } = call;
    const exit = Number(args.find((arg) => arg.startsWith('--exit='))?.slice(7) ?? 0);
    const stdout = `${JSON.stringify([tool, args, input, sent])}\n`;
    return { exit, stdout, stderr: exit === 0 ? '' : `ERROR of ${tool} ⚓\n` };
  });
  const shortcut = isPlain ? null : new Shortcut(server);
  const launcher = new PlainLauncher(describeCharm(folder), null, shortcut);
  const environment = {
    ...{ PATH: pathWith(server.programs), JUJU_CONTEXT_ID: 'one', TOOLS: server.programs },
    JUJU_AGENT_SOCKET_ADDRESS: server.socket,
  };
  try {
    const order = { program: '', folder, environment, charm: null, isOtherwise: false };
    const ended = await launcher.run(order);
    return { ...ended, calls };
  } finally {
    launcher.close();
    server.close();
  }
}

const esm = '{"type":"module"}';
const forms = `#!/usr/bin/env node
import { exec, execFile, execFileSync, execSync, spawn, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdirSync, writeFileSync } from 'node:fs';
const { TOOLS } = process.env;
mkdirSync('inside');
writeFileSync('inside/word', 'secret');
const told = ({ message, code, status, signal, killed, cmd, stdout, stderr, output }) =>
  ({ message, code, status, signal, killed, cmd, stdout, stderr, output });
const tried = (act) => { try { return act(); } catch (error) { return told(error); } };
const events = (child, input) => new Promise((resolve) => {
  const seen = [typeof child.pid, child.spawnfile, child.spawnargs, child.stdio.map((one) => one !== null)];
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name]?.setEncoding('utf8').on('data', (text) => { said[name] += text; });
  for (const name of ['spawn', 'exit', 'error']) child.on(name, (...args) => seen.push(name, ...args.map(String)));
  child.on('close', (...args) => resolve([...seen, said, 'close', ...args, child.exitCode, child.signalCode]));
  if (input !== undefined) child.stdin.end(input);
});
const called = (way, ...args) => new Promise((resolve) =>
  way(...args, (error, stdout, stderr) => resolve([error && told(error), stdout, stderr])));
const settled = (way, ...args) => promisify(way)(...args).then((value) => value, told);
const sync = {
  bytes: () => execFileSync('is-leader'),
  text: () => execFileSync('config-get', ['--format=json', 'ä b'], { encoding: 'utf8' }),
  path: () => String(execFileSync(TOOLS + '/config-get', ['x'])),
  input: () => String(execFileSync('relation-set', ['--file', '-'], { input: 'a: ⚓' })),
  view: () => String(execFileSync('relation-set', ['--file=-'], { input: new Uint16Array([97, 98]) })),
  none: () => String(execFileSync('relation-set', ['--file', '-'], { stdio: ['ignore', 'pipe', 'pipe'] })),
  own: () => String(execFileSync('relation-set', ['--file', '-'], { stdio: ['inherit', 'pipe', 'pipe'] })),
  inherit: () => execFileSync('is-leader', ['--exit=0'], { stdio: 'inherit' }),
  ignored: () => execFileSync('is-leader', { stdio: 'ignore' }),
  onlyOut: () => spawnSync('is-leader', ['--exit=2'], { stdio: ['pipe', 2, 'ignore'] }).output,
  fails: () => execFileSync('relation-get', ['--exit=2']),
  failsInText: () => execFileSync('relation-get', ['--exit=1'], { encoding: 'utf8', stdio: 'pipe' }),
  folder: () => String(execFileSync('secret-add', ['key#file=word'], { cwd: 'inside' })),
  spawned: () => { const { pid, ...rest } = spawnSync('juju-log', ['--exit=3', 'x']); return rest; },
  tooMuch: () => {
    const { error } = spawnSync('juju-log', ['x'.repeat(200)], { maxBuffer: 100 });
    return [error.code, error.message];
  },
  shell: () => execSync('status-set active "it is" \\'all right\\' a=b', { encoding: 'utf8' }),
  shellFails: () => execSync('status-set --exit=4 active'),
  inShell: () => spawnSync('open-port 80/tcp', { shell: true, encoding: 'utf8' }).stdout,
};
const later = {
  callback: () => called(execFile, 'is-leader', ['a']),
  callbackBytes: () => called(execFile, 'is-leader', ['a'], { encoding: 'buffer' }),
  callbackFails: () => called(execFile, 'is-leader', ['--exit=5']),
  callbackShell: () => called(exec, 'is-leader --format=json'),
  promise: () => settled(execFile, 'unit-get', ['private-address']),
  promiseFails: () => settled(execFile, 'unit-get', ['--exit=1', 'x']),
  promiseShell: () => settled(exec, 'unit-get "x y"'),
  promiseTooMuch: () => settled(execFile, 'unit-get', ['x'.repeat(200)], { maxBuffer: 100 }).then(({ code, message }) => [code, message]),
  spawned: () => events(spawn('relation-ids', ['berth'])),
  spawnedFails: () => events(spawn('relation-ids', ['--exit=7'])),
  input: () => events(spawn('relation-set', ['--file', '-']), 'some: text ⚓'),
  inherit: () => events(spawn('relation-ids', ['x'], { stdio: ['ignore', 'inherit', 'inherit'] })),
  errors: () => events(spawn('relation-ids', ['--exit=1'], { stdio: ['ignore', 'ignore', 'pipe'] })),
  unread: () => new Promise((resolve) => spawn('relation-ids').on('close', resolve)),
  iterated: async () => {
    let text = '';
    for await (const part of spawn('relation-ids', ['z']).stdout) text += part;
    return text;
  },
};
const results = {};
for (const [name, act] of Object.entries(sync)) results[name] = tried(act) ?? null;
for (const [name, act] of Object.entries(later)) results['later ' + name] = await act();
results.leftAlone = await settled(exec, 'echo "$TOOLS" | wc -l');
console.log(JSON.stringify(results, null, 1));
`;

describe('a hook tool that Node calls', () => {
  const files = { 'package.json': esm, dispatch: forms };

  it('says, fails and ends as its process does, and is none', { timeout: 60_000 }, async () => {
    const plain = await run(files, { isPlain: true });
    const short = await run(files, { hasPrograms: false });
    expect(plain.stdout).toContain('leftAlone');
    expect(short.stderr).toBe(plain.stderr);
    expect(short.stdout).toBe(plain.stdout);
    expect(short.calls).toEqual(plain.calls);
    expect(short.calls.length).toBeGreaterThan(30);
    expect(short.exit).toBe(0);
  });

  it('is a process where what it is given is not the hook’s', async () => {
    const dispatch = `#!/usr/bin/env node
const { execFile, spawnSync } = require('node:child_process');
const { TOOLS, PATH, JUJU_CONTEXT_ID, JUJU_AGENT_SOCKET_ADDRESS } = process.env;
const said = (env, tool = TOOLS + '/is-leader', more = {}) => {
  const { status, stdout, stderr, error } = spawnSync(tool, { env, encoding: 'utf8', ...more });
  return [status, stdout, stderr, error?.code];
};
const juju = { JUJU_CONTEXT_ID, JUJU_AGENT_SOCKET_ADDRESS };
console.log(JSON.stringify([
  said({ PATH, JUJU_CONTEXT_ID }),
  said({ ...juju, PATH, JUJU_CONTEXT_ID: 'another' }),
  said({ ...juju, PATH: '/usr/bin:/bin' }, 'is-leader'),
  said({ ...juju, PATH }, 'is-leader', { cwd: '/nowhere' }),
  said({ ...juju, PATH }, 'no-tool'),
]));
execFile('is-leader', { signal: AbortSignal.abort() }, ({ code }) => console.log(code));
`;
    const short = await run({ dispatch });
    expect(short.stdout).toBe((await run({ dispatch }, { isPlain: true })).stdout);
    expect(short.stdout).toContain('no Juju at');
    expect(short.stdout).toContain('no hook of this context runs');
    expect(short.stdout.split('ENOENT')).toHaveLength(4);
    expect(short.stdout).toContain('ABORT_ERR');
  });

  it('answers each of the processes that a hook has at once', { timeout: 60_000 }, async () => {
    const calls = `import { execFileSync } from 'node:child_process';
for (let at = 0; at < 20; at++) {
  const own = process.argv[2] + at;
  const [, [said]] = JSON.parse(execFileSync('juju-log', [own, 'x'.repeat(5000)]));
  if (said !== own) throw new Error(own + ' was told ' + said);
}
`;
    const dispatch = `#!/bin/sh
set -e
node calls.mjs a & first=$!
node calls.mjs b & second=$!
wait $first
wait $second
node calls.mjs c
node -e 'require("node:child_process").execFileSync(process.execPath, ["calls.mjs", "d"], { stdio: "inherit" })'
`;
    const ended = await run({ dispatch, 'calls.mjs': calls });
    expect(ended.stderr).toBe('');
    expect(ended.exit).toBe(0);
    expect(ended.calls).toHaveLength(80);
  });
});
