import {
  type Invariant,
  type Replayed,
  type SimulatedCharm,
  shortStory,
} from '../testing/index.ts';
import { bad } from './colour.ts';

/**
 * A failure in words, as `soak` tells one: what is violated, what that claims, and then the history
 * that leads to it. What is still violated in later steps is said once, where it was first. Where so
 * many applications are `served`, the history begins with their relations, of which it tells nothing.
 */
export function toldFailure(
  { story, violations }: Pick<Replayed, 'story' | 'violations'>,
  { invariants, comesToRest }: ToldCharm,
  served = 0,
): string {
  const violated = violations.map(({ invariant, what }) => `${invariant} is violated: ${what}`);
  const claims = invariants
    .filter(({ name }) => violations.some(({ invariant }) => invariant === name))
    .map(({ name, claims }) => `${name} claims: ${claims}`);
  const said = new Set(claims);
  const history = story.filter((line) => {
    if (said.has(line)) return false;
    if (isViolation(line, violations)) said.add(line);
    return true;
  });
  const end = history.findLastIndex((line) => !isViolation(line, violations)) + 1;
  const isEndless = violations.some(({ invariant }) => invariant === comesToRest.name);
  const lines = [
    ...[...new Set(violated)].map((line) => bad(line)),
    ...claims,
    'after',
    ...beginningOf(served),
    ...shortStory(history.slice(0, end), isEndless),
    ...history.slice(end),
  ];
  return `${lines.join('\n')}\n`;
}

/** What is asked of a charm. */
type ToldCharm = Pick<SimulatedCharm, 'comesToRest'> & {
  readonly invariants: readonly Pick<Invariant, 'name' | 'claims'>[];
};

const isViolation = (line: string, violations: Replayed['violations']): boolean =>
  violations.some(({ invariant, what }) => line.endsWith(`violates ${invariant}: ${what}`));

function beginningOf(served: number): readonly string[] {
  if (served === 0) return [];
  const relations = served === 1 ? 'relation 1 is' : `relations 1 to ${served} are`;
  return [`    ${relations} made, and all comes to rest`];
}
