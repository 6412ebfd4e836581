import type { ForeignCharm, Phase } from '../foreign/index.ts';
import { counted } from './counted.ts';
import { progressOn } from './progress.ts';

/** How far the lives of a charm in a folder have come. */
export interface ForeignProgress {
  readonly onPhase: (phase: Phase) => void;
  /** Which share of the hooks is done, and in what. */
  readonly tell: (share: number, done: string) => void;
  /** No more is told; BEFORE anything else is said. */
  readonly end: () => void;
}

const told: Readonly<Record<Phase, string>> = {
  watching: 'watching the charm where nothing goes wrong',
  living: 'running its hooks',
  shortening: 'looking for a shorter story',
};

/**
 * Hooks are processes, so most of it takes a while: their number is told as they run, also where nobody
 * knows of how many. `atOnce` are the parts whose beginning is told whoever reads.
 */
export function foreignProgress(
  { counts }: Pick<ForeignCharm, 'counts'>,
  atOnce: readonly Phase[],
): ForeignProgress {
  const progress = progressOn();
  let [share, done]: [number | null, string | null] = [null, null];
  let phase: Phase = 'watching';
  const beat = setInterval(() => {
    const so = `${told[phase]}, ${counted(counts.run + counts.known, 'hooks')} so far`;
    progress.tell(share, phase === 'living' && done !== null ? done : so);
  }, 100);
  beat.unref();
  return {
    onPhase: (now) => {
      phase = now;
      if (atOnce.includes(now)) progress.begin(`${told[now]}…`);
    },
    tell: (...now) => {
      [share, done] = now;
      progress.tell(share, done);
    },
    end: () => {
      clearInterval(beat);
      progress.end();
    },
  };
}
