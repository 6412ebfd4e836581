/// <reference lib="dom" />
import { source as axe } from 'axe-core';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { simulated as ingress } from '../../docs/ingress/charm/simulated.ts';
import { Collector, emptyRecording, Recorder, recordedCharm } from '../../src/inspector/index.ts';
import { randomHistory } from '../../src/testing/index.ts';
import { anEntry } from '../inspector/an-entry.ts';
import { aFailure } from './a-failure.ts';
import { anIngress } from './an-ingress.ts';
import { Exhibit, isSeen, lit, now, painted, rows } from './exhibit.ts';

const desk = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
let file = '';
const exhibit = Exhibit.before(async (self) => {
  file = self.pageOf(await aFailure(), 'failure');
});
const open = async (options: Parameters<Exhibit['open']>[1] = { viewport: desk }, hash = '') => {
  const { page } = await exhibit.open(`file://${file}${hash}`, options);
  await page.locator('.row').first().waitFor();
  return page;
};

/** What is wider than its place, or higher than one that does not scroll: its text is cut. */
const cut = (page: Page) =>
  page.locator('#app').evaluate((app) => {
    const elements = [...app.querySelectorAll<HTMLElement>('*:not(svg *, select *, .spoken)')];
    const isCut = (element: HTMLElement) => {
      const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element;
      if (clientWidth === 0 || !element.checkVisibility()) return false;
      const isHidden = getComputedStyle(element).overflowY === 'hidden';
      return scrollWidth > clientWidth + 1 || (isHidden && scrollHeight > clientHeight + 1);
    };
    const said = ({ tagName, className, textContent }: HTMLElement) =>
      `${tagName} ${className}: ${textContent}`;
    return elements.filter(isCut).map(said);
  });

