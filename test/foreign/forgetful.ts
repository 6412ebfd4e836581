/** A charm in bash that puts a request off and loses it, and what it lost, as a recording: no Python is needed. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What the charm calls the event that it puts off. */
export const putOff = 'Forgetful/on/page_relation_changed[1]';

/** The file in which ops would keep an event that was put off: a page that names the table, and the table. */
export function stateOfOps(event: string): Buffer {
  const bytes = Buffer.alloc(1024);
  bytes.write('SQLite format 3\0');
  bytes.writeUInt16BE(512, 16);
  leaf(bytes, 0, 100, row('table', 'notice', 'notice', 2));
  leaf(bytes, 512, 0, row(null, event, 'Forgetful', '_on_page_changed'));
  return bytes;
}

/** A page of a table that holds one row, at its end. */
function leaf(bytes: Buffer, page: number, header: number, cell: Buffer): void {
  const start = 512 - cell.length;
  bytes.writeUInt8(13, page + header);
  bytes.writeUInt16BE(1, page + header + 3);
  bytes.writeUInt16BE(start, page + header + 5);
  bytes.writeUInt16BE(start, page + header + 8);
  cell.copy(bytes, page + start);
}

function row(...values: readonly (string | number | null)[]): Buffer {
  const types = values.map((value) => {
    if (value === null) return 0;
    return typeof value === 'number' ? 1 : 13 + 2 * value.length;
  });
  const body = values.map((value) =>
    typeof value === 'number' ? Buffer.from([value]) : Buffer.from(value ?? ''),
  );
  const record = Buffer.concat([Buffer.from([types.length + 1, ...types]), ...body]);
  return Buffer.concat([Buffer.from([record.length, 1]), record]);
}

/** A folder with the charm, and `edit` made of its program. */
export function forgetful(edit: (program: string) => string = (program) => program): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-forgetful-'));
  cpSync(resolve('test/foreign/charms/forgetful'), folder, { recursive: true });
  const program = join(folder, 'dispatch');
  writeFileSync(program, edit(readFileSync(program, 'utf8')));
  writeFileSync(join(folder, 'put-off.db'), stateOfOps(putOff));
  return folder;
}

/** What the command records of such a charm's first failure, as JSON or as a page. */
export function soakedTo(file: string, edit?: (program: string) => string): string {
  const charm = forgetful(edit);
  try {
    const args = ['soak', '--charm', charm, '--ask', 'page:title=tides', '--record', file];
    const { status, stderr } = spawnSync(process.execPath, ['dist/src/cli/main.js', ...args], {
      encoding: 'utf8',
    });
    if (status !== 1) throw new Error(`nothing was found: ${stderr}`);
    return file;
  } finally {
    rmSync(charm, { recursive: true });
  }
}
