import { faint } from './colour.ts';

/** Where progress is told: standard error, so that a document on standard output stands alone. */
export interface Teller {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How far long work has come. */
export interface Progress {
  /**
   * `share` is of the whole, 0 up to 1; null where nobody knows the whole yet. Where the whole turns
   * out larger, what was told stands until the work has come further: nothing that was done is undone.
   * Until anything is known, `atMost` is what the share is hardly more than.
   */
  readonly tell: (share: number | null, done: string, atMost?: number | null) => void;
  /** Says what begins, at once also where no terminal is. */
  readonly begin: (what: string) => void;
  /** Takes the line away that is written over, BEFORE anything else is said. */
  readonly end: () => void;
}

/** Milliseconds between two lines: a log is not to be filled. */
const pause = { terminal: 100, log: 5_000 };
const cells = 20;

/**
 * Tells how far long work has come, how long it has taken, and how long it will about take yet: a
 * line that is written over on a terminal, else one every few seconds.
 */
export function progressOn(
  stream: Teller = process.stderr,
  now: () => number = () => performance.now(),
): Progress {
  const isTerminal = stream.isTTY === true;
  const started = now();
  let told = isTerminal ? Number.NEGATIVE_INFINITY : started;
  let most: number | null = null;
  const write = (line: string, bar: string): void => {
    if (!isTerminal) stream.write(`${line}\n`);
    else {
      // A line that wraps cannot be written over; a terminal that does not know its width says 0.
      const shown = `${bar}${line}`.slice(0, (stream.columns || 80) - 1);
      stream.write(`\r\u001b[K${faint(shown, stream)}`);
    }
  };
  return {
    begin: (what) => {
      told = now();
      write(what, '');
    },
    tell: (known, done, atMost = null) => {
      const at = now();
      if (at - told < (isTerminal ? pause.terminal : pause.log)) return;
      told = at;
      if (known !== null) most = Math.max(most ?? 0, known);
      const took = at - started;
      if (most === null) write(leastOf(atMost, took, done), '');
      else write(lineOf(most, took, done), `${barOf(most)} `);
    },
    end: () => {
      if (isTerminal) stream.write('\r\u001b[K');
    },
  };
}

/** Until a second is gone an estimate says nothing; until a hundredth is done, only what is the least. */
function lineOf(share: number, elapsed: number, done: string): string {
  if (share < 0.01) return leastOf(0.01, elapsed, done);
  const left = `about ${spanOf((elapsed * (1 - share)) / share, Math.round)} left`;
  // Of what is foretold the last part is never sure.
  return lineWith(`${Math.min(99, Math.floor(share * 100))} %`, left, elapsed, done);
}

/** What is known where the share is hardly more than that; nothing where that is nearly all. */
function leastOf(atMost: number | null, elapsed: number, done: string): string {
  if (atMost === null || atMost > 0.95) return `${secondsOf(elapsed)}: ${done}`;
  const percent = Math.max(1, Math.ceil(atMost * 100));
  const left = `more than ${spanOf((elapsed * (100 - percent)) / percent, Math.floor)} left`;
  return lineWith(`less than ${percent} %`, left, elapsed, done);
}

const lineWith = (share: string, left: string, elapsed: number, done: string): string =>
  [share, secondsOf(elapsed), ...(elapsed < 1000 ? [] : [left])].join(', ').concat(`: ${done}`);

const secondsOf = (elapsed: number): string => `${(elapsed / 1000).toFixed(1)} s`;

const barOf = (share: number): string => {
  const full = Math.min(cells, Math.floor(share * cells));
  return `${'█'.repeat(full)}${'░'.repeat(cells - full)}`;
};

function spanOf(milliseconds: number, rounded: (n: number) => number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = rounded(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${rounded(minutes / 60)} h`;
}
