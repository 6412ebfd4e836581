import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { afterEach, describe, expect, it } from 'vitest';
import { Recorder, recordedCharm, recordReplay, socketFeed } from '../../src/inspector/index.ts';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import { defaultBounds, type Replay, randomHistory } from '../../src/testing/index.ts';
import { Exhibit, now, rows } from './exhibit.ts';

const exhibit = Exhibit.before();
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** `hookchart inspect`, and the addresses that it tells. */
async function inspect(...args: string[]) {
  const child = spawn(process.execPath, ['dist/src/cli/main.js', 'inspect', '--no-open', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const end = async () => {
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  };
  ends.push(end);
  let told = '';
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error('it ended before it served anything')));
    child.stdout.on('data', (chunk) => {
      told += chunk;
      if (told.includes('Feed:')) resolve();
    });
  });
  return {
    page: /http:\S+/.exec(told)?.[0] ?? '',
    source: /HOOKCHART_INSPECT=(\S+)/.exec(told)?.[1] ?? '',
  };
}

/** A charm that answers nothing and calls that done. */
const idle = { ...simulated, run: async () => E.right(null) };

const history: Replay = {
  bounds: { ...defaultBounds(simulated), units: 1, relations: 1 },
  served: 0,
  actions: [{ _tag: 'Relate', application: 'app1' }],
};

