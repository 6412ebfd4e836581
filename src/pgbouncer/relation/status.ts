import type { Status } from '../../juju/port.ts';
import { type Ledger, unsettledIn } from './ledger.ts';

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
  const blocked = [...obstacles];
  const waiting = waitingFor === null ? [] : [waitingFor];
  for (const record of unsettledIn(ledger)) {
    const { state, error } = record;
    if (error === null) continue;
    if (state === 'removing') waiting.push(`removing ${record.user}: ${error}`);
    else blocked.push(error);
  }
  if (blocked.length > 0) return { name: 'blocked', message: summary(blocked) };
  if (waiting.length > 0) return { name: 'waiting', message: summary(waiting) };
  return { name: 'active', message: remarks.length === 0 ? '' : summary(remarks) };
}

const summary = ([first = '', ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} (and ${more.length} more)`;
