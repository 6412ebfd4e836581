import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { benches } from '../tools/benches.ts';

describe('npm run bench', () => {
  it('runs whole, and tells a figure of everything', async () => {
    const lines: string[] = [];
    const few = { rounds: 1, crowds: [0, 10], blocks: 2, ofPostgres: 1 };
    await benches((line) => lines.push(line), few);
    const text = lines.join('\n');
    for (const figure of [
      /begin\/advance +[\d,]+$/m,
      /live XState actor +[\d,]+ +begin\/advance is \d+ times as fast$/m,
      /^ +10( +[\d,]+){2} +-?[\d.]+, -?[\d.]+$/m,
      /and every invariant +[\d,]+$/m,
      /provision +\d+ round trips, \d+ ms$/m,
      /remove +\d+ round trips, \d+ ms$/m,
      /dispatch +[\d.]+ ms, [\d.]+ times node -e 0$/m,
      /that provisions: \d+ calls of hook tools$/m,
      /\d+ ms are its own, [\d.]+ times node -e 0$/m,
      /database-relation-broken of the only relation: \d+ calls$/m,
    ])
      expect(text).toMatch(figure);
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
    if (spawnSync('psql', ['--version']).status === 0)
      expect(
        text.match(/psql, the same statements: \d+ ms; ours takes [\d.]+ of that$/gm),
      ).toHaveLength(2);
  }, 300_000);
});