describe('hookchart inspect', () => {
  it('shows what comes in while it comes, and from the beginning to those who come late', async () => {
    const { page: address, source } = await inspect();
    const early = await exhibit.open(address);
    expect(await now(early.page)).toBe('Nothing has come in yet.');
    const feed = socketFeed(source, (problem) => expect.fail(problem));
    const recorder = new Recorder(feed.send, { title: 'live' });
    recorder.note('chapter', 'It begins');
    await randomHistory(recordedCharm(recorder, simulated), 1, { steps: 10 });
    await feed.close();
    await expect.poll(() => early.page.locator('h1').textContent()).toBe('live');
    await expect.poll(() => rows(early.page)).toBeGreaterThan(10);
    // Who has chosen nothing sees the newest; who has chosen keeps it.
    const newest = early.page.locator('[role=option]').last();
    await expect.poll(() => newest.getAttribute('aria-selected')).toBe('true');
    await early.page.locator('.row.returned').first().click();
    await expect.poll(() => newest.getAttribute('aria-selected')).toBe('false');
    await early.page.getByRole('button', { name: 'Follow' }).click();
    await expect.poll(() => newest.getAttribute('aria-selected')).toBe('true');
    const count = await early.page.locator('.count').textContent();
    const late = await exhibit.open(address);
    await expect.poll(() => late.page.locator('.count').textContent()).toBe(count);
    for (const { page, problems, requests } of [early, late]) {
      expect(problems).toEqual([]);
      const outside = requests.filter(
        (url) => !/^(http|ws):\/\/127\.0\.0\.1:\d+\/|^data:/.test(url),
      );
      expect(outside).toEqual([]);
      await page.close();
    }
  });

  it('keeps the newest up to a limit, and whatever is looked at', async () => {
    const { page: address, source } = await inspect('--keep', '20');
    const { page } = await exhibit.open(address);
    const feed = socketFeed(source, (problem) => expect.fail(problem));
    const recorder = new Recorder(feed.send, { title: 'much' });
    recorder.note('check', 'it holds', false);
    recorder.note('action', 'this is looked at');
    const row = page.locator('.row', { hasText: 'this is looked at' });
    await row.click();
    for (let told = 1; told <= 200; told++) recorder.note('action', `note ${told}`);
    await page.locator('.row', { hasText: /note 200$/ }).waitFor({ state: 'attached' });
    // Twenty, what went wrong among them, and the one that the hub has let go of.
    await expect.poll(() => rows(page)).toBeLessThanOrEqual(21);
    expect(await rows(page)).toBeGreaterThan(15);
    expect(await row.getAttribute('aria-selected')).toBe('true');
    expect(await page.locator('.row.bad', { hasText: 'it holds' }).count()).toBe(1);
    expect(await now(page)).toContain('this is looked at');
    await page.getByRole('button', { name: 'Follow' }).click();
    await expect.poll(() => page.url()).toMatch(/#run=(&|$)/);
    recorder.note('action', 'one more');
    for (let told = 1; told <= 5; told++) recorder.note('action', `and ${told}`);
    await expect.poll(() => row.count()).toBe(0);
    await feed.close();
    await page.close();
  });

  it('follows the newest, be it a hook, what happens or a check', async () => {
    const { page: address, source } = await inspect();
    const { page } = await exhibit.open(address);
    const feed = socketFeed(source, (problem) => expect.fail(problem));
    const recorder = new Recorder(feed.send, { title: 'notes' });
    await randomHistory(recordedCharm(recorder, simulated), 1, { steps: 5 });
    for (const text of ['the database goes down', 'a client logs in']) {
      recorder.note(text.startsWith('the') ? 'action' : 'check', text, false);
      await expect.poll(() => now(page)).toContain(text);
      expect(await page.locator('.row[aria-selected=true]').textContent()).toContain(text);
    }
    await feed.close();
    await page.close();
  });

  it('comes back to all that is there where it was hung up on, and keeps what is looked at', async () => {
    const { page: address, source } = await inspect();
    const page = await exhibit.browser.newPage();
    const sockets: { close: () => Promise<void> }[] = [];
    await page.routeWebSocket(/\/page$/, (socket) => {
      socket.connectToServer();
      sockets.push(socket);
    });
    await page.goto(address);
    const feed = socketFeed(source, (problem) => expect.fail(problem));
    const recorder = new Recorder(feed.send, { title: 'cut off' });
    recorder.note('action', 'this is looked at');
    const row = page.locator('.row', { hasText: 'this is looked at' });
    await row.click();
    await sockets[0]?.close();
    await expect.poll(() => sockets.length).toBe(2);
    recorder.note('action', 'this came later');
    await page.locator('.row', { hasText: 'this came later' }).waitFor();
    expect(await row.getAttribute('aria-selected')).toBe('true');
    expect(await rows(page)).toBe(2);
    expect(await page.locator('.live').count()).toBe(1);
    await feed.close();
    await page.close();
  });

  it('writes what came in when it ends', async () => {
    const file = join(exhibit.folder, 'came-in.html');
    const { source } = await inspect('--out', file);
    const feed = socketFeed(source, (problem) => expect.fail(problem));
    new Recorder(feed.send).note('chapter', 'It came in');
    await feed.close();
    await ends.pop()?.();
    const { page } = await exhibit.open(`file://${file}`);
    expect(await page.locator('.row.chapter').textContent()).toContain('It came in');
    await page.close();
  });

  it('says that its feed has ended', async () => {
    const { page: address } = await inspect();
    const { page } = await exhibit.open(address);
    await page.locator('.live').waitFor();
    await ends.pop()?.();
    await page.getByText('the feed has ended').waitFor();
    await page.close();
  });

  it('opens the history that a failed verification has written, as a story', async () => {
    const file = join(exhibit.folder, 'replay.json');
    writeFileSync(file, JSON.stringify(history));
    const { page: address } = await inspect(file);
    const { page } = await exhibit.open(address);
    await page.locator('.row.action').first().waitFor();
    expect(await page.locator('.row.action').first().textContent()).toContain('app1 is related');
    await page.getByRole('button', { name: 'All, with what settled by itself' }).click();
    const hook = page
      .locator('.row.returned:not(.other)', { hasText: 'database-relation-changed' })
      .first();
    await hook.click();
    await page.locator('.node.here').waitFor();
    await page.close();
  });

  it('shows in it what was violated', async () => {
    const recording = await recordReplay(idle, history);
    const file = exhibit.pageOf(recording, 'violated');
    const { page } = await exhibit.open(`file://${file}`);
    const violation = page.locator('.row.violation').first();
    expect(await violation.textContent()).toContain('at rest it violates');
    await page.close();
  });
});
