/** A verification: a search from every beginning, side by side where the machine has the cores. */

import { Worker } from 'node:worker_threads';
import { aCharm, given } from '../given.ts';
import type { Violation } from '../outcome.ts';
import type { SimulatedCharm } from '../simulated-charm.ts';
import { Misuse } from '../world.ts';
import { type Bounds, defaultBounds } from './bounds.ts';
import { loadCharm } from './load.ts';
import { type Counts, Search } from './search.ts';
import { type Replay, type Replayed, replay, replayOf } from './trace.ts';

export interface Verified {
  readonly bounds: Bounds;
  /** One entry for each beginning. */
  readonly searches: readonly Counts[];
  /** The shortest history that violates something, if there is one. */
  readonly counterexample: Counterexample | null;
}

export interface Counterexample {
  readonly replay: Replay;
  readonly story: Replayed['story'];
  readonly violations: readonly Violation[];
}

/** What one search came to. */
export interface Searched {
  readonly counts: Counts;
  readonly counterexample: Counterexample | null;
}

/**
 * One search, in this process.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { defaultBounds, explore } from 'hookchart/testing';
 *
 * const few = { units: 1, relations: 1, crashes: 0, leaderChanges: 0, outages: 0 };
 * const bounds = { ...defaultBounds(simulated), ...few };
 * const { counterexample } = await explore(simulated, bounds, 0);
 * console.log(counterexample);
 * // null
 * ```
 */
export async function explore(
  charm: SimulatedCharm,
  bounds: Bounds,
  served: number,
  options: { readonly watch?: (counts: Counts) => void } = {},
): Promise<Searched> {
  given('explore', 'the charm', charm, aCharm);
  given('explore', 'the bounds', bounds, { units: 'number', relations: 'number' });
  given('explore', 'how many relations are served', served, 'number');
  const search = new Search(charm, bounds, served);
  const found = await search.run(options.watch);
  if (found === null) return { counts: search.counts, counterexample: null };
  const again = await replayOf(search, found);
  const { story } = await replay(charm, again);
  const { violations } = found;
  return { counts: search.counts, counterexample: { replay: again, story, violations } };
}

/**
 * Searches from every beginning, the charm that a module (by its URL) exports as `simulated`. Each has a thread of its own, as many at a time as asked for; they
 * share nothing. The first violation that is found ends the others.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import { defaultBounds, loadCharm, verify } from 'hookchart/testing';
 *
 * const module = import.meta.resolve('hookchart/pgbouncer/testing');
 * const charm = await loadCharm(module);
 * const few = { units: 1, relations: 1, crashes: 0, leaderChanges: 0, outages: 0, operations: 0 };
 * const { counterexample } = await verify(module, { ...defaultBounds(charm), ...few }, { threads: 1 });
 * console.log(counterexample);
 * // null
 * ```
 */
export async function verify(
  module: string,
  bounds: Bounds,
  options: { readonly threads: number; readonly watch?: (counts: Counts) => void },
): Promise<Verified> {
  given('verify', 'the module', module, 'text');
  given('verify', 'the bounds', bounds, { units: 'number', relations: 'number' });
  given('verify', 'its options', options, { threads: 'number' });
  const { threads, watch = () => {} } = options;
  checkBounds(await loadCharm(module), bounds);
  // The beginning with the most to relate has the most to do.
  const beginnings = Array.from({ length: bounds.relations + 1 }, (_, served) => served);
  const searches: Counts[] = [];
  const running = new Set<Worker>();
  let counterexample: Counterexample | null = null;
  const runNext = async (): Promise<void> => {
    const served = beginnings.shift();
    if (served === undefined || counterexample !== null) return;
    const searched = await inThread({ module, bounds, served }, running, watch);
    if (searched === null) return;
    searches.push(searched.counts);
    if (searched.counterexample === null) return runNext();
    counterexample ??= searched.counterexample;
    for (const worker of running) await worker.terminate();
  };
  try {
    await Promise.all(Array.from({ length: threads }, runNext));
  } finally {
    for (const worker of running) await worker.terminate();
  }
  // A thread that ends without a word has proved nothing.
  if (counterexample === null && searches.length !== bounds.relations + 1)
    throw new Error(
      `${bounds.relations + 1 - searches.length} searches ended without a result: a handler, a port or a script may wait for what never comes`,
    );
  return {
    bounds,
    searches: searches.sort((one, other) => one.served - other.served),
    counterexample,
  };
}

/** Null where the thread was ended by another one's finding. */
function inThread(
  workerData: { readonly module: string; readonly bounds: Bounds; readonly served: number },
  running: Set<Worker>,
  watch: (counts: Counts) => void,
): Promise<Searched | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData,
      // Most of what a search makes is looked at once and dropped.
      resourceLimits: { maxYoungGenerationSizeMb: 128, maxOldGenerationSizeMb: 8192 },
    });
    running.add(worker);
    worker.on('message', (message: Counts | Searched) => {
      if ('counts' in message) resolve(message);
      else watch(message);
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      running.delete(worker);
      resolve(null);
    });
  });
}

/**
 * Bounds that can be searched; a `Misuse` names the one that cannot.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { checkBounds, defaultBounds } from 'hookchart/testing';
 *
 * try {
 *   checkBounds(simulated, { ...defaultBounds(simulated), storms: 2 });
 * } catch (error) {
 *   console.log(String(error).split(';')[0]);
 *   // Misuse: pgbouncer has no bound storms
 * }
 * ```
 */
export function checkBounds(charm: SimulatedCharm, bounds: Bounds): void {
  given('checkBounds', 'the charm', charm, aCharm);
  given('checkBounds', 'the bounds', bounds, { units: 'number', relations: 'number' });
  const known = Object.keys(defaultBounds(charm));
  for (const [name, value] of Object.entries(bounds)) {
    if (!known.includes(name))
      throw new Misuse(`${charm.application} has no bound ${name}; there are ${known.join(', ')}`);
    if (!Number.isInteger(value) || value < 0)
      throw new Misuse(`${name} is to be a whole number, not ${value}`);
  }
  if (bounds.units < 1 || bounds.units > 5) throw new Misuse('units are to be 1 to 5');
  const why = charm.objection(bounds);
  if (why !== null) throw new Misuse(why);
}
