/// <reference lib="dom" />
import { expect, it } from 'vitest';
import { dispatch } from '../../src/index.ts';
import { Collector, Recorder } from '../../src/inspector/index.ts';
import { MemoryJuju } from '../../src/juju/index.ts';
import {
  MemoryPgbouncer,
  MemoryPostgres,
  pgbouncerCharm,
  seededEntropy,
} from '../../src/pgbouncer/index.ts';
import { Exhibit } from './exhibit.ts';

const exhibit = Exhibit.before();

/** Two hooks, told by a recorder that has the clock it is given, and adapters that have none. */
async function recorded(now: () => number) {
  const postgres = new MemoryPostgres();
  const juju = new MemoryJuju({
    ...{ application: 'pooler', units: ['pooler/0'], leader: 'pooler/0' },
    endpoint: () => '10.0.0.5:6432',
  });
  const adapters = {
    juju: juju.hook('pooler/0'),
    backend: postgres.hook(),
    pooler: new MemoryPgbouncer(postgres).hook(),
    entropy: seededEntropy(1),
    clock: () => 0,
  };
  juju.request(4, { database: 'app' });
  const collector = new Collector();
  const charm = pgbouncerCharm();
  const recorder = new Recorder((message) => void collector.take(message), { charm, now });
  for (const hook of ['database-relation-created', 'database-relation-changed']) {
    const event = { hook, relation: 4 };
    await recorder.hook('pooler/0', event, adapters, ({ adapters, watch }) =>
      dispatch(charm, adapters, { watch })(event)(),
    );
  }
  return collector.recording;
}

it('shows neither dates nor times nor durations where no clock ran', async () => {
  const file = exhibit.pageOf(await recorded(() => 0), 'clockless');
  const { page, problems } = await exhibit.open(`file://${file}`);
  await page.locator('.row').nth(1).click();
  await page.locator('.steps').waitFor();
  const text = (await page.locator('#app').textContent()) ?? '';
  expect(text).not.toMatch(/1970|\d ms\b|\d s\b/);
  expect(await page.locator('.row .at').allTextContents()).toEqual(['no. 1', 'no. 2']);
  expect(await page.locator('.details .head dt').allTextContents()).not.toContain('At');
  // Runs stand one after the other in the lanes, not all of them in one place.
  const lanes = (await page.locator('.lanes canvas').boundingBox()) ?? expect.fail('no lanes');
  await page.locator('.lanes canvas').click({ position: { x: lanes.width * 0.1, y: 36 } });
  await expect.poll(() => page.locator('.row').first().getAttribute('aria-selected')).toBe('true');
  expect(problems).toEqual([]);
  await page.close();
});

it('shows times but no date where a clock counts from somewhere else', async () => {
  let ticks = 0;
  const file = exhibit.pageOf(
    await recorded(() => {
      ticks += 100;
      return ticks;
    }),
    'ticking',
  );
  const { page } = await exhibit.open(`file://${file}`);
  expect(await page.locator('.row .at').first().textContent()).toBe('0.0 s');
  expect(await page.locator('#app').textContent()).not.toMatch(/1970|0\.0 ms/);
  await page.close();
});
