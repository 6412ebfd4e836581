/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { type Recording, recordReplay } from '../../src/inspector/index.ts';
import { simulated as pgbouncer } from '../../src/pgbouncer/testing/index.ts';
import { defaultBounds } from '../../src/testing/index.ts';
import { anIngress } from './an-ingress.ts';
import { Exhibit, isSeen } from './exhibit.ts';

const desk = { width: 1440, height: 900 };
const exhibit = Exhibit.before();

/** Opens the first run that came `through` a node, at a node. */
async function openAt(
  recording: Recording,
  node: string,
  name: string,
  through = node,
): Promise<Page> {
  const run = recording.entries.find(
    (entry) => entry._tag === 'Hook' && entry.charts[0]?.path.includes(through),
  );
  if (run?._tag !== 'Hook') expect.fail(`no run came through ${through}`);
  const step = run.charts[0]?.path.indexOf(node);
  const file = exhibit.pageOf(recording, name);
  const { page } = await exhibit.open(`file://${file}#run=${run.id}&step=${step}&scope=all`, {
    viewport: desk,
  });
  return page;
}

/** What the panel says of the node, a line for each of its words. */
const said = (page: Page) =>
  page
    .locator('section[aria-labelledby=node] .terms')
    .evaluate((list) =>
      [...list.children].map(({ tagName, textContent }) => [tagName, textContent].join(' ')),
    );

describe('the panel of a node', () => {
  it('says what a question compared with what, what it found, and which way that led', async () => {
    const page = await openAt(await anIngress(), 'request', 'request', 'record');
    expect(await page.getByRole('heading', { name: 'At request' }).count()).toBe(1);
    expect(await said(page)).toEqual([
      ...['DT Asked', 'DD What does the application ask for?'],
      ...['DT Compared', 'DD what relation 1 asks for with the paths that others have on record'],
      ...['DT Given', 'DD relation 1'],
      'DT Found',
      'DD entry.path /shop-webentry.upstreams.0 10.1.0.0:80entry.strip false',
      'DT Answer',
      'DD a route, which leads to record (Put its route on record)',
      'DT Else',
      'DD what is refused, which leads to refuse (Put on record why it has none)',
      'DT Else',
      'DD nothing, which leads to forget (Take its route off the record, and its URL back)',
    ]);
    expect(await isSeen(page, page.getByText('what relation 1 asks for'))).toBe(true);
    await page.getByRole('button', { name: 'Step back' }).click();
    expect(await said(page)).toContain('DD this unit, ingress/0, with the leader that Juju names');
    await page.getByRole('button', { name: 'Step back' }).click();
    expect(await said(page)).toEqual([
      ...['DT Begins', 'DD ingress-requested Hook'],
      ...['DT Given', 'DD relation 1'],
    ]);
    await page.close();
  });

  it('says of a charm that tells nothing of it what its data tells, and never nothing', async () => {
    const { charm: _, ...silent } = await anIngress();
    const page = await openAt(silent, 'request', 'silent');
    const terms = await said(page);
    expect(terms.filter((term) => term.startsWith('DT'))).toEqual([
      ...['DT Asked', 'DT Given', 'DT Found', 'DT Answer', 'DT Else', 'DT Else'],
    ]);
    await page.getByRole('button', { name: 'Step back' }).click();
    expect((await said(page)).slice(2, 6)).toEqual([
      ...['DT Given', 'DD nothing', 'DT Found', 'DD nothing but the answer'],
    ]);
    await page.keyboard.press('End');
    await expect.poll(() => page.locator('section[aria-labelledby=node]').count()).toBe(0);
    await page.close();
  });

  it('says what was ordered with what, and hides no password behind a click', async () => {
    const recording = await recordReplay(pgbouncer, {
      bounds: { ...defaultBounds(pgbouncer), units: 1, relations: 1 },
      served: 0,
      actions: [{ _tag: 'Relate', application: 'app1' }],
    });
    const page = await openAt(recording, 'create_user_and_db', 'ordered');
    const terms = await said(page);
    expect(terms.slice(0, 2)).toEqual(['DT Ordered', 'DD Create user and database']);
    expect(terms).toContain(
      'DD done, which leads to add_user (Add user to pgbouncer config and peer databag)',
    );
    const given = page.locator('section[aria-labelledby=node] details').first();
    expect(await given.locator('li').first().isVisible()).toBe(false);
    await given.locator('summary').click();
    expect(await given.getByText('granted.grant.user relation_id_1').isVisible()).toBe(true);
    expect(await given.textContent()).toContain('granted.grant.password ********');
    await page.close();
  });
});
