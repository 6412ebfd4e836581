/// <reference lib="dom" />
import { statSync } from 'node:fs';
import { source as axe } from 'axe-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HookEntry, Recording } from '../../src/inspector/index.ts';
import { DemoExhibit, lit, now, rows } from './exhibit.ts';

const demo = new DemoExhibit();

/** About as long, to the microsecond, and otherwise in each life. */
const jittered = (milliseconds: number, life: number): number =>
  Math.round(milliseconds * (1_000 + 500 * Math.sin(milliseconds + life))) / 1_000;

describe('the page of a recorded demo', () => {
  it('filters by unit, hook, relation and end', async () => {
    const { page } = await demo.open();
    const count = (isListed: (entry: HookEntry) => boolean) =>
      expect.poll(() => rows(page)).toBe(demo.runs.filter(isListed).length);
    await page.getByRole('combobox', { name: 'Unit', exact: true }).selectOption('pgbouncer-k8s/2');
    await count(({ unit }) => unit === 'pgbouncer-k8s/2');
    await page
      .getByRole('combobox', { name: 'Hook', exact: true })
      .selectOption('database-relation-broken');
    await count(
      ({ unit, event }) => unit === 'pgbouncer-k8s/2' && event.hook === 'database-relation-broken',
    );
    await page.getByRole('combobox', { name: 'Unit', exact: true }).selectOption('');
    await page.getByRole('combobox', { name: 'Relation', exact: true }).selectOption('7');
    await count(({ event }) => event.hook === 'database-relation-broken' && event.relation === 7);
    await page.getByRole('combobox', { name: 'Hook', exact: true }).selectOption('');
    await page.getByRole('combobox', { name: 'Relation', exact: true }).selectOption('');
    await page.getByRole('combobox', { name: 'End', exact: true }).selectOption('deferred');
    await count(({ charts }) => charts.some(({ end }) => end?._tag === 'Deferred'));
    expect(await rows(page)).toBe(2);
    await page.close();
  });

  it('searches in all that a run says', async () => {
    const { page } = await demo.open();
    await page.getByLabel('Search').fill('second_database');
    const found = demo.recording.entries.filter((entry) =>
      JSON.stringify(entry).includes('second_database'),
    );
    await expect.poll(() => rows(page)).toBe(found.length);
    await page.getByLabel('Search').fill('there is no such thing');
    await expect.poll(() => rows(page)).toBe(0);
    await page.close();
  });

  it('has a link for what is looked at: the same run at the same step', async () => {
    const { page } = await demo.open();
    await page.getByRole('combobox', { name: 'Unit', exact: true }).selectOption('pgbouncer-k8s/1');
    await page.locator('.row').nth(3).click();
    await page.keyboard.press('Home');
    for (const _ of [1, 2]) await page.getByRole('button', { name: 'Step forward' }).click();
    await expect.poll(() => page.url()).toMatch(/#run=.+&step=2&unit=/);
    const [link, sentence, count] = [page.url(), await now(page), await rows(page)];
    const other = await demo.exhibit.open(link);
    await other.page.locator('.row').first().waitFor();
    expect(await now(other.page)).toBe(sentence);
    expect(await rows(other.page)).toBe(count);
    await other.page.close();
    await page.close();
  });

  it('is used by keyboard alone', async () => {
    const { page } = await demo.open();
    const { keyboard } = page;
    await keyboard.press('ArrowDown');
    const second = await page.locator('.row[aria-selected=true]').getAttribute('aria-posinset');
    await keyboard.press('ArrowUp');
    expect(await page.locator('.row[aria-selected=true]').getAttribute('aria-posinset')).not.toBe(
      second,
    );
    await keyboard.press('Home');
    await keyboard.press('ArrowRight');
    await expect.poll(async () => (await lit(page)).length).toBe(2);
    await keyboard.press('End');
    expect(await page.locator('output').textContent()).toMatch(/^(\d+) \/ \1$/);
    await keyboard.press('Home');
    await expect.poll(() => lit(page)).toEqual(['hook_fired']);
    for (const [key, count] of [
      ['l', 2],
      ['h', 1],
    ] as const) {
      await keyboard.press(key);
      await expect.poll(async () => (await lit(page)).length).toBe(count);
    }
    await keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await keyboard.press(' ');
    await keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await keyboard.press('/');
    await keyboard.type('second_database');
    const searched = await rows(page);
    expect(searched).toBeLessThan(demo.recording.entries.length);
    expect(searched).toBeGreaterThan(0);
    // Every control is reached, and shows that it is.
    const reached: string[] = [];
    for (let tabs = 0; tabs < 120; tabs++) {
      await keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const { activeElement: element } = document;
        if (element === null || element === document.body) return '';
        const outline = getComputedStyle(element).outlineStyle;
        return `${element.tagName} ${element.getAttribute('role') ?? element.textContent?.slice(0, 20)} ${outline}`;
      });
      reached.push(at);
    }
    for (const wanted of ['DIV listbox', 'BUTTON Play', 'BUTTON hook_fired', 'ASIDE', 'INPUT'])
      expect(
        reached.some((at) => at.startsWith(wanted)),
        wanted,
      ).toBe(true);
    expect(reached.filter((at) => at !== '' && at.endsWith(' none'))).toEqual([]);
    // A step is opened where it stands.
    await page.locator('.steps summary').first().focus();
    await keyboard.press('Enter');
    expect(await page.locator('.steps pre').first().isVisible()).toBe(true);
    await page.close();
  });

  it.each(['light', 'dark'] as const)(
    'has no serious finding of axe in %s',
    async (colorScheme) => {
      const { page } = await demo.exhibit.open(demo.link(`#run=${demo.provisioning.id}&step=4`), {
        colorScheme,
      });
      await page.evaluate(axe);
      const check = async () => {
        const { violations } = (await page.evaluate('axe.run()')) as {
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        };
        const serious = violations.filter(
          ({ impact }) => impact === 'serious' || impact === 'critical',
        );
        expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      };
      await check();
      await page.locator('.row.check').first().click();
      await check();
      await page.keyboard.press('?');
      await check();
      await page.close();
    },
  );

  it('follows the chosen colours', async () => {
    const { page } = await demo.open();
    const back = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await page.getByLabel('Colours').selectOption('dark');
    await expect.poll(back).toBe('rgb(20, 23, 28)');
    await page.getByLabel('Colours').selectOption('light');
    await expect.poll(back).toBe('rgb(255, 255, 255)');
    await page.close();
  });

  it('fits a narrow window', async () => {
    const { page } = await demo.exhibit.open(demo.link(), {
      viewport: { width: 400, height: 800 },
    });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
    await page.close();
  });
});

