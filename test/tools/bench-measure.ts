/** How the benches measure, and where they tell of it. */
import { spawnSync } from 'node:child_process';
import { shippedNode } from '../../src/packaging/node.ts';

export type Tell = (line: string) => void;

export const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

export const number = (value: number): string =>
  Math.round(value).toLocaleString('en').padStart(12);

interface Program {
  readonly call: readonly [string, ...string[]];
  /** The exit code with which it ends; 0 unless said. */
  readonly code?: number;
}

/** The Node of a charm that does nothing: by how long it takes a charm's processes are measured. */
export const bareNode = (): Program => ({ call: [shippedNode().program, '-e', '0'] });

/** Runs each program so often, one after the other; the median milliseconds of each. */
export function inTurns<Name extends string>(
  rounds: number,
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
  programs: Readonly<Record<Name, Program>>,
): Readonly<Record<Name, number>> {
  const named = Object.entries<Program>(programs);
  const times = new Map(named.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++)
    for (const [name, { call, code = 0 }] of named) {
      const [program, ...args] = call;
      const started = performance.now();
      const { status } = spawnSync(program, args, options);
      if (status !== code) throw new Error(`${name} ended with ${status}`);
      times.get(name)?.push(performance.now() - started);
    }
  const medians = [...times].map(([name, took]) => [name, median(took)]);
  return Object.fromEntries(medians) as Record<Name, number>;
}
