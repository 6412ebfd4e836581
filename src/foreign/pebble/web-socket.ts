/** The server's end of a WebSocket (RFC 6455): as much of it as clients of Pebble speak. */
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';

const text = 1;
const binary = 2;
const close = 8;
const ping = 9;
const pong = 10;

/** One connection, once its handshake was answered. */
export class WebSocketEnd {
  readonly #stream: Duplex;
  #bytes: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  readonly #heard: (content: Buffer, isText: boolean) => void;

  /** `head` is what came with the handshake; `heard` is told of each message. */
  constructor(
    stream: Duplex,
    key: string,
    head: Buffer,
    heard: (content: Buffer, isText: boolean) => void,
  ) {
    this.#stream = stream;
    this.#heard = heard;
    const accept = createHash('sha1')
      .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    stream.on('error', () => {});
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    stream.on('data', (part: Buffer) => this.#take(part));
    if (head.length > 0) this.#take(head);
  }

  send(content: Buffer): void {
    this.#frame(binary, content);
  }

  /** Nothing comes after this. */
  end(): void {
    this.#frame(text, Buffer.from('{"command":"end"}'));
  }

  #frame(opcode: number, content: Buffer): void {
    if (this.#stream.destroyed) return;
    const { length } = content;
    const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    head.writeUInt8(0x80 | opcode, 0);
    if (length < 126) head.writeUInt8(length, 1);
    else if (length < 65_536) {
      head.writeUInt8(126, 1);
      head.writeUInt16BE(length, 2);
    } else {
      head.writeUInt8(127, 1);
      head.writeBigUInt64BE(BigInt(length), 2);
    }
    this.#stream.write(Buffer.concat([head, content]));
  }

  #take(part: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, part]);
    for (let taken = this.#message(); taken > 0; taken = this.#message())
      this.#bytes = this.#bytes.subarray(taken);
  }

  /** Tells of the first whole message, and gives its length; 0 where none is whole. */
  #message(): number {
    const bytes = this.#bytes;
    if (bytes.length < 2) return 0;
    const opcode = bytes.readUInt8(0) & 0x0f;
    const isMasked = (bytes.readUInt8(1) & 0x80) !== 0;
    let length = bytes.readUInt8(1) & 0x7f;
    let at = 2;
    if (length === 126) {
      if (bytes.length < 4) return 0;
      length = bytes.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return 0;
      length = Number(bytes.readBigUInt64BE(2));
      at = 10;
    }
    const start = at + (isMasked ? 4 : 0);
    if (bytes.length < start + length) return 0;
    const content = Buffer.from(bytes.subarray(start, start + length));
    if (isMasked)
      for (let index = 0; index < length; index++)
        content.writeUInt8((content[index] ?? 0) ^ (bytes[at + (index % 4)] ?? 0), index);
    if (opcode === close) this.#stream.end();
    else if (opcode === ping) this.#frame(pong, content);
    else if (opcode === text || opcode === binary) this.#heard(content, opcode === text);
    return start + length;
  }
}
