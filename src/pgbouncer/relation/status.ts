import type { Status } from '../../juju/port.ts';
import type { Ledger } from './ledger.ts';

/**
 * The status that a ledger amounts to: blocked by what an operator must see to, waiting for what
 * comes by itself. It is computed anew each time, so it clears when its cause is gone.
 */
export function statusOf(
  ledger: Ledger,
  waitingFor: string | null,
  /** What an operator must see to beside what the ledger says. */
  obstacles: readonly string[] = [],
  /** What everything goes without. */
  remarks: readonly string[] = [],
): Status {
  const records = [...ledger.records.values()];
  const refused = records.flatMap(({ state, error }) =>
    error !== null && state !== 'removing' ? [error] : [],
  );
  const blocked = [...obstacles, ...refused];
  if (blocked.length > 0) return { name: 'blocked', message: summary(blocked) };
  const removals = records.flatMap((record) =>
    record.state === 'removing' && record.error !== null
      ? [`removing ${record.user}: ${record.error}`]
      : [],
  );
  const waiting = waitingFor === null ? removals : [waitingFor, ...removals];
  if (waiting.length > 0) return { name: 'waiting', message: summary(waiting) };
  return { name: 'active', message: remarks.length === 0 ? '' : summary(remarks) };
}

const summary = ([first = '', ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} (and ${more.length} more)`;
