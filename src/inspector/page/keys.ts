import { useEffect } from 'preact/hooks';
import { useLatest } from './latest.ts';

export interface Actions {
  readonly play: () => void;
  readonly forward: () => void;
  readonly back: () => void;
  readonly first: () => void;
  readonly last: () => void;
  readonly nextRun: () => void;
  readonly previousRun: () => void;
  readonly search: () => void;
  readonly help: () => void;
}

/** The keys, each with what it does; the first name is what a browser calls it. */
export const keys: readonly (readonly [
  keys: readonly string[],
  action: keyof Actions,
  what: string,
])[] = [
  [[' ', 'k'], 'play', 'play or pause'],
  [['ArrowRight', 'l'], 'forward', 'one step forward'],
  [['ArrowLeft', 'h'], 'back', 'one step back'],
  [['Home'], 'first', 'first step of the run'],
  [['End'], 'last', 'last step of the run'],
  [['ArrowDown', 'n'], 'nextRun', 'next run'],
  [['ArrowUp', 'p'], 'previousRun', 'previous run'],
  [['/'], 'search', 'search'],
  [['?'], 'help', 'show or hide these keys'],
];

/** Keys that a control needs for itself are left to it. */
function isTaken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('input:not([type=range]), select, textarea, dialog')) return true;
  if (target.closest('input[type=range]')) return /^(Arrow|Home|End)/.test(key);
  if (target.closest('[data-scrolls]')) return key === 'ArrowDown' || key === 'ArrowUp';
  return key === ' ' && target.closest('button, summary, a') !== null;
}

export function useKeys(actions: Actions): void {
  const latest = useLatest(actions);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target, event.key))
        return;
      const found = keys.find(([names]) => names.includes(event.key));
      if (found === undefined) return;
      event.preventDefault();
      latest.current[found[1]]();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
