/**
 * How many hooks of a charm that makes six calls of hook tools are run in a second, by language, with
 * the model and the charm's files around them; beside each, in turns, a bare interpreter.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openForeignCharm } from '../../src/foreign/index.ts';
import { dueHooks, Simulation } from '../../src/testing/index.ts';
import { clock, ops } from '../foreign/tiny-charms.ts';
import { median, number, type Tell } from './bench-measure.ts';

/** In each hook something is another than in the one before, as with the clock in Python. */
const inNode = `#!/usr/bin/env node
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const ticks = fs.existsSync('ticks') ? Number(fs.readFileSync('ticks', 'utf8')) : 0;
fs.writeFileSync('ticks', String(ticks + 1));
for (const [tool, ...words] of [
  ['is-leader'],
  ['config-get'],
  ['relation-ids', 'hands'],
  ['juju-log', 'tick'],
  ['status-set', 'active', 'on time'],
  ['application-version-set', '1'],
])
  execFileSync(tool, words);
`;

const inBash = `#!/bin/bash
set -eu
ticks=$(cat ticks 2>/dev/null || echo 0)
echo $((ticks + 1)) >ticks
is-leader >/dev/null
config-get
relation-ids hands
juju-log tick
status-set active 'on time'
application-version-set 1
`;

interface Measured {
  readonly language: string;
  readonly file: string;
  readonly program: string;
  /** What it is compared with: an interpreter that does nothing. */
  readonly bare: string;
  readonly interpreter: readonly [program: string, ...words: string[]];
}

export async function hooksOfAnyCharm(out: Tell, rounds: number): Promise<void> {
  const python = ops();
  const all: readonly Measured[] = [
    {
      language: 'Python',
      file: 'src/charm.py',
      program: clock(),
      bare: 'python3 -c 0',
      interpreter: [python, '-c', '0'],
    },
    {
      language: 'Node',
      file: 'dispatch',
      program: inNode,
      bare: 'node -e 0',
      interpreter: ['node', '-e', '0'],
    },
    {
      language: 'bash',
      file: 'dispatch',
      program: inBash,
      bare: 'bash -c :',
      interpreter: ['bash', '-c', ':'],
    },
  ];
  out('Hooks with six calls of hook tools: a second, and in starts of a bare interpreter');
  for (const one of all)
    for (const isPlain of [false, true]) {
      const { hook, bare } = await measured(one, isPlain, python, rounds);
      const name = `${one.language}${isPlain ? ', --plain' : ''}`;
      const times = `${(hook / bare).toFixed(1)} times ${one.bare} (${bare.toFixed(0)} ms)`;
      out(`  ${name.padEnd(18)}${number(1000 / hook)}   ${times}`);
    }
}

async function measured(
  { file, program, interpreter: [interpreter, ...words] }: Measured,
  isPlain: boolean,
  python: string,
  rounds: number,
) {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-bench-'));
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, 'metadata.yaml'), 'name: clock\n');
  writeFileSync(join(folder, file), program, { mode: 0o755 });
  const charm = await openForeignCharm(folder, { python, isPlain });
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
      starts.push(await milliseconds(() => spawnSync(interpreter, words)));
    }
    if (charm.counts.run - before !== rounds || simulation.world.units['clock/0']?.failed != null)
      throw new Error(`hooks of ${file} were known, or failed`);
    return { hook: median(hooks), bare: median(starts) };
  } finally {
    charm.close();
    rmSync(folder, { recursive: true });
  }
}

async function milliseconds(act: () => unknown): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}
