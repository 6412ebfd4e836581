/** One message of the server's, and where it lies. */
export interface Frame {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** The kind of an authentication message; null for all others. */
  readonly authentication: number | null;
}

/** The bytes that came, cut into whole messages. */
export interface Cut {
  readonly bytes: Buffer;
  readonly frames: readonly Frame[];
  /** Whether what follows the last of them can be no message. */
  readonly isBroken: boolean;
}

const head = 5;
const none: Cut = { bytes: Buffer.alloc(0), frames: [], isBroken: false };

/**
 * Cuts what a server sends into messages. The driver's parser takes a length, and an error's list
 * of fields, as they come: a list without an end keeps it busy for ever, on seven bytes.
 */
export class Frames {
  #chunks: Buffer[] = [];
  #held = 0;
  #wanted = head;

  /** Takes what came, and yields the messages that it completes. */
  take(chunk: Buffer, most: number): Cut {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#wanted) return none;
    const bytes = Buffer.concat(this.#chunks, this.#held);
    const frames: Frame[] = [];
    let start = 0;
    let isBroken = false;
    this.#wanted = head;
    while (bytes.length - start >= head) {
      const size = 1 + bytes.readUInt32BE(start + 1);
      isBroken = size < head || size > most;
      if (!isBroken && bytes.length - start < size) {
        this.#wanted = size;
        break;
      }
      const frame = isBroken ? null : frameAt(bytes, start, start + size);
      isBroken = frame === null;
      if (frame === null) break;
      frames.push(frame);
      start = frame.end;
    }
    const rest = bytes.subarray(start);
    this.#chunks = [rest];
    this.#held = rest.length;
    return { bytes, frames, isBroken };
  }
}

function frameAt(bytes: Buffer, start: number, end: number): Frame | null {
  const type = String.fromCharCode(bytes[start] ?? 0);
  const body = bytes.subarray(start + head, end);
  if ((type === 'E' || type === 'N') && !isListOfFields(body)) return null;
  if (type === 'R' && body.length < 4) return null;
  const authentication = type === 'R' ? body.readInt32BE(0) : null;
  return { type, start, end, authentication };
}

/** A letter and a text, and so on, each ended by a zero byte, and so is the whole. */
function isListOfFields(body: Buffer): boolean {
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at + 1);
    if (end === -1) return false;
    at = end + 1;
  }
  return at === body.length - 1;
}
