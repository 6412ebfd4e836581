/**
 * The events that a charm in ops has put off, read from its SQLite file: the rows of the table `notice`.
 * https://www.sqlite.org/fileformat2.html has the format; only what small tables need of it is here.
 */

/** The paths of the events that wait, in order; empty where the file is none of ops's. */
export function deferredIn(bytes: Buffer | null): readonly string[] {
  if (bytes === null || bytes.subarray(0, 15).toString() !== 'SQLite format 3') return [];
  const stated = bytes.readUInt16BE(16);
  const pageSize = stated === 1 ? 65536 : stated;
  const root = rowsOf(bytes, pageSize, 1).find(
    ([type, name]) => type === 'table' && name === 'notice',
  )?.[3];
  if (typeof root !== 'number') return [];
  return rowsOf(bytes, pageSize, root).map(([, event]) => String(event));
}

type Value = string | number | null;

/** All rows of the table whose tree begins at a page. */
function rowsOf(bytes: Buffer, pageSize: number, page: number): readonly (readonly Value[])[] {
  const start = (page - 1) * pageSize;
  const header = page === 1 ? start + 100 : start;
  const type = bytes.readUInt8(header);
  const cells = bytes.readUInt16BE(header + 3);
  const isLeaf = type === 13;
  if (!isLeaf && type !== 5) return [];
  const pointers = header + (isLeaf ? 8 : 12);
  const offsets = Array.from(
    { length: cells },
    (_, at) => start + bytes.readUInt16BE(pointers + 2 * at),
  );
  if (!isLeaf) {
    const children = [
      ...offsets.map((at) => bytes.readUInt32BE(at)),
      bytes.readUInt32BE(header + 8),
    ];
    return children.flatMap((child) => rowsOf(bytes, pageSize, child));
  }
  return offsets.map((offset) => {
    const [, afterLength] = varint(bytes, offset);
    const [, body] = varint(bytes, afterLength);
    return recordAt(bytes, body);
  });
}

/** The columns of one row, as far as they are in its own page. */
function recordAt(bytes: Buffer, start: number): readonly Value[] {
  const [headerLength, first] = varint(bytes, start);
  const types: number[] = [];
  for (let at = first; at < start + headerLength; ) {
    const [type, next] = varint(bytes, at);
    types.push(type);
    at = next;
  }
  let at = start + headerLength;
  return types.map((type) => {
    const length = type >= 12 ? Math.floor((type - 12) / 2) : (sizes[type] ?? 0);
    const from = at;
    at += length;
    if (type >= 13 && type % 2 === 1) return bytes.subarray(from, at).toString();
    if (type >= 1 && type <= 6 && at <= bytes.length)
      return bytes.readIntBE(from, Math.min(length, 6));
    return type === 9 ? 1 : type === 8 ? 0 : null;
  });
}

/** Bytes of a number, by the type that its record has for it. */
const sizes = [0, 1, 2, 3, 4, 6, 8, 8];

/** A number of one to nine bytes, seven bits each, and where it ends. */
function varint(bytes: Buffer, start: number): readonly [value: number, end: number] {
  let value = 0;
  for (let at = start; at < start + 9; at++) {
    const byte = bytes.readUInt8(at);
    value = value * 128 + (byte & 127);
    if (byte < 128) return [value, at + 1];
  }
  return [value, start + 9];
}
