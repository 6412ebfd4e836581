/** What a tool reads and prints: by a pipe, piece by piece, or all at once in a file. */
import { closeSync, fstatSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the standard output of one tool goes. */
export interface Output {
  readonly stdio: 'pipe' | number;
  /** Begins to look how much comes; once it is more than may come, it says so and keeps no more. */
  readonly follow: (stream: NodeJS.ReadableStream | null, onExcess: () => void) => void;
  /** All that was printed, once the tool has ended; null where that is more than may come. */
  readonly text: () => string | null;
  readonly close: () => void;
}

/** Where the standard input of one tool comes from. */
export interface Input {
  readonly stdio: 'pipe' | 'ignore' | number;
  readonly close: () => void;
}

export function piped(mostBytes: number): Output {
  let out = () => '';
  return {
    stdio: 'pipe',
    follow: (stream, onExcess) => {
      out = gathered(stream, mostBytes, onExcess);
    },
    text: () => out(),
    close: () => {},
  };
}

/** How often a file is looked at while a tool writes to it. */
const everyMilliseconds = 25;

/**
 * A file without a name, which only this process and the tool have: some answers have megabytes, and
 * come through a pipe in a hundred pieces. Through a pipe as well where no file can be made.
 */
export function filed(folder: string, mostBytes: number): Output {
  const open: number[] = [];
  let look: NodeJS.Timeout | undefined;
  const close = () => {
    clearInterval(look);
    closeAll(open);
  };
  try {
    // It is read from its beginning, wherever the tool has come to.
    const [written, read] = nameless(folder, open);
    // A tool that was given up may still come to its end.
    const isExcess = () => open.length === 0 || fstatSync(read).size > mostBytes;
    return {
      stdio: written,
      follow: (_, onExcess) => {
        look = setInterval(() => isExcess() && onExcess(), everyMilliseconds);
      },
      text: () => (isExcess() ? null : readFileSync(read, 'utf8')),
      close,
    };
  } catch {
    close();
    return piped(mostBytes);
  }
}

/**
 * What a tool is to read, in a file without a name, which is made faster than a pipe is by Bun.
 * Through a pipe as well where no file can be made.
 */
export function input(folder: string | null, text: string | undefined): Input {
  if (text === undefined) return { stdio: 'ignore', close: () => {} };
  if (folder === null) return { stdio: 'pipe', close: () => {} };
  const open: number[] = [];
  const close = () => closeAll(open);
  try {
    const [written, read] = nameless(folder, open);
    writeFileSync(written, text);
    return { stdio: read, close };
  } catch {
    close();
    return { stdio: 'pipe', close };
  }
}

/** Opens one file twice, to be written and to be read, and takes its name away. */
function nameless(folder: string, open: number[]): readonly [written: number, read: number] {
  const path = join(folder, `.hookchart-file-${process.pid}`);
  const written = openSync(path, 'wx', 0o600);
  open.push(written);
  const read = openSync(path, 'r');
  open.push(read);
  unlinkSync(path);
  return [written, read];
}

const closeAll = (open: number[]): void => {
  for (const file of open.splice(0)) closeSync(file);
};

/** What a stream has said until now, of which no more than that is kept. */
export function gathered(
  stream: NodeJS.ReadableStream | null,
  bytes: number,
  onExcess: () => void = () => {},
): () => string {
  let text = '';
  let length = 0;
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    if (length > bytes) return;
    length += Buffer.byteLength(chunk);
    text += chunk;
    if (length > bytes) onExcess();
  });
  return () => text;
}
