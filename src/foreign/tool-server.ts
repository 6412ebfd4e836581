/** Where the hook tools' programs call: a Unix socket, answered by whoever runs a hook at the time. */
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { delimiter, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Answered, Call } from './call.ts';
import { isExecutable } from './description.ts';
import { toolNames } from './tool-calls.ts';
import { filesNamed } from './values.ts';

/** The programs and the socket, for hooks that run one after the other. */
export interface ToolServer {
  /** The folder of the programs, for PATH. */
  readonly programs: string;
  readonly socket: string;
  /**
   * From now on calls of this context are answered so, or not at all where null is the answer: the
   * process is about to die. Without a function all are turned away.
   */
  serve(context: string, onCall: OnCall | null): void;
  /** Answers what a hook's own process asks on a line of its own, one call after the other. */
  hear(line: Duplex): void;
  close(): void;
}

type OnCall = (call: Call) => Answered | null;

/** Puts the programs into a folder, and listens beside them. */
export async function openToolServer(folder: string): Promise<ToolServer> {
  const programs = join(folder, 'tools');
  mkdirSync(programs, { recursive: true });
  const program = join(folder, 'tool');
  // A process of Perl takes a tenth of the time of one of Node.
  const isPerlThere = isExecutable('/usr/bin/perl');
  copyFileSync(agentFile(isPerlThere ? 'tool' : 'tool.mjs'), program);
  chmodSync(program, 0o755);
  for (const tool of toolNames) symlinkSync(program, join(programs, tool));
  let current: { readonly context: string; readonly onCall: OnCall } | null = null;
  const socket = join(folder, 'juju.socket');
  const hear = (caller: Duplex, answer: (text: string) => void): void => {
    caller.on('error', () => {});
    received(caller, ([context = '', at = '', input = '', tool = '', ...args]) => {
      const served = current?.context === context ? current : null;
      const made = (served ?? nobody).onCall({ tool, args, input, files: filesNamed(args, at) });
      if (made === null) return;
      const { exit, stdout, stderr } = made;
      answer(`${exit} ${Buffer.byteLength(stdout)}\n${stdout}${stderr}`);
    });
  };
  const server: Server = createServer((caller) => hear(caller, (text) => caller.end(text)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  server.unref();
  return {
    programs,
    socket,
    serve: (context, onCall) => {
      current = onCall === null ? null : { context, onCall };
    },
    // What has no end is known by its length.
    hear: (line) => hear(line, (text) => line.write(`${Buffer.byteLength(text)}\n${text}`)),
    close: () => server.close(),
  };
}

const nobody: { readonly onCall: OnCall } = {
  onCall: () => ({ exit: 1, stdout: '', stderr: 'ERROR no hook of this context runs\n' }),
};

/** A file that is sent along with this room. */
export const agentFile = (name: string): string =>
  fileURLToPath(new URL(`agent/${name}`, import.meta.url));

/** What a hook finds on its PATH: the tools before all else. */
export const pathWith = (programs: string): string =>
  [programs, process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter);

/** Gives the fields of each request once all of them are there: each has its length before it. */
function received(caller: Duplex, onFields: (fields: readonly string[]) => void): void {
  let bytes = Buffer.alloc(0);
  caller.on('data', (part) => {
    bytes = Buffer.concat([bytes, part]);
    for (let read = fieldsIn(bytes); read !== null; read = fieldsIn(bytes)) {
      bytes = bytes.subarray(read.length);
      onFields(read.fields);
    }
  });
}

interface Read {
  readonly fields: readonly string[];
  /** Bytes that they took. */
  readonly length: number;
}

function fieldsIn(bytes: Buffer): Read | null {
  let at = 0;
  const number = (): number | null => {
    const end = bytes.indexOf(10, at);
    if (end < 0) return null;
    const found = Number(bytes.subarray(at, end).toString());
    at = end + 1;
    return found;
  };
  const count = number();
  if (count === null) return null;
  const fields: string[] = [];
  while (fields.length < count) {
    const length = number();
    if (length === null || at + length > bytes.length) return null;
    fields.push(bytes.subarray(at, at + length).toString());
    at += length;
  }
  return { fields, length: at };
}
