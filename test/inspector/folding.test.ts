import { expect, it } from 'vitest';
import { lanesOf } from '../../src/inspector/lanes.ts';
import { folded } from '../../src/inspector/page/folding.ts';
import { anEntry } from './an-entry.ts';

/** Lanes of so many applications and units. */
const lanesWith = (applications: number, units: number) =>
  lanesOf([
    ...Array.from({ length: units }, (_, unit) => anEntry(`u${unit}`, { unit: `p/${unit}` })),
    ...Array.from({ length: applications }, (_, relation) =>
      anEntry(`a${relation}`, {
        event: { hook: 'web-relation-changed', relation, remoteUnit: `app${relation}/0` },
      }),
    ),
  ]);
const namesOf = (applications: number, units: number, sought: readonly number[] = []) =>
  folded(lanesWith(applications, units), sought).lanes.map(({ name }) => name);

it('leaves ten lanes as they are, and folds applications before units', () => {
  expect(namesOf(5, 5)).toHaveLength(10);
  expect(namesOf(6, 5)).toEqual(['6 applications', 'p/0', 'p/1', 'p/2', 'p/3', 'p/4']);
  expect(namesOf(2, 40)).toEqual(['app0', 'app1', '40 units']);
  expect(namesOf(30, 40)).toEqual(['30 applications', '40 units']);
  // Of few nothing is gained.
  expect(namesOf(3, 3)).toHaveLength(6);
});

it('tells apart three of a kind at most, those first that are sought first', () => {
  expect(namesOf(30, 40, [29, 69, 3, 1, 2])).toEqual([
    ...['app1', 'app3', 'app29', '27 more applications'],
    ...['p/39', '39 more units'],
  ]);
});

it('puts each run where its lane has gone', () => {
  const { laneOf, otherSide, folds } = folded(lanesWith(30, 40), [7, 69]);
  expect([otherSide(7), otherSide(8), otherSide(99)]).toEqual([0, 1, -1]);
  expect(laneOf(anEntry('a', { unit: 'p/39' }))).toBe(2);
  expect(laneOf(anEntry('b', { unit: 'p/5' }))).toBe(3);
  expect([...folds]).toEqual([
    [1, 29],
    [3, 39],
  ]);
});
