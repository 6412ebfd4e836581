/** Files that a soak and a model by hand leave behind, and what is said where somebody has damaged one. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { ModelFolder } from '../../src/foreign/by-hand/kept.ts';
import { takeLock } from '../../src/foreign/by-hand/lock.ts';
import { HandModel } from '../../src/foreign/by-hand/model.ts';
import { parseStory } from '../../src/foreign/index.ts';
import { gathered, printedIn } from '../../src/foreign/output.ts';

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true });
});
function emptyFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'hookchart-kept-'));
  made.push(path);
  return path;
}

describe('what a hook has printed', () => {
  async function both(parts: readonly string[]): Promise<readonly string[]> {
    const file = join(emptyFolder(), 'stdout');
    writeFileSync(file, parts.join(''));
    const stream = Readable.from(parts.map((part) => Buffer.from(part)));
    const text = gathered(stream);
    await new Promise((end) => stream.on('end', end));
    return [text(), printedIn(file)];
  }

  it('is kept as it is, up to 64 KiB', async () => {
    const whole = 'x'.repeat(64 * 1024);
    expect(await both(['one ', 'ünd two'])).toEqual(['one ünd two', 'one ünd two']);
    expect(await both([whole.slice(9), whole.slice(0, 9)])).toEqual([whole, whole]);
    expect(await both([])).toEqual(['', '']);
    expect(printedIn('/nowhere/at/all')).toBe('');
  });

  it('is cut in the middle beyond that, and says how much is left out', async () => {
    const parts = ['begin', 'x'.repeat(40_000), 'y'.repeat(70_000), 'end'];
    const left = 5 + 40_000 + 70_000 + 3 - 64 * 1024;
    for (const text of await both(parts)) {
      expect(text).toContain(
        `\n(${left.toLocaleString('en')} bytes of what it printed are left out here)\n`,
      );
      expect(text).toMatch(/^beginx+\n.*\ny+end$/);
      expect(text.length).toBeLessThan(66_000);
    }
  });
});

describe('a story', () => {
  const story = (action: unknown) =>
    JSON.stringify({
      ...{ format: 'hookchart-soak', version: 1, charm: 'almanac', options: {} },
      ...{ topology: { requirers: {} }, config: {}, firstRelation: 1001, violations: [] },
      ...{ actions: [{ _tag: 'Relate', application: 'one' }, action], chosen: [0] },
    });

  it.each([
    [{ _tag: 'Relate' }, 'actions.1.application (Relate) is missing'],
    [{ _tag: 'RunHook', unit: 'a/0' }, 'actions.1.hook (RunHook) is missing'],
    [{ _tag: 'RunHook', unit: 'a/0', hook: {} }, 'actions.1.hook.name (RunHook) is missing'],
    [
      { _tag: 'RunHook', unit: 'a/0', hook: { name: 'b', relation: '7' } },
      'actions.1.hook.relation (RunHook) is to be number, and is "7"',
    ],
    [{ _tag: 'ExpireSecret', secret: 's' }, 'actions.1.revision (ExpireSecret) is missing'],
    [
      { _tag: 'lamp restarts', unit: 7 },
      'actions.1.unit (lamp restarts) is to be string, and is 7',
    ],
    [{}, 'actions.1._tag is missing'],
    [null, 'actions.1 is to be Object, and is null'],
  ])('is checked for the shape of its actions: %o', (action, said) => {
    expect(() => parseStory(story(action))).toThrow(`it is no story of a soak: ${said}`);
  });

  it('has each of its actions as it was written', () => {
    const hook = { name: 'paint', action: { id: '1', parameters: { colour: 'red' } } };
    const run = { _tag: 'RunHook', unit: 'a/0', hook, interruption: { at: 1, how: 'killed' } };
    expect(parseStory(story(run)).actions[1]).toEqual(run);
    expect(() => parseStory(story(run).replace('"chosen":[0]', '"chosen":[2]'))).toThrow(
      'chosen names action 2, and there are 2',
    );
  });
});

describe('the file of a model', () => {
  async function model(): Promise<string> {
    const path = emptyFolder();
    const hand = new HandModel(new ModelFolder(path, '1.0'));
    const folder = resolve('test/foreign/charms/clerk');
    await hand.deploy({ application: 'clerk', folder, units: 1, config: {} });
    return path;
  }

  it.each([
    ['"model":{', '"was":{', /model is missing/],
    ['"world":{', '"was":{', /model.world is missing/],
    ['"queue":[', '"was":[', /model\.world\.units\.clerk\/0\.queue is missing/],
    ['"$files":[', '"$was":[', /model\.pods\.clerk\/0\.files\.\$files is missing/],
    ['"$tree":[]', '"$tree":[7]', /what it holds of the pod of clerk\/0/],
    ['"folder":"', '"was":"', /model\.charms\.clerk\.folder is missing/],
  ])('that is damaged is told with the place: %s', async (from, to, said) => {
    const path = await model();
    const file = join(path, 'model.json');
    let text = readFileSync(file, 'utf8');
    if (from.includes('tree'))
      text = text.replace(
        '"containers":{}',
        '"containers":{"a":{"isUp":true,"files":{"$tree":[]}}}',
      );
    if (!text.includes(from)) throw new Error(`${from} is not in ${file}`);
    writeFileSync(
      file,
      text.replace(from, () => to),
    );
    const read = () => new ModelFolder(path, '1.0').read();
    expect(read).toThrow(said);
    expect(read).toThrow(`${file} is damaged`);
    expect(read).toThrow(`remove ${path}, and deploy anew`);
  });
});

describe('the lock of a folder', () => {
  it('is never there without the process that has it', () => {
    const path = emptyFolder();
    const unlock = takeLock(path);
    expect(readdirSync(path)).toEqual(['lock']);
    expect(readFileSync(join(path, 'lock'), 'utf8')).toBe(String(process.pid));
    expect(() => takeLock(path)).toThrow(
      `another command (process ${process.pid}) is at work on ${path}`,
    );
    unlock();
    expect(readdirSync(path)).toEqual([]);
  });

  it.each(['999999999', '', 'no number'])('is taken from who is gone: %s', (left) => {
    const path = emptyFolder();
    writeFileSync(join(path, 'lock'), left);
    takeLock(path)();
    expect(existsSync(join(path, 'lock'))).toBe(false);
    expect(readdirSync(path)).toEqual([]);
  });
});
