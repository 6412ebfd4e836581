/**
 * A text in the format `.xz`, as it is and not compressed: who reads it takes nothing else, and
 * neither Node nor Bun has what would compress it.
 *
 * Follows https://tukaani.org/xz/xz-file-format.txt.
 */
import { crc32 } from 'node:zlib';

/** The most that one chunk holds as it is. */
const longest = 0x10000;

export function xzOf(text: string): Buffer {
  const content = Buffer.from(text);
  // The check of all that is in it is a CRC32.
  const flags = Buffer.from([0, 1]);
  // One filter, LZMA2, with a dictionary of 64 KiB.
  const header = withCheck(Buffer.from([2, 0, 0x21, 1, 8, 0, 0, 0]));
  const data = Buffer.concat([...chunksOf(content), Buffer.from([0])]);
  const check = number(crc32(content));
  const size = header.length + data.length + check.length;
  const index = withCheck(
    padded(Buffer.from([0, 1, ...variable(size), ...variable(content.length)])),
  );
  const backward = Buffer.concat([number(index.length / 4 - 1), flags]);
  return Buffer.concat([
    ...[Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), withCheck(flags)],
    ...[header, padded(data), check, index],
    ...[number(crc32(backward)), backward, Buffer.from('YZ')],
  ]);
}

/** The first one begins with an empty dictionary. */
function chunksOf(content: Buffer): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let from = 0; from < content.length; from += longest) {
    const part = content.subarray(from, from + longest);
    const head = Buffer.from([from === 0 ? 1 : 2, 0, 0]);
    head.writeUInt16BE(part.length - 1, 1);
    chunks.push(head, part);
  }
  return chunks;
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const withCheck = (bytes: Buffer): Buffer => Buffer.concat([bytes, number(crc32(bytes))]);

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

/** Seven bits in each byte, the lowest first. */
const variable = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...variable(value >>> 7)];