/** Its units have long names, and its violation is a long sentence. */
async function aWordyFailure() {
  const { entries, ...recording } = await aFailure();
  const why = 'while the operator waits for it to be told of by a unit that was there before';
  const worded = JSON.stringify({
    ...recording,
    entries: entries.map((entry) =>
      entry._tag === 'Note' && !entry.ok ? { ...entry, text: `${entry.text}, ${why}` } : entry,
    ),
  });
  return JSON.parse(worded.replace(/pgbouncer(?=["/])/g, 'pgbouncer-k8s-proxy')) as object;
}

describe('a counter-example', { timeout: 120_000 }, () => {
  it('says in ten seconds what went wrong, who did it, and what changed', async () => {
    const page = await open();
    const banner = page.getByRole('region', { name: 'What went wrong' });
    const sentence = banner.getByRole('button', { name: /^relation 1: pgbouncer\/1 is published/ });
    expect(await isSeen(page, sentence)).toBe(true);
    expect(await isSeen(page, banner.getByRole('button', { name: 'I2', exact: true }))).toBe(true);
    expect(await banner.textContent()).toContain(
      'violates I2: A unit that is published as an endpoint serves the database.',
    );
    const hook = banner.getByRole('button', {
      name: 'pgbouncer/0, database-relation-changed of relation 1',
    });
    expect(await isSeen(page, hook)).toBe(true);
    expect(await isSeen(page, banner.getByRole('button', { name: 'update_databag' }))).toBe(true);
    const bag = page.getByRole('region', { name: 'Databag relation 1: pgbouncer' });
    const changed = bag.getByRole('row', { name: /read-only-endpoints pgb-1:6432/ });
    expect(await isSeen(page, changed)).toBe(true);
    expect(await isSeen(page, page.locator('.node.wrong'))).toBe(true);
    await page.close();
  });

  it('marks the run that did it, though it returned, in the list and in the lanes', async () => {
    const page = await open();
    const culprit = page.locator('.row.culprit');
    expect(await culprit.count()).toBe(1);
    expect(await culprit.getAttribute('aria-selected')).toBe('true');
    expect(await culprit.textContent()).toContain('✗ I2');
    expect(await page.locator('.ended').textContent()).toBe('returned, and violates I2');
    const red = await painted(page, '--bad');
    await page.getByRole('combobox', { name: 'Unit', exact: true }).selectOption('pgbouncer/1');
    await expect.poll(() => painted(page, '--bad')).toBeLessThan(red / 2);
    await page.close();
  });

  it('tells what was chosen apart from what settled by itself, without dates and durations', async () => {
    const page = await open();
    const texts = await page.locator('.row').allTextContents();
    expect(texts.map((text) => text.trim().split(/\s/)[1])).toHaveLength(3);
    expect(texts[0]).toContain('app1 is related');
    expect(texts[2]).toContain('violates I2');
    const all = page.getByRole('button', { name: 'All, with what settled by itself' });
    await all.click();
    await expect.poll(() => rows(page)).toBeGreaterThan(20);
    expect(await page.locator('.row.settled').count()).toBeGreaterThan(5);
    const text = await page.locator('#app').textContent();
    expect(text).not.toMatch(/1970|\d ms\b|\d s\b/);
    await page.close();
  });

  it('leads from its banner to the violation, to the run, and to the node', async () => {
    const page = await open();
    const banner = page.getByRole('region', { name: 'What went wrong' });
    await banner.getByRole('button', { name: 'update_databag' }).click();
    expect(await now(page)).toContain('update_databag: UpdateDatabag, done');
    await banner.getByRole('button', { name: 'I2', exact: true }).click();
    await page.getByRole('heading', { name: 'Violation' }).waitFor();
    await banner.getByRole('button', { name: 'update_databag' }).click();
    await banner.getByRole('button', { name: /is published and does not/ }).click();
    const details = page.getByRole('complementary', { name: 'Details' });
    expect(await details.locator('h2').textContent()).toBe('Violation');
    expect(await details.locator('.head').textContent()).toContain('serves the database.');
    expect(await details.textContent()).toContain('The runs before it');
    // Its chart is that of the run that did it.
    expect(await page.locator('.node.wrong').getAttribute('data-node')).toBe('update_databag');
    await banner.getByRole('button', { name: /pgbouncer\/0, database/ }).click();
    expect((await lit(page)).length).toBeGreaterThan(6);
    await page.close();
  });

  it('has lanes with names and an axis, to zoom into and to choose from', async () => {
    const page = await open({ viewport: desk }, '#scope=all');
    expect(await page.getByRole('list', { name: 'Lanes' }).locator('li').allTextContents()).toEqual(
      ['app1', 'pgbouncer/0', 'pgbouncer/1', 'checks'],
    );
    const whole = await rows(page);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await expect.poll(() => rows(page)).toBeLessThan(whole * 0.7);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await expect.poll(() => rows(page)).toBe(whole);
    const box = (await page.locator('.lanes canvas').boundingBox()) ?? expect.fail('no lanes');
    const second = page.getByRole('list', { name: 'Lanes' }).locator('li').nth(1);
    const lane = (await second.boundingBox()) ?? expect.fail('no second lane');
    const y = lane.y + lane.height / 2;
    await page.mouse.move(box.x + box.width * 0.5, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, y, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => rows(page)).toBeLessThan(whole * 0.3);
    await page.locator('.lanes canvas').dblclick({ position: { x: 300, y: 50 } });
    await expect.poll(() => rows(page)).toBe(whole);
    // The first run of the second lane is at its left.
    await page.locator('.lanes canvas').click({ position: { x: 12, y: y - box.y } });
    await expect.poll(() => now(page)).toContain('pgbouncer/0, pgb-peers-relation-created');
    await page.close();
  });

  it('draws arrows from a write to the hooks that it caused', async () => {
    const page = await open({ viewport: desk }, '#scope=all');
    // The culprit was told of by app1, and told it: its own arrows are in the colour of what is chosen.
    expect(await painted(page, '--accent')).toBeGreaterThan(20);
    await page.locator('.row', { hasText: 'update-status' }).first().click();
    await expect.poll(() => painted(page, '--accent')).toBe(0);
    await page.close();
  });

  it('shows the life of a relation as a sequence, each line a way to its run', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Sequence' }).click();
    const life = page.getByRole('list', { name: 'The life of relation 1' });
    expect(await life.locator('.actor').allTextContents()).toEqual([
      'app1',
      'pgbouncer/0',
      'pgbouncer/1',
    ]);
    expect(await isSeen(page, life.locator('.did.here'))).toBe(true);
    // The run that did it is red here, too.
    expect(await life.locator('.did.culprit').count()).toBe(1);
    expect(await life.locator('.did.culprit.here').count()).toBe(1);
    const lines = await life.locator('.line').allTextContents();
    expect(lines).toContain('app1 to pgbouncer/0: database');
    expect(lines.some((line) => line.startsWith('pgbouncer/0 to app1: data, database'))).toBe(true);
    expect(lines.some((line) => line.includes('✗ I2'))).toBe(true);
    await life.getByRole('button', { name: 'app1 to pgbouncer/1: database' }).click();
    expect(await now(page)).toContain('pgbouncer/1, database-relation-changed of relation 1');
    await page.close();
  });

  it('shows of JSON that changed what differs in it, and how much does not', async () => {
    const record = { ...Object.fromEntries([...'abcdefgh'].map((key) => [key, key])) };
    const bag = (changed: object) => ({
      'peers: application': { 'relation-1': JSON.stringify({ ...record, ...changed }) },
    });
    const seen = { read: bag({}), written: bag({ d: 'other' }), configuration: null, status: null };
    const { page } = await exhibit.open(
      `file://${exhibit.pageOf({ ...emptyRecording('json'), entries: [anEntry('a', { seen })] }, 'json')}`,
    );
    const bagShown = page.getByRole('region', { name: 'Databag peers: application' });
    expect(await bagShown.getByRole('columnheader').allTextContents()).toEqual([
      ...['Change', 'Key', 'Before', 'After'],
    ]);
    const lines = await bagShown
      .locator('tbody tr')
      .evaluateAll((all) =>
        all.map((row) =>
          [...row.querySelectorAll('pre')].map(({ textContent }) => textContent?.replace('\n', '')),
        ),
      );
    expect(lines).toEqual([
      ['… 3 as before', '… 3 as before'],
      ['    "c": "c",', '    "c": "c",'],
      ['-   "d": "d",', '+   "d": "other",'],
      ['    "e": "e",', '    "e": "e",'],
      ['… 4 as before', '… 4 as before'],
    ]);
    // What was stands below Before, and what is below After.
    const left = async (what: Locator) => Math.round((await what.boundingBox())?.x ?? Number.NaN);
    for (const [heading, line] of [
      ['Before', 'del'],
      ['After', 'ins'],
    ] as const)
      expect(await left(bagShown.locator('td', { has: page.locator(line) }))).toBe(
        await left(bagShown.getByRole('columnheader', { name: heading })),
      );
    await page.close();
  });

  it('says of a charm without charts what its hook called, and that there is no chart', async () => {
    const did = [
      { what: 'is-leader', how: 'True' },
      { what: 'environment', how: 'A=1\nB=2' },
    ];
    const run = anEntry('a', { seen: { ...anEntry('').seen, did } });
    const foreign = { ...emptyRecording('foreign'), entries: [run] };
    const { page } = await exhibit.open(`file://${exhibit.pageOf(foreign, 'foreign')}`);
    await page.getByText('This charm is not made of charts').waitFor();
    expect(await page.locator('.ended').textContent()).toBe('returned');
    expect(await page.getByRole('heading', { name: 'What it called' }).count()).toBe(1);
    expect(await page.locator('.did li').allTextContents()).toEqual([
      'is-leader True',
      'environment, 2 linesA=1\nB=2',
    ]);
    expect(await page.locator('.did pre').isVisible()).toBe(false);
    await page.close();
  });

  it('says of such a hook that failed what it said of that, before anything else', async () => {
    const record = { type: 'security', description: 'it crashed' };
    const did = [
      { what: 'is-leader', how: 'True' },
      { what: 'log', how: JSON.stringify(record) },
      { what: 'log', how: 'Traceback:\nKeyError' },
    ];
    const failed = { end: 'Failed', failure: 'exit code 1: KeyError' } as const;
    const run = anEntry('a', { ...failed, seen: { ...anEntry('').seen, did } });
    const file = exhibit.pageOf({ ...emptyRecording('failed'), entries: [run] }, 'failed');
    const { page } = await exhibit.open(`file://${file}`, { viewport: desk });
    const details = page.getByRole('complementary', { name: 'Details' });
    expect(await details.locator('h3').allTextContents()).toEqual([
      ...['What it said', 'Changed', 'What it called'],
    ]);
    expect(await isSeen(page, details.getByText('Traceback:'))).toBe(true);
    expect(await details.locator('.did summary').allTextContents()).toEqual([
      ...['log, 2 lines', 'log it crashed'],
    ]);
    expect(await details.getByText('security').isVisible()).toBe(false);
    await page.close();
  });

  it('shows first, of a run that served several relations, what it wrote for the one that is wrong', async () => {
    const run = (id: string) => {
      const values = Object.fromEntries([...'abcdef'].map((key) => [key, `${key} of ${id}`]));
      const names = Array.from({ length: 9 }, (_, number) => `relation ${number + 1}: p`);
      const written = Object.fromEntries(names.map((name) => [name, values]));
      const event = { hook: 'database-relation-changed', relation: 5 };
      return anEntry(id, { event, seen: { ...anEntry('').seen, written } });
    };
    const what = 'relation 3: nobody serves it';
    const wrong = {
      ...({ _tag: 'Note', id: 'n', at: 0, kind: 'violation', text: what, ok: false } as const),
      violated: { invariant: 'I2', claims: 'It serves.', what, by: 'one' },
    };
    const entries = [run('one'), run('other'), wrong];
    const served = { ...emptyRecording('several'), entries };
    const file = exhibit.pageOf(served, 'several');
    const { page } = await exhibit.open(`file://${file}`, { viewport: desk });
    const bags = page.getByRole('complementary', { name: 'Details' }).locator('h4');
    await bags.first().waitFor();
    expect((await bags.allTextContents()).slice(0, 2)).toEqual(['relation 3: p', 'relation 9: p']);
    const bag = page.getByRole('region', { name: 'Databag relation 3: p' });
    expect(await isSeen(page, bag.getByRole('row', { name: 'a of one' }))).toBe(true);
    // Of one that did nothing wrong it is what its own hook is about.
    await page.locator('.row').nth(1).click();
    await expect.poll(() => bags.first().textContent()).toBe('relation 5: p');
    await page.close();
  });

  it('goes through all that one run has done wrong', async () => {
    const recording = await aFailure();
    const violation = recording.entries.findLast((entry) => entry._tag === 'Note' && !entry.ok);
    if (violation?._tag !== 'Note' || violation.violated === undefined) expect.fail('none');
    const violated = { ...violation.violated, invariant: 'I9', what: 'something else' };
    const entries = [...recording.entries, { ...violation, id: 'another', violated }];
    const two = exhibit.pageOf({ ...recording, entries }, 'two');
    const { page } = await exhibit.open(`file://${two}`, { viewport: desk });
    const banner = page.getByRole('region', { name: 'What went wrong' });
    expect(await banner.textContent()).toContain('1 of 2');
    await banner.getByRole('button', { name: 'The next one' }).click();
    await expect.poll(() => banner.textContent()).toContain('2 of 2');
    expect(await banner.textContent()).toContain('something else');
    expect(await page.locator('.ended').textContent()).toBe('returned, and violates I2, I9');
    await banner.getByRole('button', { name: 'The one before' }).click();
    await expect.poll(() => banner.textContent()).toContain('1 of 2');
    await page.close();
  });

  it('has charts to pan and zoom, and no text smaller than 12 pixels', async () => {
    const page = await open();
    const width = async () => Number(await page.locator('.picture svg').getAttribute('width'));
    const first = await width();
    await page.getByRole('button', { name: 'Larger' }).click();
    await expect.poll(width).toBeGreaterThan(first * 1.2);
    const scroll = () => page.locator('.picture').evaluate((element) => element.scrollTop);
    const before = await scroll();
    const box = (await page.locator('.picture').boundingBox()) ?? expect.fail('no chart');
    await page.mouse.move(box.x + 40, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 40, box.y + 160, { steps: 3 });
    await page.mouse.up();
    await expect.poll(scroll).toBeLessThan(before - 40);
    await page.locator('.picture').focus();
    for (const _ of [1, 2, 3, 4]) await page.keyboard.press('-');
    await expect.poll(() => page.getByRole('button', { name: 'Smaller' }).isDisabled()).toBe(true);
    const smallest = await page.evaluate(() => {
      let least = Number.POSITIVE_INFINITY;
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        const element = walk.currentNode.parentElement;
        if (element === null || !walk.currentNode.textContent?.trim()) continue;
        if (element.closest('script, style') !== null) continue;
        const { svg } = { svg: element.closest('svg') };
        const scale = svg === null ? 1 : svg.clientWidth / svg.viewBox.baseVal.width;
        least = Math.min(least, Number.parseFloat(getComputedStyle(element).fontSize) * scale);
      }
      return least;
    });
    expect(smallest).toBeGreaterThanOrEqual(11.99);
    await page.close();
  });

  it('on a phone brings a run that is chosen into view, has a way back, and cuts nothing', async () => {
    const page = await open({ viewport: phone });
    const banner = page.getByRole('region', { name: 'What went wrong' });
    expect(await isSeen(page, banner.getByRole('button', { name: 'update_databag' }))).toBe(true);
    // However long the history is, the list does not keep the chart from being reached.
    await page.getByRole('button', { name: 'All, with what settled by itself' }).click();
    const list = (await page.locator('.list').boundingBox()) ?? expect.fail('no list');
    expect(list.height).toBeLessThan(phone.height / 2);
    const row = (await page.locator('.row.culprit').boundingBox()) ?? expect.fail('no row');
    expect(row.y).toBeGreaterThanOrEqual(list.y);
    expect(row.y + row.height).toBeLessThanOrEqual(list.y + list.height + 1);
    await page.locator('.row.culprit').click();
    const isTop = (what: string) =>
      page.locator(what).evaluate((element) => Math.abs(element.getBoundingClientRect().top) < 2);
    await expect.poll(() => isTop('.stage')).toBe(true);
    await page.getByRole('button', { name: '‹ Runs' }).click();
    await expect.poll(() => isTop('.runs')).toBe(true);
    await page.locator('.row.culprit').click();
    await expect.poll(() => isSeen(page, page.locator('.node.wrong'))).toBe(true);
    await page.getByRole('button', { name: '‹ Runs' }).click();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
    const filters = page.getByRole('button', { name: 'Filters' });
    expect(await page.getByLabel('Search').isVisible()).toBe(false);
    await filters.click();
    expect(await page.getByLabel('Search').isVisible()).toBe(true);
    await page.close();
  });

  it.each([
    ['a desk', desk],
    ['a phone', phone],
  ])('cuts no text and no chart on %s, however long its names are', async (_, viewport) => {
    const wordy = exhibit.pageOf(await aWordyFailure(), 'wordy');
    const { page } = await exhibit.open(`file://${wordy}#scope=all`, { viewport });
    expect(await page.locator('.row.violation').textContent()).toMatch(/was there before$/);
    expect(await cut(page)).toEqual([]);
    // Rows stand one below the other, however high they are.
    const boxes = await page
      .locator('.row')
      .evaluateAll((all) =>
        all.map((row) => row.getBoundingClientRect()).map(({ top, bottom }) => [top, bottom]),
      );
    for (const [at, [top]] of boxes.slice(1).entries())
      expect(top).toBeGreaterThanOrEqual((boxes[at]?.[1] ?? 0) - 1);
    await page.getByRole('button', { name: 'Sequence' }).click();
    const life = page.getByRole('list', { name: 'The life of relation 1' });
    const key = life.getByRole('button', { name: /read-only-endpoints/ }).first();
    await key.scrollIntoViewIfNeeded();
    expect(await isSeen(page, key)).toBe(true);
    expect(await cut(page)).toEqual([]);
    await page.close();
  });

  it.each(['light', 'dark'] as const)(
    'has no serious finding of axe in %s',
    async (colorScheme) => {
      const page = await open({ viewport: desk, colorScheme });
      await page.evaluate(axe);
      const check = async () => {
        const { violations } = (await page.evaluate('axe.run()')) as {
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        };
        const serious = violations.filter(({ impact }) => /serious|critical/.test(impact));
        expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      };
      await check();
      await page.getByRole('button', { name: 'Sequence' }).click();
      await check();
      await page.locator('.row.violation').click();
      await page.getByRole('button', { name: 'All, with what settled by itself' }).click();
      await check();
      await page.close();
    },
  );
});

describe('the page of another charm', () => {
  it('has no word of PgBouncer', async () => {
    const collector = new Collector();
    const recorder = new Recorder((message) => void collector.take(message), {
      title: 'another charm',
      ...(ingress.visible && { charm: ingress.visible }),
    });
    await randomHistory(recordedCharm(recorder, ingress), 3, { steps: 60 });
    const other = exhibit.pageOf(collector.recording, 'ingress');
    const { page, problems } = await exhibit.open(`file://${other}`, { viewport: desk });
    const run = page.locator('.row', { hasText: 'ingress-relation-changed' }).first();
    await run.click();
    await page.locator('.node.lit').first().waitFor();
    // Its widest chart is drawn narrower, and is seen to both sides.
    expect(await cut(page)).toEqual([]);
    await page.setViewportSize(phone);
    await page.reload();
    await page.locator('.node.lit').first().waitFor();
    expect(await cut(page)).toEqual([]);
    expect(await page.content()).not.toMatch(/pgbouncer|pooler|postgres/i);
    expect(await page.getByRole('heading', { name: 'relation', exact: false }).count()).toBe(1);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('has the panels that it asks for: what is on record, and its file', async () => {
    const recording = await anIngress();
    const { entries } = recording;
    const asked = entries.find(
      (entry) => entry._tag === 'Hook' && entry.charts[0]?.path.includes('record'),
    );
    const file = exhibit.pageOf(recording, 'an-ingress');
    const { page } = await exhibit.open(`file://${file}#run=${asked?.id}`, { viewport: desk });
    const card = page.getByRole('region', { name: 'Routes on record, changed' }).locator('.card');
    expect(await card.textContent()).toMatch(
      /^relation \d+ is newpath\/shop-webupstreams10\.1\.0\.0:80stripfalse$/,
    );
    expect(await page.getByRole('heading', { name: /nginx/ }).count()).toBe(1);
    expect(await page.locator('pre:not(.json) ins').textContent()).toBe(
      '+ /shop-web → 10.1.0.0:80\n',
    );
    await page.close();
  });
});
