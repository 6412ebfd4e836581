import { expect, it } from 'vitest';
import { paced, type Screen } from '../../src/inspector/page/paced.ts';

/** A screen that is drawn every 16 ms, and a clock that goes on where something is drawn or waited for. */
function aScreen() {
  let now = 0;
  const due: { readonly at: number; readonly act: () => void }[] = [];
  const at = (time: number, act: () => void) => void due.push({ at: time, act });
  const screen: Screen = {
    now: () => now,
    next: (act) => at(Math.ceil((now + 1) / 16) * 16, act),
    after: (milliseconds, act) => at(now + milliseconds, act),
  };
  return {
    screen,
    work: (milliseconds: number) => {
      now += milliseconds;
    },
    /** Goes on until some time; whatever is due is done in its turn. */
    until: (end: number, always: () => void) => {
      while (now < end) {
        always();
        due.sort((one, other) => one.at - other.at);
        const next = due.shift();
        if (next === undefined) return;
        now = Math.max(now, next.at);
        next.act();
      }
    },
  };
}

it.each([1, 20, 100, 1_000])(
  'leaves four fifths of the time to others where drawing takes %i ms',
  (milliseconds) => {
    const { screen, work, until } = aScreen();
    let drawn = 0;
    const refresh = paced(() => {
      drawn += 1;
      work(milliseconds);
    }, screen);
    until(60_000, refresh);
    expect((drawn * milliseconds) / 60_000).toBeLessThanOrEqual(0.21);
    expect(drawn).toBeGreaterThan(milliseconds === 1_000 ? 9 : 60);
  },
);

it('draws what was asked for while it drew, and nothing where nothing is asked for', () => {
  const { screen, until } = aScreen();
  let [told, drawn, draws] = [1, 0, 0];
  const refresh = paced(() => {
    drawn = told;
    draws += 1;
  }, screen);
  refresh();
  until(1_000, () => {
    if (draws === 0 || told === 2) return;
    told = 2;
    refresh();
  });
  expect([drawn, draws]).toEqual([2, 2]);
});
