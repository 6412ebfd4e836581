/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { emptyRecording, type NoteEntry, type Recording } from '../../src/inspector/index.ts';
import { anEntry } from '../inspector/an-entry.ts';
import { Exhibit, isSeen, painted } from './exhibit.ts';

const exhibit = Exhibit.before();

const aNote = (at: number, kind: NoteEntry['kind'], text: string, ok = true): NoteEntry => ({
  ...{ _tag: 'Note', id: `note ${at}`, at, kind, text, ok },
});

const failed = { invariant: 'I2', claims: 'It serves.', what: 'it does not', by: null };
const story: Recording = {
  ...emptyRecording('a story'),
  entries: [
    aNote(0, 'chapter', 'The first chapter of the story'),
    anEntry('a', { at: 1_000, milliseconds: 500 }),
    aNote(4_000, 'action', 'PostgreSQL goes down'),
    anEntry('b', { at: 20_000, milliseconds: 500, end: 'Failed', failure: 'lost' }),
    aNote(22_000, 'chapter', 'Another one'),
    aNote(30_000, 'action', 'p/1 leads'),
    aNote(34_000, 'check', 'a client logs in'),
    { ...aNote(44_000, 'violation', 'nobody serves', false), violated: failed },
    anEntry('c', { at: 60_000, milliseconds: 500 }),
  ],
};

/** What was written into the lanes, with the colour and the place of each word. */
async function open(recording: Recording, width: number) {
  const context = await exhibit.browser.newContext({ viewport: { width, height: 900 } });
  await context.addInitScript(() => {
    const written: [string, string, number][] = [];
    Object.assign(globalThis, { written });
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
      written.push([text, String(this.fillStyle), Math.round(x)]);
      fillText.call(this, text, x, y);
    };
  });
  const page = await context.newPage();
  await page.goto(`file://${exhibit.pageOf(recording, `lanes-${width}`)}`);
  await page.locator('.row').first().waitFor();
  return page;
}

const written = async (page: Page) => {
  const all = await page.evaluate('globalThis.written');
  return new Map((all as [string, string, number][]).map(([text, colour]) => [text, colour]));
};

it('calls each line and each mark of the lanes by its name, those first that went wrong', async () => {
  const page = await open(story, 1440);
  const words = await written(page);
  for (const name of [
    ...[
      'The first chapter of the story',
      'Another one',
      'PostgreSQL goes down',
      'p/1 leads',
      'a client logs in',
    ],
  ])
    expect([name, words.get(name)]).toEqual([name, '#1f2328']);
  expect(words.get('I2')).toBe('#b31d28');
  await page.context().close();
});

it('says what the colours and the shapes stand for, of those that are there', async () => {
  const page = await open(story, 1440);
  const legend = page.getByRole('list', { name: 'Legend' });
  expect(await legend.locator('li').allTextContents()).toEqual([
    ...['returned', 'did the damage', 'what happened', 'a check that holds'],
    ...['violated, or a check that does not hold', 'a chapter begins'],
  ]);
  // Each in the colour in which it is painted.
  const colours = await legend
    .locator('.sign')
    .evaluateAll((all) => all.map((sign) => getComputedStyle(sign).backgroundColor));
  expect(new Set(colours).size).toBe(4);
  await page.getByRole('combobox', { name: 'End', exact: true }).selectOption('failed');
  await expect
    .poll(() => legend.locator('li').allTextContents())
    .toEqual(['did the damage', 'a chapter begins']);
  await page.context().close();
});

it('shortens on a phone what there is no room for', async () => {
  const page = await open(story, 390);
  const words = await written(page);
  expect(words.get('I2')).toBe('#b31d28');
  expect([...words.keys()].some((word) => /^The f\w*.*…$/.test(word))).toBe(true);
  expect(words.has('PostgreSQL goes down')).toBe(false);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
  await page.context().close();
});

it('paints what went wrong over what went well, of however many runs', async () => {
  const ends = {
    500: { deferred: ['on_changed'] },
    1500: { end: 'Failed', failure: 'lost' },
  } as const;
  const entries = Array.from({ length: 3_000 }, (_, number) =>
    anEntry(String(number), { at: number * 1_000, ...ends[number as keyof typeof ends] }),
  );
  const page = await open({ ...emptyRecording('many'), entries }, 1440);
  expect(await page.locator('.row.failed .at').textContent()).toBe('25:00');
  await page.locator('.row').first().click();
  for (const colour of ['--waiting', '--bad'])
    expect([colour, (await painted(page, colour)) > 15]).toEqual([colour, true]);
  await page.context().close();
});

