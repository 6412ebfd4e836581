export interface ZoomProps {
  /** What is made larger: the chart. */
  readonly what: string;
  readonly zoom: (times: number) => void;
  readonly isSmallest: boolean;
  readonly onFit: () => void;
}

/** The buttons by which a picture is made larger and smaller, and seen whole again. */
export const Zoom = ({ what, zoom, isSmallest, onFit }: ZoomProps) => (
  <fieldset class="zoom">
    <legend class="spoken">Size of the {what}</legend>
    <button type="button" onClick={() => zoom(1.25)} aria-label="Larger" title="Larger (+)">
      +
    </button>
    <button
      type="button"
      onClick={() => zoom(0.8)}
      disabled={isSmallest}
      aria-label="Smaller"
      title="Smaller (−)"
    >
      −
    </button>
    <button type="button" onClick={onFit}>
      Fit
    </button>
  </fieldset>
);
