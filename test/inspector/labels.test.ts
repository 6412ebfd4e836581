import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsIn, type Named } from '../../src/inspector/page/labels.ts';

const measure = (text: string) => 7 * text.length;
const room = { width: 400, measure, taken: [] as readonly number[], beside: 4 };
const named = (at: number, text: string, isFirst = false): Named => ({ at, text, isFirst });
const said = (all: readonly Named[], given = room) =>
  labelsIn(all, given).map(({ left, text }) => [left, text]);

describe('the labels of the lanes', () => {
  it('stand to the right of what they name, and to the left where there is no room', () => {
    expect(said([named(10, 'one')])).toEqual([[14, 'one']]);
    expect(said([named(390, 'at the end')])).toEqual([[316, 'at the end']]);
  });

  it('are shortened before the next thing, and left out where that says nothing', () => {
    const taken = [10, 100];
    expect(said([named(10, 'a long sentence')], { ...room, taken })).toEqual([[14, 'a long sen…']]);
    expect(said([named(10, 'a long sentence')], { ...room, taken: [10, 40] })).toEqual([]);
  });

  it('are those first that come first', () => {
    const all = [named(100, 'what is first by place'), named(130, 'what is wrong', true)];
    expect(labelsIn(all, room)[0]?.named.text).toBe('what is wrong');
  });

  it('property: lie neither upon another nor outside of the picture', () => {
    const some = fc.array(
      fc.record({
        at: fc.integer({ min: -50, max: 450 }),
        text: fc.string({ minLength: 1, maxLength: 30 }),
        isFirst: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(some, fc.array(fc.integer({ min: 0, max: 400 })), (all, taken) => {
        const spans = labelsIn(all, { ...room, taken })
          .map(({ left, text }) => [left, left + measure(text)] as const)
          .sort(([one], [other]) => one - other);
        for (const [number, [from, to]] of spans.entries()) {
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(400);
          expect(from).toBeGreaterThanOrEqual(spans[number - 1]?.[1] ?? 0);
        }
      }),
    );
  });
});
