import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type Bounds, defaultBounds } from '../testing/explore/bounds.ts';
import type { Counts } from '../testing/explore/search.ts';
import { parseReplay, type Replay, replay } from '../testing/explore/trace.ts';
import { type Verified, verify } from '../testing/explore/verify.ts';
import { WrongUse } from './wrong-use.ts';

/** The bounds as options of the command line: name, default, what it is. */
export const boundOptions: readonly (readonly [flag: string, key: keyof Bounds, what: string])[] = [
  ['units', 'units', 'units of the provider'],
  ['relations', 'relations', 'applications that may be related'],
  ['operations', 'operations', 'times that an operator relates, removes, suspends or resumes'],
  ['crashes', 'crashes', 'processes that are killed, at any step'],
  ['leader-changes', 'leaderChanges', 'leases that run out, between hooks or within one'],
  ['outages', 'outages', 'times that PostgreSQL goes down, between hooks or within one'],
  ['lags', 'lags', 'times that a unit falls behind the others'],
  ['removals', 'removals', 'units of the provider that are removed'],
  ['half-loads', 'halfLoads', 'reloads that load half of a file'],
  ['lost-pods', 'lostPods', 'pods that are lost'],
  ['restarts', 'restarts', 'agents that are restarted'],
  [
    'lost-commits',
    'lostCommits',
    'commits that Juju loses, while it keeps the secrets of the hook',
  ],
  ['suspensions', 'suspensions', 'operations that may suspend a relation'],
  ['endings', 'endings', 'times that the provider itself is removed'],
  ['secrets', 'secrets', '1 where Juju has secrets'],
];

/** Explores; a counter-example is told as a story and written to a file. */
export async function verifyBounds(
  chosen: Partial<Bounds>,
  save: string,
  out: (text: string) => void,
): Promise<Verified & { readonly seconds: number; readonly file: string | null }> {
  const bounds = { ...defaultBounds, ...chosen };
  const started = performance.now();
  const latest = new Map<number, Counts>();
  let told = 0;
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  const verified = await verify(bounds, {
    threads: availableParallelism() + 1,
    watch: (counts) => {
      latest.set(counts.served, counts);
      if (performance.now() - told < 2000) return;
      told = performance.now();
      out(`${seconds()} s: ${summary([...latest.values()])}\n`);
    },
  });
  const { counterexample, searches } = verified;
  out(`${boundsText(bounds)}\n${seconds()} s: ${summary(searches)}\n`);
  if (counterexample === null) {
    out(
      'No violation: every state within the bounds holds I1 to I8, and every fair end is clean.\n',
    );
    return { ...verified, seconds: seconds(), file: null };
  }
  out(`\n${counterexample.story.join('\n')}\n\n`);
  for (const { invariant, what } of counterexample.violations)
    out(`${invariant} is violated: ${what}\n`);
  const file = saved(save, counterexample.replay) ? save : null;
  out(
    file === null
      ? `${save} cannot be written; choose another --save, or take the replay from --json\n`
      : `Run it again: hookchart verify --replay ${file}\nLook at it:   hookchart inspect ${file}\n`,
  );
  return { ...verified, seconds: seconds(), file };
}

/** What was found must not be lost for want of a place to write it. */
function saved(path: string, replay: Replay): boolean {
  try {
    writeFileSync(path, `${JSON.stringify(replay, null, 1)}\n`);
    return true;
  } catch {
    return false;
  }
}

/** Runs a history again that was written to a file. */
export async function replayFile(path: string, out: (text: string) => void) {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new WrongUse(`${path} cannot be read`);
  }
  const { story, violations } = await replay(parseReplay(text));
  out(`${story.join('\n')}\n\n`);
  out(violations.length === 0 ? 'Nothing is violated.\n' : `${violations.length} violations.\n`);
  return { story, violations };
}

const boundsText = (bounds: Bounds): string =>
  boundOptions
    .filter(([, key]) => bounds[key] > 0)
    .map(([flag, key]) => `${bounds[key]} ${flag}`)
    .join(', ');

function summary(searches: readonly Counts[]): string {
  const sum = (key: keyof Counts) =>
    searches.reduce((total, counts) => total + counts[key], 0).toLocaleString('en');
  return `${sum('states')} states (${sum('namedStates')} with units told apart), ${sum('transitions')} transitions, ${sum('hooks')} different hooks run, ${sum('restStates')} ends`;
}
