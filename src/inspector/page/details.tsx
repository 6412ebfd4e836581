import './details.css';
import type { Entry, HookEntry } from '../recording.ts';
import { endOf } from '../recording.ts';
import type { Change } from '../timeline.ts';
import { duration, hookName } from '../words.ts';
import { Configuration } from './configuration.tsx';
import { Databags } from './databags.tsx';
import { Ledger } from './ledger.tsx';
import { whyOf } from './say.ts';
import { Steps } from './steps.tsx';
import type { Moment } from './view.ts';

export interface DetailsProps {
  readonly entry: Entry;
  readonly change: Change;
  readonly moments: readonly Moment[];
  readonly step: number;
  readonly onJump: (step: number) => void;
}

/** All about one run: how it ended and why, what was said, and what it changed. */
export function Details({ entry, change, moments, step, onJump }: DetailsProps) {
  if (entry._tag === 'Note')
    return (
      <aside class="details" aria-label="Details" data-scrolls>
        <h2>{entry.kind}</h2>
        <p>{entry.text}</p>
      </aside>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
    <aside class="details" aria-label="Details" tabIndex={0} data-scrolls>
      <Head entry={entry} />
      <Steps entry={entry} moments={moments} step={step} onJump={onJump} />
      <Databags entry={entry} change={change} />
      <Ledger change={change} />
      <Configuration entry={entry} change={change} />
    </aside>
  );
}

function Head({ entry }: { readonly entry: HookEntry }) {
  const why = whyOf(entry);
  const { status } = entry.seen;
  return (
    <>
      <h2>{hookName(entry)}</h2>
      <dl class="head">
        <dt>Unit</dt>
        <dd>{entry.unit}</dd>
        <dt>End</dt>
        <dd>
          <span class={`end ${endOf(entry)}`}>{endOf(entry)}</span>
        </dd>
        {why !== null && (
          <>
            <dt>Why</dt>
            <dd>{why}</dd>
          </>
        )}
        <dt>At</dt>
        <dd>
          <time dateTime={new Date(entry.at).toISOString()}>
            {new Date(entry.at).toISOString().replace('T', ' ').replace('Z', ' UTC')}
          </time>
          , {duration(entry.milliseconds)}
        </dd>
        {status !== null && (
          <>
            <dt>Status</dt>
            <dd>
              {status.name} {status.message}
            </dd>
          </>
        )}
        {entry.dropped.length > 0 && (
          <>
            <dt>Dropped</dt>
            <dd>{entry.dropped.join(', ')}: met, or the relation is gone</dd>
          </>
        )}
      </dl>
    </>
  );
}
