import { given } from '../given.ts';
import type { SimulatedCharm } from '../simulated-charm.ts';
import { Misuse } from '../world.ts';

/**
 * The charm that a module exports as `simulated`, or by the name that follows the module's address
 * after a `#`; a `Misuse` says why there is none.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import { loadCharm } from 'hookchart/testing';
 *
 * const charm = await loadCharm(import.meta.resolve('hookchart/pgbouncer/testing'));
 * console.log(charm.application);
 * // pgbouncer
 * ```
 */
export async function loadCharm(address: string): Promise<SimulatedCharm> {
  given('loadCharm', 'the address', address, 'text');
  const [url = '', name = 'simulated'] = address.split('#');
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = await import(url);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Misuse(`${url} cannot be loaded: ${why}`, { cause });
  }
  const { [name]: simulated } = loaded;
  if (isSimulated(simulated)) return simulated;
  throw new Misuse(
    `${url} exports no charm to simulate as "${name}": have it export one by that name, made with simulatedCharm() of hookchart/testing`,
  );
}

const isSimulated = (value: unknown): value is SimulatedCharm =>
  typeof value === 'object' && value !== null && 'run' in value && 'invariants' in value;
