/**
 * Loaded into every Node that a hook starts: calls of hook tools go to the simulated Juju from within,
 * instead of by a process for each. They are caught where `child_process` has made one thing of all its
 * functions, so that encodings, callbacks, promises and limits are Node's own; whatever is not plainly
 * such a call goes on to be a process.
 */
'use strict';

const { ChildProcess } = require('node:child_process');
const fs = require('node:fs');
const { constants } = require('node:os');
const { basename, delimiter, dirname, join, resolve } = require('node:path');
const { Readable, Writable } = require('node:stream');

// As they are now: what a charm's tests put in their place is none of ours.
const { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, realpathSync } = fs;
const { rmSync, statSync, writeSync } = fs;
const {
  HOOKCHART_LINE: line = '',
  JUJU_AGENT_SOCKET_ADDRESS: socket = '',
  JUJU_CONTEXT_ID: context = '',
} = process.env;
const fd = Number(line);
const work = dirname(socket);
const programs = join(work, 'tools');

/** What several processes of one hook would say at once would be mixed: the first one has the line. */
let isOurs;
function hasLine() {
  isOurs ??= taken();
  return isOurs;
}

function taken() {
  const claim = join(work, 'claimed');
  try {
    // A process that a hook's own has started may have anything of that number, or nothing.
    if (line === '' || !fstatSync(fd).isSocket()) return false;
    closeSync(openSync(claim, 'wx'));
    process.on('exit', () => rmSync(claim, { force: true }));
    return true;
  } catch {
    return false;
  }
}

/** Asks, and waits for the answer: an exit code, and what goes to standard output and error. */
function asked({ tool, args, folder }, input) {
  const fields = [context, folder, input, tool, ...args].map((field) => Buffer.from(field));
  const request = fields.flatMap((field) => [Buffer.from(`${field.length}\n`), field]);
  written(fd, Buffer.concat([Buffer.from(`${fields.length}\n`), ...request]));
  let answer = Buffer.alloc(0);
  const part = Buffer.alloc(65536);
  const isWhole = () => {
    const end = answer.indexOf(10);
    return end >= 0 && answer.length > end + Number(answer.subarray(0, end));
  };
  while (!isWhole()) {
    const bytes = readSync(fd, part);
    if (bytes === 0) return [255, Buffer.alloc(0), Buffer.from(`${tool}: Juju said nothing\n`)];
    answer = Buffer.concat([answer, part.subarray(0, bytes)]);
  }
  const [start, end] = [answer.indexOf(10) + 1, answer.indexOf(10, answer.indexOf(10) + 1)];
  const [exit, length] = answer.subarray(start, end).toString().split(' ').map(Number);
  const said = answer.subarray(end + 1);
  return [exit, said.subarray(0, length), said.subarray(length)];
}

function written(to, bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(to, bytes, at);
}

/** The call that a process would make; null where that is anything but one of a hook tool. */
function callOf({ file, args: [name, ...words] = [], envPairs, cwd, uid, gid, detached, signal }) {
  const isOther = uid != null || gid != null || detached || signal?.aborted || name !== file;
  if (isOther || !Array.isArray(envPairs)) return null;
  const [program, ...args] = inShell(file, words) ?? [file, ...words];
  const tool = basename(program);
  if (tool !== program && program !== join(programs, tool)) return null;
  if (tool === '' || !existsSync(join(programs, tool)) || !isOfHook(envPairs)) return null;
  const folder = folderOf(cwd);
  return folder === null || !hasLine() ? null : { tool, args, folder };
}

/** The words of a command line in which a shell has nothing to do. */
function inShell(file, [option, command, ...more]) {
  if (file !== '/bin/sh' || option !== '-c' || more.length > 0) return null;
  const word = /(?:[\w./:=@%+,-]|'[^']*'|"[^"$`\\]*")+/g;
  if (command.replace(word, '').trim() !== '' || /[\n\r]/.test(command)) return null;
  return command.match(word)?.map((one) => one.replace(/'([^']*)'|"([^"]*)"/g, '$1$2')) ?? null;
}

/** What it is given is what this hook was given. */
function isOfHook(pairs) {
  const has = (name, value) => pairs.includes(`${name}=${value}`);
  return (
    has('JUJU_CONTEXT_ID', context) &&
    has('JUJU_AGENT_SOCKET_ADDRESS', socket) &&
    pairs.some((pair) => pair.startsWith(`PATH=${programs}${delimiter}`))
  );
}

function folderOf(cwd) {
  try {
    const folder = realpathSync(cwd == null ? '.' : resolve(String(cwd)));
    return statSync(folder).isDirectory() ? folder : null;
  } catch {
    return null;
  }
}

const readsInput = ({ args }) =>
  args.some((arg, at) => arg === '--file=-' || (arg === '--file' && args[at + 1] === '-'));

let calls = 0;
/** Beyond all that Linux gives, so that a signal to it finds nobody. */
const nextProcess = () => 4_194_304 + ++calls;

