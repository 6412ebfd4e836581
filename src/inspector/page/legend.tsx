/** What the colours and the shapes of the lanes stand for; only of what is there. */

import { useMemo } from 'preact/hooks';
import type { Cause } from '../causes.ts';
import { type Entry, endOf } from '../recording.ts';

export interface LegendProps {
  readonly entries: readonly Entry[];
  readonly shown: readonly number[];
  readonly causes: readonly Cause[];
  readonly culprits: { readonly has: (index: number) => boolean };
}

/** A sign as the lanes paint it, by its class, and what it says. */
const signs = {
  running: 'runs still',
  returned: 'returned',
  deferred: 'deferred',
  refused: 'refused',
  failed: 'failed',
  culprit: 'did the damage',
  other: 'the other side',
  settled: 'paler: came about by itself',
  action: 'what happened',
  check: 'a check that holds',
  bad: 'violated, or a check that does not hold',
  chapter: 'a chapter begins',
  arrow: 'who was told of a write',
} as const;

type Sign = keyof typeof signs;

export function Legend(props: LegendProps) {
  const { shown, causes, culprits } = props;
  const there = useMemo(() => signsIn(props), [shown, causes, culprits]);
  return (
    <ul class="legend" aria-label="Legend">
      {(Object.keys(signs) as Sign[])
        .filter((sign) => there.has(sign))
        .map((sign) => (
          <li key={sign}>
            <span class={`sign ${sign}`} aria-hidden="true" />
            {signs[sign]}
          </li>
        ))}
    </ul>
  );
}

function signsIn({ entries, shown, causes, culprits }: LegendProps): ReadonlySet<Sign> {
  const found = new Set<Sign>();
  for (const number of shown) {
    const entry = entries[number];
    if (entry === undefined) continue;
    if (entry.chosen === false) found.add('settled');
    if (entry._tag === 'Note') {
      if (!entry.ok) found.add('bad');
      else if (entry.kind === 'action' || entry.kind === 'check') found.add(entry.kind);
    } else if (culprits.has(number)) found.add('culprit');
    else found.add(entry.side ?? endOf(entry));
  }
  // Where a chapter begins is seen whatever is listed.
  if (entries.some((entry) => entry._tag === 'Note' && entry.kind === 'chapter' && entry.ok))
    found.add('chapter');
  if (causes.length > 0) found.add('arrow');
  return found;
}
