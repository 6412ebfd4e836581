import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, Frames } from '../../../src/pgbouncer/wire/frames.ts';
import { message } from '../../integration/impostor.ts';

const field = fc.tuple(fc.constantFrom('S', 'C', 'M', 'D'), fc.string({ unit: 'grapheme-ascii' }));
const aList = fc
  .array(field)
  .map((fields) =>
    Buffer.from(`${fields.map(([letter, text]) => `${letter}${text}\0`).join('')}\0`),
  );
const aMessage = fc.oneof(
  fc.tuple(fc.constantFrom('E', 'N'), aList).map(([type, list]) => message(type, list)),
  fc.uint8Array({ maxLength: 40 }).map((body) => message('D', Buffer.from(body))),
  fc.nat(12).map((kind) => message('R', kind, 'more')),
);

/** What comes out when bytes come in pieces of these sizes, again and again. */
function cut(bytes: Buffer, sizes: readonly number[]) {
  const frames = new Frames();
  const found: (Pick<Frame, 'type' | 'authentication'> & { readonly text: string })[] = [];
  let isBroken = false;
  for (let at = 0, turn = 0; at < bytes.length && !isBroken; turn++) {
    const next = at + (sizes[turn % sizes.length] ?? 1);
    const piece = frames.take(bytes.subarray(at, next), 1_000_000);
    for (const { type, authentication, start, end } of piece.frames)
      found.push({ type, authentication, text: piece.bytes.toString('hex', start, end) });
    isBroken = piece.isBroken;
    at = next;
  }
  return { found, isBroken };
}

const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });

describe('messages of a server', () => {
  it('are the same however their bytes arrive', () =>
    fc.assert(
      fc.property(fc.array(aMessage), sizes, (messages, pieces) => {
        const whole = Buffer.concat(messages);
        const { found, isBroken } = cut(whole, pieces);
        expect(isBroken).toBe(false);
        expect(found.map(({ text }) => text)).toEqual(messages.map((one) => one.toString('hex')));
        expect(found.map(({ type }) => type)).toEqual(messages.map((one) => String(one)[0]));
      }),
    ));

  it('pass as an error only where its list has an end, which is its last byte', () =>
    fc.assert(
      fc.property(aList, fc.nat(), sizes, (list, at, pieces) => {
        const shorter = list.subarray(0, at % list.length);
        for (const wrong of [shorter, Buffer.concat([list, Buffer.from('x')])])
          expect(cut(message('E', wrong), pieces)).toEqual({ found: [], isBroken: true });
      }),
    ));

  it('are broken by a length that no message has', () => {
    for (const length of [0, 3, 1_000_000, 0xffffffff]) {
      const head = Buffer.from('D\0\0\0\0');
      head.writeUInt32BE(length, 1);
      expect(cut(head, [1]).isBroken).toBe(true);
    }
  });
});