/** Of the functions that wait. */
function spawnSyncBy(real) {
  return (options) => {
    const { stdio } = options;
    const isPlain = stdio.length === 3 && stdio.every(({ type }) => type in inputOf);
    const call = isPlain ? callOf(options) : null;
    if (call === null) return real(options);
    const [exit, ...said] = asked(call, readsInput(call) ? inputOf[stdio[0].type](stdio[0]) : '');
    const output = [null, null, null];
    let kept = 0;
    for (const [at, bytes] of said.entries()) {
      const { type, fd: to } = stdio[at + 1];
      if (type === 'inherit' || type === 'fd') written(to ?? at + 1, bytes);
      if (type !== 'pipe' && type !== 'overlapped') continue;
      output[at + 1] = bytes;
      kept += bytes.length;
    }
    const done = { pid: nextProcess(), status: exit, signal: null, output };
    const isTooMuch = options.maxBuffer > 0 && kept > options.maxBuffer;
    const error = -constants.errno.ENOBUFS;
    return isTooMuch ? { ...done, status: null, signal: 'SIGTERM', error } : done;
  };
}

const given = ({ input }) =>
  ArrayBuffer.isView(input) ? Buffer.from(input.buffer, input.byteOffset, input.byteLength) : '';
const inherited = ({ fd: from }) => readFileSync(from ?? 0);
const inputOf = {
  ...{ pipe: given, overlapped: given, ignore: () => '' },
  ...{ inherit: inherited, fd: inherited },
};

/** Of the functions that do not wait. */
function spawnBy(real) {
  return function spawn(options) {
    const kinds = kindsOf(options.stdio);
    const call = kinds === null ? null : callOf(options);
    return call === null ? real.call(this, options) : answered(this, options, call, kinds);
  };
}

/** What becomes of input, output and errors; null where that is more than these three, or another. */
function kindsOf(stdio) {
  const all = Array.isArray(stdio) ? stdio : Array(3).fill(stdio);
  const kinds = [0, 1, 2].map((at) => all[at] ?? 'pipe');
  const isPlain = kinds.every((kind) => ['pipe', 'overlapped', 'ignore', 'inherit'].includes(kind));
  return isPlain && all.length <= 3
    ? kinds.map((kind) => (kind === 'overlapped' ? 'pipe' : kind))
    : null;
}

/** Makes a call in place of a process, which says of itself what one would. */
function answered(child, { file, args }, call, kinds) {
  // Nobody is there to be sent a signal, as where it has ended already.
  child._handle = null;
  const outputs = kinds.map((kind, at) => (at > 0 && kind === 'pipe' ? output() : null));
  const gathered = [];
  const stdin = kinds[0] === 'pipe' ? inputTo(gathered) : null;
  const [, stdout, stderr] = outputs;
  const stdio = [stdin, stdout, stderr];
  Object.assign(child, { pid: nextProcess(), spawnfile: file, spawnargs: args });
  Object.assign(child, { stdin, stdout, stderr, stdio });
  const end = () => {
    const input =
      kinds[0] === 'inherit' && readsInput(call) ? readFileSync(0) : Buffer.concat(gathered);
    const [exit, ...said] = asked(call, readsInput(call) ? input : '');
    for (const [at, bytes] of said.entries()) {
      if (kinds[at + 1] === 'inherit') written(at + 1, bytes);
      outputs[at + 1]?.push(bytes);
      outputs[at + 1]?.push(null);
    }
    child.exitCode = exit;
    stdin?.destroy();
    const open = stdio.filter((stream) => stream !== null);
    let isOver = false;
    const close = () => {
      if (isOver || !open.every(({ closed }) => closed)) return;
      isOver = true;
      child.emit('close', exit, null);
    };
    for (const stream of open) stream.once('close', close);
    child.emit('exit', exit, null);
    // What nobody reads does not keep it from being over.
    process.nextTick(() => {
      for (const stream of outputs) if (stream?.readable) stream.resume();
      close();
    });
  };
  process.nextTick(() => child.emit('spawn'));
  if (stdin !== null && readsInput(call)) {
    const waiting = setInterval(() => {}, 2 ** 30);
    stdin.once('close', () => {
      clearInterval(waiting);
      end();
    });
  } else setImmediate(end);
  return 0;
}

const unrefable = { ref: { value: () => {} }, unref: { value: () => {} } };
const output = () => Object.defineProperties(new Readable({ read() {} }), unrefable);

function inputTo(gathered) {
  const stream = new Writable({
    write(bytes, encoding, done) {
      gathered.push(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, encoding));
      done();
    },
  });
  return Object.defineProperties(stream, unrefable);
}

ChildProcess.prototype.spawn = spawnBy(ChildProcess.prototype.spawn);
try {
  const binding = process.binding('spawn_sync');
  binding.spawn = spawnSyncBy(binding.spawn);
} catch {
  // A Node that lets nobody in there starts a process for each call that waits.
}
