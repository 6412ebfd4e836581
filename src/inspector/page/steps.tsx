import type { HookEntry, RecordedStep, RecordedWork, Recording } from '../recording.ts';
import { duration, workName } from '../words.ts';
import { answerOf } from './say.ts';
import type { Moment } from './view.ts';

export interface StepsProps {
  readonly entry: HookEntry;
  readonly moments: readonly Moment[];
  readonly step: number;
  readonly clock: Recording['clock'];
  readonly onJump: (step: number) => void;
}

/** What was asked and answered at each node, and what else was done. */
export function Steps({ entry, moments, step, clock, onJump }: StepsProps) {
  return (
    <section aria-labelledby="steps">
      <h3 id="steps">Steps</h3>
      <ol class="steps">
        {moments.map((moment, number) => (
          <li key={JSON.stringify(moment)} aria-current={number === step ? 'step' : undefined}>
            <Line entry={entry} moment={moment} clock={clock} onJump={() => onJump(number)} />
          </li>
        ))}
      </ol>
    </section>
  );
}

interface LineProps {
  readonly entry: HookEntry;
  readonly moment: Moment;
  readonly clock: Recording['clock'];
  readonly onJump: () => void;
}

function Line({ entry, moment, clock, onJump }: LineProps) {
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
          {found !== undefined && <Exchange step={found} clock={clock} />}
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
          {work !== undefined && <Outcome work={work} clock={clock} />}
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

interface Clocked {
  readonly clock: Recording['clock'];
}

const Outcome = ({
  work: { error, milliseconds },
  clock,
}: Clocked & { readonly work: RecordedWork }) => (
  <span class="exchange">
    → {error ?? 'done'} <Took milliseconds={milliseconds} clock={clock} />
  </span>
);

/** In a model nothing takes any time. */
const Took = ({ milliseconds, clock }: Clocked & { readonly milliseconds: number }) =>
  clock === 'model' ? null : <span class="took">{duration(milliseconds)}</span>;

function Exchange({ step, clock }: Clocked & { readonly step: RecordedStep }) {
  const { request, answer, milliseconds } = step;
  return (
    <details class="exchange">
      <summary>
        {request._tag} → <b>{answerOf(step) || 'no answer'}</b>{' '}
        <Took milliseconds={milliseconds} clock={clock} />
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard. */}
      <pre tabIndex={0}>{JSON.stringify({ request, answer }, null, 2)}</pre>
    </details>
  );
}
