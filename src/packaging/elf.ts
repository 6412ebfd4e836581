/** What the header of a Linux program says of where it can run (`man 5 elf`). */
import { closeSync, openSync, readSync } from 'node:fs';

/** Machines by their number in an ELF header, in the words of Debian, Juju and charmcraft. */
const machines: Readonly<Record<number, string>> = {
  21: 'ppc64el',
  22: 's390x',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
};

export interface Program {
  readonly architecture: string;
  /** The shared libraries that must be there when it starts. */
  readonly libraries: readonly string[];
}

const magic = 0x7f_45_4c_46;
/** Types of segments, and tags in the dynamic one. */
const [load, dynamic] = [1, 2];
const [needed, stringTable, stringTableSize] = [1, 5, 10];

/** Reads a program of 64 bits; null where the file is none. */
export function programIn(path: string): Program | null {
  const file = openSync(path, 'r');
  try {
    return read(file);
  } finally {
    closeSync(file);
  }
}

function read(file: number): Program | null {
  const part = (offset: number, length: number) => {
    const bytes = new Uint8Array(length);
    readSync(file, bytes, 0, length, offset);
    return new DataView(bytes.buffer);
  };
  const header = part(0, 64);
  if (header.getUint32(0) !== magic || header.getUint8(4) !== 2) return null;
  const isLittle = header.getUint8(5) === 1;
  const half = (view: DataView, at: number) => view.getUint16(at, isLittle);
  const long = (view: DataView, at: number) => Number(view.getBigUint64(at, isLittle));

  const [width, count] = [half(header, 54), half(header, 56)];
  const table = part(long(header, 32), width * count);
  const segments = Array.from({ length: count }, (_, index) => ({
    type: table.getUint32(index * width, isLittle),
    offset: long(table, index * width + 8),
    address: long(table, index * width + 16),
    size: long(table, index * width + 32),
  }));
  const code = half(header, 18);
  const architecture = machines[code] ?? `machine ${code} of ELF`;

  const section = segments.find(({ type }) => type === dynamic);
  if (section === undefined) return { architecture, libraries: [] };
  const entries = part(section.offset, section.size);
  const tags = Array.from({ length: Math.floor(section.size / 16) }, (_, index) => ({
    tag: long(entries, index * 16),
    value: long(entries, index * 16 + 8),
  }));
  const tagged = (wanted: number) => tags.find(({ tag }) => tag === wanted)?.value ?? 0;
  const address = tagged(stringTable);
  const holder = segments.find(
    (one) => one.type === load && one.address <= address && address < one.address + one.size,
  );
  const offset = address - (holder?.address ?? 0) + (holder?.offset ?? 0);
  const names = Buffer.from(part(offset, tagged(stringTableSize)).buffer);
  const libraries = tags
    .filter(({ tag }) => tag === needed)
    .map(({ value }) => names.toString('latin1', value, names.indexOf(0, value)));
  return { architecture, libraries };
}
