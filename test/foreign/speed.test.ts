/**
 * How fast hooks of a charm in Python are, held to how fast the machine is at the time: a hook with six
 * calls of hook tools, the model and its files included, and a bare interpreter, in turns. Where nothing
 * else runs an interpreter starts in 12 ms and such a hook takes two of them, which is 40 a second.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openForeignCharm } from '../../src/foreign/index.ts';
import { dueHooks, Simulation } from '../../src/testing/index.ts';
import { hooksOfAnyCharm } from '../tools/bench-hooks.ts';
import { clock, noPython, ops } from './tiny-charms.ts';

const rounds = 40;

/** After so many ticks no process can be a hook tool any more. */
const program = clock(`        if ticks.read_text() == '${rounds + 1}':
            import os
            (pathlib.Path(os.environ['JUJU_AGENT_SOCKET_ADDRESS']).parent / 'tool').chmod(0o644)
`);

const middle = (times: readonly number[]): number =>
  [...times].sort((one, other) => one - other)[times.length / 2] ?? 0;

async function milliseconds(act: () => unknown): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}

describe.skipIf(noPython !== null)(`a hook of a charm in Python${noPython ?? ''}`, () => {
  it('takes less than three starts of Python, with six calls and no process for them', {
    timeout: 120_000,
  }, async () => {
    const python = ops();
    const folder = mkdtempSync(join(tmpdir(), 'hookchart-speed-'));
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'charmcraft.yaml'), 'name: clock\ntype: charm\n');
    writeFileSync(join(folder, 'src/charm.py'), program);
    const charm = await openForeignCharm(folder, { python });
    try {
      const topology = { ...charm.simulated.soaked(1), units: 1 };
      const simulation = new Simulation(charm.simulated, topology);
      const next = () => dueHooks(simulation.world)[0];
      for (let due = next(); due !== undefined; due = next()) await simulation.settle(due);
      const tick = { _tag: 'RunHook', unit: 'clock/0', hook: { name: 'update-status' } } as const;
      const { run: before } = charm.counts;
      const [hooks, starts]: [number[], number[]] = [[], []];
      for (let at = 0; at < rounds; at++) {
        hooks.push(await milliseconds(() => simulation.take(tick)));
        starts.push(await milliseconds(() => spawnSync(python, ['-c', 'pass'])));
      }
      const failed = () => simulation.world.units['clock/0']?.failed;
      expect(failed()).toBeNull();
      expect(charm.counts.run - before).toBe(rounds);
      expect(middle(hooks)).toBeLessThan(3 * middle(starts));
      await simulation.take(tick);
      expect(failed()).toBeNull();
    } finally {
      charm.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('is measured, and so are those in other languages', { timeout: 60_000 }, async () => {
    const lines: string[] = [];
    await hooksOfAnyCharm((line) => lines.push(line), 2);
    const [, ...figures] = lines;
    expect(figures).toHaveLength(6);
    for (const line of figures)
      expect(line).toMatch(
        /^ {2}(Python|Node|bash)(, --plain)? +[\d,]+ {3}[\d.]+ times \S.* \(\d+ ms\)$/,
      );
  });
});
