import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { hooks } from '../../machines/index.ts';
import { compare, parse } from '../../src/chart/index.ts';
import { plan } from '../../src/hook/index.ts';
import { fragmentOf, sharedIn } from '../../src/playground/link.ts';
import { machineIn } from '../../src/playground/machine.ts';
import { runOf } from '../../src/playground/run.ts';
import { samples } from '../../src/playground/samples.ts';

const drawnIn = (source: string) => {
  const drawn = machineIn(source);
  if (E.isLeft(drawn)) throw new Error(drawn.left.map(({ what }) => what).join('; '));
  return drawn.right;
};
const whole = [...samples].filter(([name]) => name !== 'a broken one');

describe('the machine of a drawing', () => {
  it.each(whole)('is the drawing of %s', (name, source) => {
    const { hook, machine, file } = drawnIn(source);
    expect(hook).toBe(name);
    const chart = parse(source);
    expect(E.isRight(chart) && compare(chart.right, machine)).toEqual([]);
    expect(file).toMatch(new RegExp(`= chart\\(\\s*'${name}',`));
  });

  it('takes the ways that the charm’s own machine takes', () => {
    const source = samples.get('database-relation-departed') ?? '';
    const { machine } = drawnIn(source);
    for (const answer of ['yes', 'no']) {
      const answers = { is_departing: answer };
      const { path } = plan(hooks['database-relation-departed'], { relation: 0 }, answers);
      const labels = ['done', answer, 'done'];
      expect(runOf(machine, labels).path).toEqual(path);
    }
  });

  it('is none where the drawing is none, and says so of its line', () => {
    const drawn = machineIn(samples.get('a broken one') ?? '');
    expect(E.isLeft(drawn) && drawn.left).toEqual([
      { line: 5, what: expect.stringContaining('the arrow from is_departing to rtn has no text') },
    ]);
    expect(machineIn('flowchart TD\n a ==> b')).toMatchObject({ left: [{ line: 2 }] });
    expect(machineIn('')).toMatchObject({ left: [{ line: 1 }] });
  });
});

describe('a run', () => {
  const { machine } = drawnIn(samples.get('database-relation-departed') ?? '');

  it('says what is asked, and by what that is answered', () => {
    expect(runOf(machine, []).asked).toMatchObject({ shape: 'step', labels: ['done'] });
    expect(runOf(machine, ['done']).asked).toEqual({
      node: 'is_departing',
      request: 'IsDeparting',
      shape: 'question',
      label: 'Is this unit departing from the relation during this hook?',
      labels: ['yes', 'no'],
    });
    expect(runOf(machine, ['done', 'no'])).toMatchObject({ asked: null, end: 'Return' });
  });

  it('fails where the world does, and forgets answers that fit no node any more', () => {
    const failed = runOf(machine, ['done', 'failed', 'yes']);
    expect(failed).toMatchObject({ end: 'Failed', asked: null });
    expect(failed.path.at(-1)).toBe('failed');
    expect(runOf(machine, ['done', 'perhaps', 'yes']).answered).toHaveLength(1);
  });
});

describe('a link', () => {
  it('property: says what it was made of', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 5 }), (source, answers) => {
        const fragment = fragmentOf({ source, answers });
        expect(fragment).toMatch(/^#chart=[\w-]+$/);
        expect(sharedIn(fragment)).toEqual({ source, answers });
      }),
    );
  });

  it.each(['', '#', '#chart=', '#chart=%', '#chart=AAAA', '#a-heading', `#chart=${btoa('[1]')}`])(
    '%j says nothing',
    (fragment) => {
      expect(sharedIn(fragment)).toBeNull();
    },
  );
});
