/** A failure of a charm in another language, as the command records it, looked at for ten seconds. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { putOff, soakedTo } from '../foreign/forgetful.ts';
import { Exhibit, isSeen } from './exhibit.ts';

const exhibit = Exhibit.before(async (self) => {
  soakedTo(join(self.folder, 'forgetful.html'));
}, 120_000);
const open = () =>
  exhibit.open(`file://${join(exhibit.folder, 'forgetful.html')}`, {
    viewport: { width: 1440, height: 900 },
  });

it('says without a scroll what went wrong, what should hold, and which hook put it off', async () => {
  const { page, problems } = await open();
  const banner = page.getByRole('region', { name: 'What went wrong' });
  const sentence = banner.getByRole('button', {
    name: /^relation 1001 \(page of page-one\) has no/,
  });
  const claim = banner.getByText(/AnswersHold: A request is answered as it is where nothing/);
  const hook = banner.getByRole('button', {
    name: 'forgetful/0, page-relation-changed of relation 1001',
  });
  for (const one of [sentence, claim, hook]) expect(await isSeen(page, one)).toBe(true);
  expect(await banner.textContent()).toContain('what it is about was put off by');

  const culprit = page.locator('.row.culprit');
  expect(await culprit.getAttribute('aria-selected')).toBe('true');
  expect(await culprit.textContent()).toMatch(/page-relation-changed.*✗ AnswersHold.*deferred/);
  expect(await page.locator('.ended').textContent()).toBe(
    `deferred: ${putOff} to be told again, and violates AnswersHold`,
  );

  // The panel in the middle: what each did for this relation, and where that was lost.
  const life = page.getByRole('list', { name: 'The life of relation 1001' });
  const here = life.getByRole('button', { name: 'forgetful/0: page-relation-changed: deferred' });
  expect(await isSeen(page, here.and(page.locator('.here')))).toBe(true);
  expect(await life.locator('.line').allTextContents()).toContain(
    `forgetful/0: leader-settings-changed: returned, ${putOff} waits no more`,
  );
  expect(await page.getByRole('button', { name: 'Sequence' }).count()).toBe(0);

  const details = page.getByRole('complementary', { name: 'Details' });
  for (const title of ['Put off', 'What it called'])
    expect(await isSeen(page, details.getByRole('heading', { name: title }))).toBe(true);
  expect(await isSeen(page, details.getByText(`put off ${putOff}`))).toBe(true);
  expect(await details.getByRole('region', { name: 'Changed' }).textContent()).toBe(
    'ChangedNothing, as far as it was seen.',
  );
  await sentence.click();
  const terms = await details.locator('.head').textContent();
  expect(terms).toMatch(/Should holdA request is answered/);
  expect(await life.isVisible()).toBe(true);
  expect(problems).toEqual([]);
  await page.close();
});
