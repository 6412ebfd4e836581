import type { ComponentChildren } from 'preact';
import { isWhole, moved, type Span, zoomed } from './span.ts';

interface SpanToolsProps {
  readonly span: Span;
  readonly whole: Span;
  readonly onSpan: (span: Span) => void;
  readonly children: ComponentChildren;
}

/** Which part of the time is looked at, by buttons. */
export function SpanTools({ span, whole, onSpan, children }: SpanToolsProps) {
  const middle = (span.from + span.to) / 2;
  const zoom = (times: number) => onSpan(zoomed(span, middle, times, whole));
  const isAll = isWhole(span, whole);
  return (
    <fieldset class="zoom">
      <legend class="spoken">Which part of the time</legend>
      <button type="button" onClick={() => zoom(0.5)} aria-label="Zoom in" title="Zoom in">
        +
      </button>
      <button
        type="button"
        onClick={() => zoom(2)}
        disabled={isAll}
        aria-label="Zoom out"
        title="Zoom out"
      >
        −
      </button>
      <button
        type="button"
        onClick={() => onSpan(moved(span, -0.5, whole))}
        disabled={isAll}
        aria-label="Earlier"
        title="Earlier"
      >
        ‹
      </button>
      <button
        type="button"
        onClick={() => onSpan(moved(span, 0.5, whole))}
        disabled={isAll}
        aria-label="Later"
        title="Later"
      >
        ›
      </button>
      <button type="button" onClick={() => onSpan(whole)} disabled={isAll}>
        All
      </button>
      {children}
    </fieldset>
  );
}
