/** What a hook has printed, of which a record keeps what somebody may read: its beginning and its end. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that are kept: a traceback is at the end. */
const [first, last] = [16 * 1024, 48 * 1024];

const leftOut = (bytes: number): string =>
  `\n(${bytes.toLocaleString('en')} bytes of what it printed are left out here)\n`;

/** Gathers what a stream says, without holding all of it. */
export function gathered(stream: NodeJS.ReadableStream): () => string {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let dropped = 0;
  stream.on('data', (part: Buffer) => {
    const room = first - head.length;
    if (room > 0) head = Buffer.concat([head, part.subarray(0, room)]);
    tail = Buffer.concat([tail, part.subarray(Math.max(room, 0))]);
    const over = tail.length - last;
    if (over <= 0) return;
    dropped += over;
    tail = tail.subarray(over);
  });
  return () => `${head}${dropped === 0 ? '' : leftOut(dropped)}${tail}`;
}

/** The same of a file that a process has written; nothing where there is none. */
export function printedIn(file: string): string {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(handle);
    const read = (at: number, length: number) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(handle, bytes, 0, length, at));
    };
    if (size <= first + last) return read(0, size).toString();
    return `${read(0, first)}${leftOut(size - first - last)}${read(size - last, last)}`;
  } finally {
    closeSync(handle);
  }
}
