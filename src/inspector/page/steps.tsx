import type { HookEntry, RecordedStep, RecordedWork } from '../recording.ts';
import { workName } from '../words.ts';
import { answerOf } from './say.ts';
import { Took } from './took.tsx';
import type { Moment } from './view.ts';

export interface StepsProps {
  readonly entry: HookEntry;
  readonly moments: readonly Moment[];
  readonly step: number;
  readonly onJump: (step: number) => void;
}

/** What was asked and answered at each node, and what else was done. */
export function Steps({ entry, moments, step, onJump }: StepsProps) {
  return (
    <section aria-labelledby="steps">
      <h3 id="steps">Steps</h3>
      <ol class="steps">
        {moments.map((moment, number) => (
          <li key={JSON.stringify(moment)} aria-current={number === step ? 'step' : undefined}>
            <Line entry={entry} moment={moment} onJump={() => onJump(number)} />
          </li>
        ))}
      </ol>
    </section>
  );
}

interface LineProps {
  readonly entry: HookEntry;
  readonly moment: Moment;
  readonly onJump: () => void;
}

function Line({ entry, moment, onJump }: LineProps) {
  switch (moment._tag) {
    case 'Node': {
      const chart = entry.charts[moment.chart];
      const node = chart?.path[moment.position] ?? '';
      const found = chart?.steps.find((other) => other.node === node);
      return (
        <>
          <button type="button" onClick={onJump}>
            <code>{node}</code>
          </button>
          {moment.position === 0 && entry.charts.length > 1 && (
            <span class="exchange took">{chart?.hook}</span>
          )}
          {found !== undefined && <Exchange step={found} />}
        </>
      );
    }
    case 'Work': {
      const work = entry.reconciled[moment.index];
      return (
        <>
          <button type="button" onClick={onJump}>
            {work !== undefined && workName(work)}
          </button>
          {work !== undefined && <Outcome work={work} />}
        </>
      );
    }
    case 'End':
      return (
        <button type="button" onClick={onJump}>
          {entry.end.toLowerCase()}
        </button>
      );
  }
}

const Outcome = ({ work: { error, milliseconds } }: { readonly work: RecordedWork }) => (
  <span class="exchange">
    → {error ?? 'done'} <Took milliseconds={milliseconds} />
  </span>
);

function Exchange({ step }: { readonly step: RecordedStep }) {
  const { request, answer, milliseconds } = step;
  return (
    <details class="exchange">
      <summary>
        {request._tag} → <b>{answerOf(step) || 'no answer'}</b> <Took milliseconds={milliseconds} />
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard. */}
      <pre tabIndex={0}>{JSON.stringify({ request, answer }, null, 2)}</pre>
    </details>
  );
}
