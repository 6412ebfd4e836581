import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../tools/bench-figures.ts';
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

  it('tells each figure that has a target, and whether it is met', async () => {
    const figures = await figuresOf(() => {}, { others: 20, moved: 5, passing: 2, rounds: 1 });
    for (const { value, target, met } of figures) expect(met).toBe(value <= target);
    expect(figures.map(({ name, unit }) => `${name}: ${unit}`)).toEqual([
      'a hook that is refused at once, of node -e 0: times',
      'calls, provisioning beside 20: calls',
      expect.stringMatching(/^provisioning's own time, tools of [\d.]+ ms, of node -e 0: times$/),
      expect.stringMatching(/^provisioning's own time, tools of [\d.]+ ms: ms$/),
      "provisioning's own time beside 20, of that beside none: times",
      'memory of the process beside 20: MB',
      'calls, update-status beside 5: calls',
      'longest hook, port changed with 5 relations: s',
      'calls, broken beside 5: calls',
      'failed transactions of others while 2 relations come and go, TLS on: transactions',
    ]);
    const counted = figures.filter(({ unit }) => unit === 'calls' || unit === 'transactions');
    expect(counted.filter(({ met }) => !met)).toEqual([]);
  }, 300_000);
});
