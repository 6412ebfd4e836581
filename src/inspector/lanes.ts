/** The lanes in which a recording is told: who is there, beside what happens to all of them. */
import { applicationOf } from './names.ts';
import type { Entry } from './recording.ts';

interface Lane {
  readonly kind: 'outside' | 'application' | 'unit' | 'checks';
  readonly name: string;
}

export interface Lanes {
  readonly lanes: readonly Lane[];
  /** The lane of an entry; -1 for a chapter, which is in none. */
  readonly laneOf: (entry: Entry) => number;
  /** The lane of whoever is on the other side of a relation; -1 where that is nobody. */
  readonly otherSide: (relation: number) => number;
}

/** Outside first, then who asks, then who is asked, then what was checked: a request travels downwards. */
export function lanesOf(entries: readonly Entry[]): Lanes {
  const units = new Set<string>();
  const applications = new Map<number, string>();
  const others = new Set<string>();
  let [isOutside, isChecked] = [false, false];
  for (const entry of entries) {
    if (entry._tag === 'Note') {
      isChecked ||= entry.kind === 'check' || entry.kind === 'violation';
      if (entry.kind === 'action' && entry.of === undefined) isOutside = true;
      continue;
    }
    const { unit, event, side } = entry;
    if (side === 'other') others.add(applicationOf(unit));
    else units.add(unit);
    const { relation, remoteUnit, departingUnit } = event;
    if (relation === undefined) continue;
    const remote = side === 'other' ? unit : (remoteUnit ?? departingUnit);
    const own = applicationOf(unit);
    if (remote !== undefined && (side === 'other' || applicationOf(remote) !== own))
      applications.set(relation, applicationOf(remote));
    for (const name of Object.keys(entry.seen.read))
      if (name === `relation ${relation}: application` && !applications.has(relation))
        applications.set(relation, '');
  }
  const nameOf = (relation: number): string => {
    const known = applications.get(relation);
    if (known === undefined) return '';
    // Two applications that are called the same are told apart by their relations.
    const isAlone = [...applications.values()].filter((name) => name === known).length === 1;
    return known !== '' && (isAlone || others.has(known)) ? known : `relation ${relation}`;
  };
  for (const relation of applications.keys()) others.add(nameOf(relation));
  const lanes: Lane[] = [
    ...(isOutside ? [{ kind: 'outside' as const, name: 'outside' }] : []),
    ...sorted(others).map((name) => ({ kind: 'application' as const, name })),
    ...sorted(units).map((name) => ({ kind: 'unit' as const, name })),
    ...(isChecked ? [{ kind: 'checks' as const, name: 'checks' }] : []),
  ];
  const places = new Map(lanes.map(({ name }, at) => [name, at]));
  const at = (name: string) => places.get(name) ?? -1;
  return {
    lanes,
    laneOf: (entry) => {
      if (entry._tag === 'Hook')
        return at(entry.side === 'other' ? applicationOf(entry.unit) : entry.unit);
      if (entry.kind === 'chapter') return -1;
      if (entry.kind !== 'action') return at('checks');
      const of = entry.of ?? 'outside';
      return places.get(of) ?? places.get(applicationOf(of)) ?? at('outside');
    },
    otherSide: (relation) => at(nameOf(relation)),
  };
}

const sorted = (names: ReadonlySet<string>): readonly string[] =>
  [...names].sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
