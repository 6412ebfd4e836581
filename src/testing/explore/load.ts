import type { SimulatedCharm } from '../simulated-charm.ts';
import { Misuse } from '../world.ts';

/** The charm that a module exports as `simulated`; a `Misuse` says why there is none. */
export async function loadCharm(url: string): Promise<SimulatedCharm> {
  let loaded: { readonly simulated?: unknown };
  try {
    loaded = await import(url);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Misuse(`${url} cannot be loaded: ${why}`, { cause });
  }
  const { simulated } = loaded;
  if (isSimulated(simulated)) return simulated;
  throw new Misuse(
    `${url} exports no charm to simulate: have it export one as "simulated", made with simulatedCharm() of hookchart/testing`,
  );
}

const isSimulated = (value: unknown): value is SimulatedCharm =>
  typeof value === 'object' && value !== null && 'run' in value && 'invariants' in value;
