/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { emptyRecording, type Recording } from '../../src/inspector/index.ts';
import { anEntry } from '../inspector/an-entry.ts';
import { Exhibit } from './exhibit.ts';

const phone = { width: 390, height: 844 };
const exhibit = Exhibit.before();

/** A chart whose question leads to more ends than stand beside each other on a phone, and many units. */
function wide(): Recording {
  const ends = Array.from({ length: 12 }, (_, number) => `end_${number}`);
  const drawn = (shape: string, label: string) => ({ meta: { shape, label } });
  const states = {
    begin: { ...drawn('terminal', 'wide Hook'), on: { start: { target: 'which' } } },
    which: {
      ...drawn('question', 'Which of them?'),
      on: Object.fromEntries(ends.map((end) => [end, { target: end }])),
    },
    ...Object.fromEntries(ends.map((end) => [end, drawn('terminal', `The end that is ${end}`)])),
  };
  const unit = (number: number) => `a-charm-with-a-long-name/${number}`;
  const runs = Array.from({ length: 9 }, (_, number) =>
    anEntry(`run ${number}`, {
      unit: unit(number),
      event: { hook: 'web-relation-changed', relation: 1, remoteUnit: 'web/0' },
      at: Date.UTC(2026, 0, 1) + number * 1_000,
      charts: [
        {
          ...{ hook: 'wide', event: { relation: 1 }, path: ['begin', 'which', 'end_3'] },
          steps: [
            {
              ...{ node: 'which', request: { _tag: 'Which' }, milliseconds: 1 },
              answer: { label: 'end_3' },
            },
          ],
          end: { _tag: 'Returned', why: null },
        },
      ],
      seen: {
        ...anEntry('').seen,
        read: { 'relation 1: application': { name: 'web' } },
        written: { 'relation 1: a-charm-with-a-long-name': { url: String(number) } },
      },
    }),
  );
  return {
    ...emptyRecording('a wide one'),
    definitions: { wide: { id: 'wide', initial: 'begin', states } },
    entries: runs,
  };
}

/** How far a box can be scrolled sideways. */
const sideways = (page: Page, what: string) =>
  page.locator(what).evaluate((box) => box.scrollWidth - box.clientWidth);

it('shows a chart that is too wide for a phone to both sides first, and is zoomed in its box', async () => {
  const { page } = await exhibit.open(`file://${exhibit.pageOf(wide(), 'wide')}`, {
    viewport: phone,
  });
  await page.locator('.node.lit').first().waitFor();
  expect(await sideways(page, '.picture')).toBeLessThanOrEqual(1);
  const frame = (await page.locator('.picture').boundingBox()) ?? expect.fail('no chart');
  for (const node of await page.locator('.node').all()) {
    const box = (await node.boundingBox()) ?? expect.fail('no node');
    expect(box.x).toBeGreaterThanOrEqual(frame.x - 1);
    expect(box.x + box.width).toBeLessThanOrEqual(frame.x + frame.width + 1);
  }
  for (const _ of [1, 2, 3]) await page.getByRole('button', { name: 'Larger' }).click();
  await expect.poll(() => sideways(page, '.picture')).toBeGreaterThan(50);
  expect(await sideways(page, 'html')).toBeLessThanOrEqual(0);
  await page.getByRole('button', { name: 'Fit' }).click();
  await expect.poll(() => sideways(page, '.picture')).toBeLessThanOrEqual(1);
  await page.close();
});

it('is drawn anew where a window becomes narrower, and not where it is zoomed', async () => {
  const { page } = await exhibit.open(`file://${exhibit.pageOf(wide(), 'turned')}`, {
    viewport: { width: 844, height: 390 },
  });
  await page.locator('.node.lit').first().waitFor();
  await page.setViewportSize(phone);
  await expect.poll(() => sideways(page, '.picture')).toBeLessThanOrEqual(1);
  const width = () => page.locator('.picture svg').getAttribute('width').then(Number);
  const whole = await width();
  for (const _ of [1, 2, 3, 4, 5, 6]) await page.getByRole('button', { name: 'Larger' }).click();
  await expect.poll(width).toBeGreaterThan(whole * 3);
  await page.close();
});

it('shows all who take part in a sequence first on a phone, and is zoomed in its box', async () => {
  const { page } = await exhibit.open(`file://${exhibit.pageOf(wide(), 'long')}#view=sequence`, {
    viewport: phone,
  });
  const life = page.getByRole('list', { name: 'The life of relation 1' });
  await life.locator('.line').first().waitFor();
  expect(await life.locator('.actor').count()).toBe(10);
  expect(await sideways(page, '.sequence')).toBeLessThanOrEqual(1);
  // Columns become smaller as a whole, rather than so narrow that each word is broken.
  const columns = await life.evaluate((list) => {
    const zoom = Number(getComputedStyle(list).zoom);
    const [actor] = list.children;
    return (actor?.getBoundingClientRect().width ?? 0) / zoom;
  });
  expect(columns).toBeGreaterThan(70);
  // No name of those who take part lies upon the first line.
  const bottoms = await life
    .locator('.actor span')
    .evaluateAll((all) => all.map((name) => name.getBoundingClientRect().bottom));
  const first = (await life.locator('.line').first().boundingBox()) ?? expect.fail('no line');
  expect(Math.max(...bottoms)).toBeLessThanOrEqual(first.y + 1);
  for (const _ of [1, 2, 3]) await page.getByRole('button', { name: 'Larger' }).click();
  await expect.poll(() => sideways(page, '.sequence')).toBeGreaterThan(50);
  expect(await sideways(page, 'html')).toBeLessThanOrEqual(0);
  await page.getByRole('button', { name: 'Fit' }).click();
  await expect.poll(() => sideways(page, '.sequence')).toBeLessThanOrEqual(1);
  await page.close();
});
