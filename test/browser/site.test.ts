/// <reference lib="dom" />
import { source as axe } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { Exhibit, lit } from './exhibit.ts';
import { builtSite, served } from './site.ts';

const desk = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
let server: Awaited<ReturnType<typeof served>>;
const exhibit = Exhibit.before(async ({ folder }) => {
  server = await served(builtSite(folder));
}, 180_000);
afterAll(() => server.close());

const open = async (path: string, options: Parameters<Exhibit['open']>[1] = { viewport: desk }) => {
  const watched = await exhibit.open(`${server.origin}${path}`, options);
  await watched.page.locator('.node').first().waitFor();
  return watched;
};
const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const answer = (page: Page, name: string) =>
  part(page, 'Run').getByRole('button', { name, exact: true }).click();

const lamp = `flowchart TD
    hook_fired([lamp-changed Hook]) --> is_lit{Is the lamp lit?}
    is_lit -- no --> light_it[Light the lamp]
    is_lit -- yes --> rtn([Return])
    light_it --> rtn
`;

describe('the playground', { timeout: 60_000 }, () => {
  it('leads from what is pasted to a path, a machine, and a link that has both', async () => {
    const { page, requests, problems } = await open('/playground.html');
    const source = page.getByLabel('Mermaid source of the chart');
    await source.fill(lamp);
    await expect.poll(() => page.locator('.node').count()).toBe(4);
    await expect.poll(() => lit(page)).toEqual(['hook_fired', 'is_lit']);
    const machine = part(page, 'Machine');
    expect(await machine.locator('pre').textContent()).toContain(
      "is_lit: ask('Is the lamp lit?', 'IsLit', { no: 'light_it', yes: 'rtn' }),",
    );
    expect(await machine.locator('.here').first().textContent()).toContain('is_lit: ask(');
    expect(await part(page, 'Run').locator('.asked').textContent()).toContain('IsLit');
    await answer(page, 'no');
    await expect.poll(() => lit(page)).toEqual(['hook_fired', 'is_lit', 'light_it']);
    await answer(page, 'done');
    await expect.poll(() => lit(page)).toEqual(['hook_fired', 'is_lit', 'light_it', 'rtn']);
    expect(await part(page, 'Run').locator('.end').textContent()).toContain('returns');
    await expect.poll(() => page.url()).toContain('#chart=');
    const other = await open(new URL(page.url()).pathname + new URL(page.url()).hash);
    await expect.poll(() => lit(other.page)).toEqual(['hook_fired', 'is_lit', 'light_it', 'rtn']);
    expect(await other.page.getByLabel('Mermaid source of the chart').inputValue()).toBe(lamp);
    await part(other.page, 'Run').getByRole('button', { name: 'Back to is_lit' }).click();
    await answer(other.page, 'it is unavailable');
    expect(await part(other.page, 'Run').locator('.end').textContent()).toContain('put off');
    for (const url of [...requests, ...other.requests])
      expect(url.startsWith(server.origin) || url.startsWith('data:'), url).toBe(true);
    expect([...problems, ...other.problems]).toEqual([]);
    await page.close();
    await other.page.close();
  });

  it('has the reference charts, and a broken one that is told at its line', async () => {
    const { page } = await open('/playground.html');
    const chosen = page.getByLabel('A chart to begin with');
    const names = await chosen.locator('option').allTextContents();
    expect(names).toEqual(
      expect.arrayContaining([
        'database-requested',
        'database-relation-departed',
        'database-relation-broken',
        'pgb-peers-relation-changed',
        'leader-elected',
        'update-status',
        'certificates-relation-changed',
      ]),
    );
    for (const name of names.filter((one) => one !== 'a broken one')) {
      await chosen.selectOption(name);
      await expect
        .poll(() => page.locator('.node').first().textContent())
        .toContain(name.slice(0, 20));
      expect(await page.locator('.problems li').count(), name).toBe(0);
    }
    await chosen.selectOption('a broken one');
    const problem = page.locator('.problems li');
    await expect
      .poll(() => problem.textContent())
      .toMatch(/^line 5 the arrow from is_departing to rtn has no text/);
    expect(await page.locator('.gutter .wrong').textContent()).toBe('5');
    await problem.getByRole('button').click();
    const selected = await page
      .getByLabel('Mermaid source of the chart')
      .evaluate((area: HTMLTextAreaElement) =>
        area.value.slice(area.selectionStart, area.selectionEnd).trim(),
      );
    expect(selected).toBe('is_departing --> rtn([Return])');
    // Mended where it is, it is a program again; and what is typed there is no shortcut of the site.
    await page.keyboard.type('    is_departing -- no / maybe --> rtn([Return])');
    await expect.poll(() => problem.count()).toBe(0);
    expect(await page.getByRole('searchbox').count()).toBe(0);
    await answer(page, 'done');
    await answer(page, 'no / maybe');
    expect((await lit(page)).at(-1)).toBe('rtn');
    await page.close();
  });

  it.each([
    ['light', desk],
    ['dark', desk],
    ['light', phone],
    ['dark', phone],
  ] as const)(
    'has no serious finding of axe, and cuts nothing, in %s %o',
    async (colorScheme, viewport) => {
      for (const path of ['/playground.html', '/index.html']) {
        const { page } = await open(path, { viewport, colorScheme });
        await page.evaluate(axe);
        const check = async () => {
          // The demo in its frame has tests of its own, and the bar above is VitePress'.
          const { violations } = (await page.evaluate(
            "axe.run({ exclude: ['iframe', '.VPNavBar'] }, { iframes: false })",
          )) as { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
          const serious = violations.filter(({ impact }) => /serious|critical/.test(impact));
          expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
        };
        await check();
        if (path === '/playground.html') {
          await page.getByLabel('A chart to begin with').selectOption('a broken one');
          await page.locator('.problems li').waitFor();
          await check();
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wide).toBeLessThanOrEqual(0);
        await page.close();
      }
    },
  );
});

describe('pages of text', { timeout: 60_000 }, () => {
  it.each(['light', 'dark'] as const)('can be read, their code too, in %s', async (colorScheme) => {
    for (const path of ['/commands.html', '/verify.html', '/ingress/']) {
      const { page } = await exhibit.open(`${server.origin}${path}`, {
        viewport: desk,
        colorScheme,
      });
      await page.evaluate(axe);
      const { violations } = (await page.evaluate(
        "axe.run({ exclude: ['.VPNavBar'] }, { runOnly: ['color-contrast'] })",
      )) as { violations: { nodes: { html: string }[] }[] };
      const faint = violations.flatMap(({ nodes }) => nodes.map(({ html }) => html));
      expect(faint, path).toEqual([]);
      await page.close();
    }
  });
});

it('has charts in its pages whose text can be read on a phone', { timeout: 60_000 }, async () => {
  const { page } = await exhibit.open(`${server.origin}/hooks/database.html`, { viewport: phone });
  const sizes = await page
    .locator('.chart svg')
    .evaluateAll((all) =>
      (all as unknown as SVGSVGElement[]).map(
        (drawn) => (13 * drawn.clientWidth) / drawn.viewBox.baseVal.width,
      ),
    );
  expect(sizes.length).toBeGreaterThan(2);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(11.99);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
  // What goes beyond its box is reached by moving it.
  const box = page.locator('.chart').first();
  await box.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => box.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
  await page.close();
});

describe('the first page', { timeout: 60_000 }, () => {
  it('shows in one screen the chart beside the machine beside the run, and leads to the playground', async () => {
    const { page, requests } = await open('/index.html');
    for (const name of ['Drawing', 'Machine', 'Run']) {
      const box = await part(page, name).boundingBox();
      expect(box, name).not.toBeNull();
      expect((box?.y ?? 0) + (box?.height ?? 0), name).toBeLessThanOrEqual(desk.height);
    }
    // The whole chart is in sight, down to where it ends.
    const frame = (await page.locator('.picture').boundingBox()) ?? expect.fail('no chart');
    const chart = (await page.locator('.picture svg').boundingBox()) ?? expect.fail('no chart');
    expect(chart.height).toBeLessThanOrEqual(frame.height);
    await answer(page, 'yes');
    expect((await lit(page)).at(-1)).toBe('create_user');
    await page.getByRole('link', { name: 'Edit it' }).click();
    await page.getByLabel('Mermaid source of the chart').waitFor();
    expect((await lit(page)).at(-1)).toBe('create_user');
    expect(requests.filter((url) => !url.startsWith(server.origin))).toEqual([]);
    await page.close();
  });

  it('has a place for the recorded demo in which a chart is seen', async () => {
    const { page } = await open('/index.html');
    const box = await page.locator('.demo iframe').boundingBox();
    // The inspector shows runs, chart and details side by side from 70rem on.
    expect(box?.width).toBeGreaterThanOrEqual(1_120);
    expect(box?.height).toBeGreaterThanOrEqual(800);
    // It is as light or dark as the site: the demo itself is made by another command.
    const body = '<!doctype html><title>The demo</title>';
    await page.route('**/demo.html', (route) => route.fulfill({ contentType: 'text/html', body }));
    await page.reload();
    const theme = () =>
      page.frameLocator('.demo iframe').locator('html').getAttribute('data-theme');
    await page.locator('.demo').scrollIntoViewIfNeeded();
    await expect.poll(theme).toBe('light');
    await page.getByRole('switch').first().click();
    await expect.poll(theme).toBe('dark');
    await page.close();
  });

  it('finds by words, and is dark where that is wanted', async () => {
    const { page } = await open('/index.html');
    await page.keyboard.press('/');
    await page.getByRole('searchbox').fill('leader-elected');
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('switch').first().click();
    await expect
      .poll(() => page.locator('.drawn').evaluate((one) => getComputedStyle(one).backgroundColor))
      .toBe('rgb(27, 27, 31)');
    await page.close();
  });
});