describe('the page of 10,000 runs', () => {
  /** One life of the demo after the other, with relations of ten of them and times of its own. */
  const many = (): Recording => {
    const lives = Array.from({ length: Math.ceil(10_000 / demo.runs.length) }, (_, life) => {
      const text = JSON.stringify(demo.runs)
        .replace(
          /\b(relation(?:[ -]|_id_|":))(\d+)/g,
          (_, name, n) => `${name}${Number(n) + 20 * (life % 10)}`,
        )
        .replace(
          /"milliseconds":([\d.]+)/g,
          (_, n) => `"milliseconds":${jittered(Number(n), life)}`,
        );
      return JSON.parse(text) as HookEntry[];
    });
    const entries = lives.flat().slice(0, 10_000);
    return {
      ...demo.recording,
      entries: entries.map((entry, number) => ({
        ...entry,
        id: String(number),
        at: number * 30_000,
      })),
    };
  };
  let file = '';
  beforeAll(() => {
    file = demo.exhibit.pageOf(many(), 'many');
  }, 60_000);

  it('is one file of less than 1 MB, and is seen after less than a second of the processor', async () => {
    expect(statSync(file).size).toBeLessThan(1_000_000);
    const page = await demo.exhibit.browser.newPage();
    const session = await page.context().newCDPSession(page);
    // What else this machine does is no matter of the page: its own time counts, not the clock's.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await page.goto(demo.link('', file));
    await page.locator('.node.lit').first().waitFor();
    const { metrics } = await session.send('Performance.getMetrics');
    const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
    expect(seconds).toBeGreaterThan(0.05);
    expect(seconds).toBeLessThan(1);
    await page.close();
  });

  it('answers to keys, filters and the scroll bar without delay', async () => {
    const { page, problems } = await demo.exhibit.open(demo.link('', file));
    expect(await page.getByText('10000 of 10000 entries').isVisible()).toBe(true);
    expect(await page.locator('.list [role=option]').count()).toBeLessThan(100);
    /** Milliseconds until what was done is drawn. */
    const drawn = (what: string) =>
      page.evaluate(async (code) => {
        const started = performance.now();
        // biome-ignore lint/security/noGlobalEval: it runs in the page.
        eval(code);
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
        return performance.now() - started;
      }, what);
    const press = (key: string) => `dispatchEvent(new KeyboardEvent('keydown', { key: '${key}' }))`;
    const keys: number[] = [];
    for (let presses = 0; presses < 20; presses++)
      for (const key of ['ArrowDown', 'ArrowRight']) keys.push(await drawn(press(key)));
    const scroll = await drawn("document.querySelector('.list').scrollTop = 1e6");
    await expect.poll(() => page.locator('#entry-9999').count()).toBe(1);
    // The one in the middle: what else this machine does is no matter of the page.
    expect(keys.sort((one, other) => one - other)[20]).toBeLessThan(100);
    expect(scroll).toBeLessThan(200);
    await page.locator('#entry-9999').click();
    const started = performance.now();
    await page.getByLabel('Search').fill('second_database');
    await page
      .getByText(/^\d+ of 10000 entries/)
      .filter({ hasNotText: '10000 of 10000' })
      .waitFor();
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(problems).toEqual([]);
    await page.close();
  });
});
