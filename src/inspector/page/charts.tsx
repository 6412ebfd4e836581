import './charts.css';
import { type HookEntry, hasCharts, type RecordedChart, type Recording } from '../recording.ts';
import { mainChart, type Spot } from '../trouble.ts';
import { Picture } from './picture.tsx';
import type { Moment } from './view.ts';

export interface ChartsProps {
  readonly entry: HookEntry;
  readonly definitions: Recording['definitions'];
  readonly moment: Moment | undefined;
  /** Where this run did the damage; null where it did none. */
  readonly spot: Spot | null;
  readonly onChoose: (moment: Moment) => void;
}

/** The chart that the hook is in, its path lit as far as it has come; the others by their names. */
export function Charts({ entry, definitions, moment, spot, onChoose }: ChartsProps) {
  const { charts, side } = entry;
  const current =
    moment?._tag === 'Node' ? moment.chart : (spot?.chart ?? mainChart(entry, definitions));
  const chart = charts[current];
  if (chart === undefined)
    return <p class="empty">{sayNoChart(side, hasCharts({ definitions }))}</p>;
  const position = moment?._tag === 'Node' ? moment.position : chart.path.length - 1;
  return (
    <>
      {charts.length > 1 && <Choice entry={entry} current={current} onChoose={onChoose} />}
      <Picture
        key={`${entry.id} ${current}`}
        chart={chart}
        definition={definitions[chart.hook]}
        position={position}
        wrong={spot?.chart === current ? spot.node : null}
        onChoose={(node) => {
          const reached = chart.path.indexOf(node);
          if (reached >= 0) onChoose({ _tag: 'Node', chart: current, position: reached });
        }}
      />
    </>
  );
}

function sayNoChart(side: HookEntry['side'], hasCharts: boolean): string {
  if (!hasCharts) return 'This charm is not made of charts: its details say what its hook did.';
  return side === 'other'
    ? 'This hook is of the application on the other side: it goes through none of these charts.'
    : 'This hook went through no chart: there was nothing to do in it.';
}

interface ChoiceProps extends Pick<ChartsProps, 'entry' | 'onChoose'> {
  readonly current: number;
}

/** What Juju called for, and what was deferred, apart from what was left to do at the end. */
function Choice({ entry: { charts, own }, current, onChoose }: ChoiceProps) {
  const isLeft = (number: number) => own !== undefined && number >= own;
  return (
    <nav class="charts" aria-label="Charts of this hook">
      {charts.map((chart, number) => (
        <span key={number}>
          {isLeft(number) && !isLeft(number - 1) && <span class="small">left to do: </span>}
          <button
            type="button"
            aria-pressed={number === current}
            class={isLeft(number) ? 'left' : ''}
            onClick={() =>
              onChoose({ _tag: 'Node', chart: number, position: chart.path.length - 1 })
            }
          >
            {nameOf(chart)}
          </button>
        </span>
      ))}
    </nav>
  );
}

const nameOf = ({ hook, event: { relation } }: RecordedChart) =>
  relation === undefined ? hook : `${hook} of relation ${relation}`;
