import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, unpack } from '../../src/inspector/packed.ts';
import { requested } from './listening.ts';

describe('what is packed', () => {
  it('property: is unpacked as JSON would have it', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: false, maxDepth: 5 }), (value) => {
        const json = JSON.stringify({ value });
        expect(JSON.stringify(unpack(pack({ value })))).toBe(json);
      }),
    );
  });

  it('says once what is the same, and gives it back as one object', async () => {
    const { collector } = await requested();
    const { recording } = collector;
    const twice = { first: recording, again: structuredClone(recording) };
    expect(pack(twice).length).toBeLessThan(pack(recording).length + 40);
    const unpacked = unpack(pack(twice)) as typeof twice;
    expect(unpacked).toEqual(twice);
    expect(unpacked.again).toBe(unpacked.first);
  });

  it('tells apart what is nearly the same: a list of keys, texts that look like numbers, order', () => {
    const values = [
      ...[['long text', 'long text'], 'long text', ['"long text"'], { a: 1, b: 2 }, { b: 2, a: 1 }],
      ...[[], {}, [[]], [{}], ['0:0'], '0:0', [-1], ['-1'], { '': [] }, 1234, '1234', null],
    ];
    expect(JSON.stringify(unpack(pack([...values, ...values])))).toBe(
      JSON.stringify([...values, ...values]),
    );
  });
});