it('cuts no mark at the end of the lanes', async () => {
  const page = await open({ ...story, entries: story.entries.slice(0, 7) }, 1440);
  expect(await painted(page, '--good', 20)).toBeGreaterThan(40);
  expect(await painted(page, '--good', 1)).toBeLessThan(3);
  await page.context().close();
});

it('draws an arrow back to an application whose hooks nobody recorded', async () => {
  const seen = {
    ...anEntry('').seen,
    read: { 'relation 1: application': { database: 'app' } },
  };
  const event = { hook: 'database-relation-changed', relation: 1, remoteUnit: 'app/0' };
  const answered = { ...seen, written: { 'relation 1: p': { endpoints: 'p-0:6432' } } };
  const arrows = async (second: typeof seen) => {
    const entries = [
      anEntry('a', { event, seen, at: 1_000 }),
      anEntry('b', { unit: 'p/1', event: { ...event, hook: 'other' }, seen: second, at: 5_000 }),
      anEntry('c', { at: 9_000 }),
    ];
    const page = await open({ ...emptyRecording('an answer'), entries }, 1440);
    await page.locator('.row').nth(1).click();
    await expect.poll(() => page.locator('.row').nth(1).getAttribute('aria-selected')).toBe('true');
    const count = await painted(page, '--accent');
    await page.context().close();
    return count;
  };
  const asked = await arrows(seen);
  expect(asked).toBeGreaterThan(0);
  expect(await arrows(answered)).toBeGreaterThan(asked * 1.5);
});

/** A hundred applications, each of which asks once, and one hook that is to blame. */
function crowded(): Recording {
  const runs = Array.from({ length: 100 }, (_, number) =>
    anEntry(`run ${number}`, {
      unit: `p/${number % 3}`,
      event: {
        hook: 'database-relation-changed',
        relation: number,
        remoteUnit: `app${number}/0`,
      },
      at: number * 1_000,
      milliseconds: 500,
      seen: {
        ...anEntry('').seen,
        read: { [`relation ${number}: application`]: { database: 'app' } },
      },
    }),
  );
  const by = 'run 57';
  const violated = { ...failed, what: 'relation 57: nobody serves it', by };
  const wrong = { ...aNote(100_000, 'violation', 'nobody serves it', false), violated };
  return { ...emptyRecording('crowded'), entries: [...runs, wrong] };
}

it('folds lanes of which there are very many, but that of who did it and that of whom it befell', async () => {
  const page = await open(crowded(), 1440);
  const lanes = page.getByRole('list', { name: 'Lanes' }).locator('li');
  const names = ['app57', '99 more applications', 'p/0', 'p/1', 'p/2', 'checks'];
  expect(await lanes.allTextContents()).toEqual(names);
  for (const lane of await lanes.all()) expect(await isSeen(page, lane)).toBe(true);
  // Who is looked for by the filters is told apart as well.
  await page.getByRole('combobox', { name: 'Relation', exact: true }).selectOption('3');
  await expect
    .poll(() => lanes.allTextContents())
    .toEqual(['app3', 'app57', '98 more applications', ...names.slice(2)]);
  await page.context().close();
});

it('scrolls lanes that are unfolded to what is looked at, below an axis that stays', async () => {
  const page = await open(crowded(), 1440);
  const lanes = page.getByRole('list', { name: 'Lanes' }).locator('li');
  await page.getByRole('button', { name: '99 more applications' }).click();
  await expect.poll(() => lanes.count()).toBe(104);
  const plot = page.getByRole('region', { name: 'Lanes in time' });
  expect((await plot.boundingBox())?.height).toBeLessThan(300);
  await expect.poll(() => isSeen(page, lanes.getByText('p/0', { exact: true }))).toBe(true);
  // All of the canvas is seen, the axis at its end, however far the lanes are scrolled.
  const canvas = page.locator('.lanes canvas');
  const axis = async () => (await canvas.boundingBox()) ?? expect.fail('no lanes');
  const before = await axis();
  expect(await isSeen(page, canvas)).toBe(true);
  await plot.evaluate((element) => {
    element.scrollTop = element.scrollHeight;
  });
  await expect.poll(() => isSeen(page, lanes.getByText('checks'))).toBe(true);
  expect(await axis()).toEqual(before);
  // A click is for the lane that is seen there.
  const lane = (await lanes.getByText('p/1', { exact: true }).boundingBox()) ?? expect.fail('none');
  await canvas.click({ position: { x: 12, y: lane.y + lane.height / 2 - before.y } });
  await expect
    .poll(() => page.locator('.row[aria-selected=true] .where .text').textContent())
    .toBe('p/1');
  await page.getByRole('button', { name: 'Fold lanes' }).click();
  await expect.poll(() => lanes.count()).toBe(6);
  await page.context().close();
});
