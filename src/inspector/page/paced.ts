/** After what is drawn, so many times as long is left to whoever uses the page. */
const rest = 4;

/** The screen, and the clock that goes beside it. */
export interface Screen {
  readonly now: () => number;
  /** Calls when the screen is drawn next. */
  readonly next: (act: () => void) => void;
  readonly after: (milliseconds: number, act: () => void) => void;
}

const screen: Screen = {
  now: () => performance.now(),
  next: (act) => void requestAnimationFrame(act),
  after: (milliseconds, act) => void setTimeout(act, milliseconds),
};

/**
 * What asks for a page to be drawn anew: however often it does, and however long drawing takes, that
 * takes no more than a fifth of the time. The longer a feed is, the longer a page takes to draw.
 */
export function paced(draw: () => void, { now, next, after }: Screen = screen): () => void {
  let state: 'idle' | 'drawing' | 'asked' = 'idle';
  const start = () => {
    state = 'drawing';
    next(() => {
      const started = now();
      draw();
      // What is painted is so after the page was laid out, a frame later.
      next(() => after(0, () => after(rest * (now() - started), rested)));
    });
  };
  const rested = () => {
    if (state === 'asked') start();
    else state = 'idle';
  };
  return () => {
    if (state === 'idle') start();
    else state = 'asked';
  };
}
