import './banner.css';
import type { Recording } from '../recording.ts';
import { type Blame, type Spot, spotOf, type Trouble } from '../trouble.ts';
import { hookName } from '../words.ts';

export interface BannerProps {
  readonly recording: Recording;
  readonly troubles: readonly Trouble[];
  /** Which of them is looked at. */
  readonly current: number;
  readonly onTrouble: (trouble: number) => void;
  readonly onChoose: (index: number, spot: Spot | null) => void;
}

/** What went wrong, in one sentence, and who did it. */
export function Banner({ recording, troubles, current, onTrouble, onChoose }: BannerProps) {
  const trouble = troubles[current];
  if (trouble === undefined) return null;
  const { sentence, invariant, claims, at } = trouble;
  return (
    <section class="banner" aria-label="What went wrong">
      <div class="sentence">
        <span aria-hidden="true">✗</span>
        <p>
          <button type="button" class="link wrong" onClick={() => onChoose(at, null)}>
            {sentence}
          </button>
          {invariant !== null && (
            <span class="claim">
              violates{' '}
              <button type="button" class="link" onClick={() => onChoose(at, null)}>
                <b>{invariant}</b>
              </button>
              {claims !== '' && <>: {claims}</>}
            </span>
          )}
        </p>
      </div>
      <By recording={recording} trouble={trouble} onChoose={onChoose} />
      {troubles.length > 1 && (
        <nav aria-label="All that went wrong">
          <button
            type="button"
            disabled={current === 0}
            onClick={() => onTrouble(current - 1)}
            aria-label="The one before"
          >
            ‹
          </button>
          <span>
            {current + 1} of {troubles.length}
          </span>
          <button
            type="button"
            disabled={current === troubles.length - 1}
            onClick={() => onTrouble(current + 1)}
            aria-label="The next one"
          >
            ›
          </button>
        </nav>
      )}
    </section>
  );
}

const blames: Readonly<Record<Blame, string>> = {
  did: 'by',
  chosen: 'came out at rest; the last that was chosen is',
  deferred: 'came out at rest; what it is about was put off by',
  touched: 'came out at rest; the last to touch it is',
  last: 'came out at rest; the last that ran is',
};

interface ByProps extends Pick<BannerProps, 'recording' | 'onChoose'> {
  readonly trouble: Trouble;
}

/** The unit, its hook and the node there, each a way to it. */
function By({ recording: { entries, definitions }, trouble, onChoose }: ByProps) {
  const { culprit, blame } = trouble;
  const entry = culprit === null ? undefined : entries[culprit];
  if (culprit === null || entry?._tag !== 'Hook')
    return <p class="by">{entry?._tag === 'Note' ? `after: ${entry.text}` : 'no hook did it'}</p>;
  const spot = spotOf(entry, definitions, trouble);
  return (
    <p class="by">
      {blames[blame]}{' '}
      <button type="button" class="link" onClick={() => onChoose(culprit, null)}>
        {entry.unit}, {hookName(entry)}
      </button>
      {spot !== null && (
        <>
          {' at '}
          <button type="button" class="link" onClick={() => onChoose(culprit, spot)}>
            <code>{spot.node}</code>
          </button>
        </>
      )}
    </p>
  );
}
