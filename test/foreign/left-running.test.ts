/** What a hook leaves running, in charms in a folder. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openForeignCharm, soakForeign } from '../../src/foreign/index.ts';

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true });
});

async function soaked(dispatch: string): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-left-'));
  made.push(folder);
  writeFileSync(join(folder, 'metadata.yaml'), 'name: clock\n');
  writeFileSync(join(folder, 'dispatch'), `#!/bin/sh\nset -eu\n${dispatch}`);
  chmodSync(join(folder, 'dispatch'), 0o755);
  const opened = await openForeignCharm(folder);
  try {
    const { failure } = await soakForeign(opened, { hooks: 20, seed: 1, shrinkSeconds: 0 });
    return failure?.violated.message;
  } finally {
    opened.close();
  }
}

/** How many processes were started with such words. */
const running = (words: readonly string[]): number =>
  readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `${words.join('\0')}\0`;
    } catch {
      return false;
    }
  }).length;

describe('a process in a session of its own', { timeout: 60_000 }, () => {
  it.each([
    ['that holds the output of its hook', ''],
    ['that holds nothing', '>/dev/null 2>&1'],
  ])('%s is ended with it', async (_, output) => {
    const seconds = `4${process.pid}${output.length}`;
    expect(await soaked(`setsid sleep ${seconds} ${output} &\n`)).toBeUndefined();
    expect(running(['sleep', seconds])).toBe(0);
  });

  it('keeps nobody waiting where it has emptied its environment', async () => {
    const begun = performance.now();
    const dispatch = `[ $JUJU_HOOK_NAME = install ] || exit 0
env -i setsid sleep 30 &
`;
    expect(await soaked(dispatch)).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(25_000);
  });
});
