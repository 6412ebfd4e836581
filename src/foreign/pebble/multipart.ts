/** Bodies of several parts, as Pebble sends and takes files. */

interface Part {
  readonly name: string;
  readonly content: Buffer;
}

/** The parts of a body, in order; none where the content type names no boundary. */
export function partsOf(contentType: string, body: Buffer): readonly Part[] {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (boundary === undefined) return [];
  const mark = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(mark);
  while (at >= 0) {
    const start = at + mark.length + 2;
    const next = body.indexOf(Buffer.concat([Buffer.from('\r\n'), mark]), start);
    if (next < 0) break;
    const headEnd = body.indexOf('\r\n\r\n', start);
    const head = body.subarray(start, headEnd).toString();
    const name = /name="([^"]*)"/.exec(head)?.[1] ?? '';
    parts.push({ name, content: body.subarray(headEnd + 4, next) });
    at = next + 2;
  }
  return parts;
}

const boundary = '01234567890123456789012345678901';

/** The content type of what `filesAnswer` makes. */
export const filesType = `multipart/form-data; boundary="${boundary}"`;

/** A file, or none where it could not be read, and what is to be said of it. */
export function filesAnswer(path: string, content: Buffer | null, response: object): Buffer {
  const part = (disposition: string, type: string, bytes: Buffer) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`,
    ),
    bytes,
    Buffer.from('\r\n'),
  ];
  const named = `name="files"; filename="${path.replaceAll('"', '\\"')}"`;
  const file = content === null ? [] : part(named, 'application/octet-stream', content);
  const said = Buffer.from(JSON.stringify(response));
  return Buffer.concat([
    ...file,
    ...part('name="response"', 'application/json', said),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}
