/** All that `npm run bench` measures, for it and for the test that keeps it from rotting. */
import { realCharm } from './bench-charm.ts';
import { decisions } from './bench-decisions.ts';
import type { Tell } from './bench-measure.ts';
import { memoryWorld } from './bench-memory.ts';
import { onPostgres } from './bench-postgres.ts';
import { simulatedWorld } from './bench-simulated.ts';

/** How often things are measured. Figures of few rounds mean nothing. */
export interface Rounds {
  readonly rounds: number;
  /** How many other relations there are in the memory world, and in how many blocks it is measured. */
  readonly crowds: readonly number[];
  readonly blocks: number;
  readonly ofPostgres: number;
}

export async function benches(out: Tell, { rounds, ofPostgres, ...memory }: Rounds): Promise<void> {
  out(`Node ${process.version}, ${process.platform}-${process.arch}\n`);
  decisions(out, rounds);
  await memoryWorld(out, memory);
  await simulatedWorld(out, rounds);
  await onPostgres(out, ofPostgres);
  await realCharm(out, rounds);
}
