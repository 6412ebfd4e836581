/** What a node asked or ordered, what was found, and which way that led. */
import type { ComponentChildren } from 'preact';
import type { Chart } from '../../chart/chart.ts';
import { chartOfDefinition } from '../../chart/of-machine.ts';
import type { HookEntry, RecordedChart, RecordedStep, Recording } from '../recording.ts';
import { answerOf } from './say.ts';
import type { Moment } from './view.ts';

export interface NodeProps {
  readonly recording: Recording;
  readonly entry: HookEntry;
  readonly moment: Moment | undefined;
}

/** All about the node at which one has stopped to look; nothing where that is none. */
export function NodeDetails({ recording: { charm, definitions }, entry, moment }: NodeProps) {
  if (moment?._tag !== 'Node') return null;
  const recorded = entry.charts[moment.chart];
  const node = recorded?.path[moment.position];
  if (recorded === undefined || node === undefined) return null;
  const chart = chartOfDefinition(definitions[recorded.hook]);
  const step = recorded.steps.find((other) => other.node === node);
  return (
    <section aria-labelledby="node">
      <h3 id="node">
        At <code>{node}</code>
      </h3>
      <dl class="terms">
        {step === undefined ? (
          <Rest recorded={recorded} chart={chart} position={moment.position} />
        ) : (
          <Exchanged
            step={step}
            chart={chart}
            next={recorded.path[moment.position + 1]}
            compares={sayCompared(charm?.compares?.[step.request._tag], step, entry.unit)}
          />
        )}
      </dl>
    </section>
  );
}

const Row = ({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

interface ExchangedProps {
  readonly step: RecordedStep;
  readonly chart: Chart;
  /** The node that was reached next; missing where none was. */
  readonly next: string | undefined;
  /** What was compared with what; empty where the charm does not say. */
  readonly compares: string;
}

function Exchanged({ step, chart, next, compares }: ExchangedProps) {
  const { node, request, answer } = step;
  const { _tag, ...given } = request;
  const { label, learned, ...more } = answer ?? { label: '' };
  const found = { ...(typeof learned === 'object' ? learned : { learned }), ...more };
  const isQuestion = chart.nodes.some(({ id, shape }) => id === node && shape === 'question');
  const taken = isQuestion || label === 'failed' ? answerOf(step) : 'done';
  const others = chart.edges.filter(
    (edge) => edge.from === node && edge.label !== null && edge.label !== label,
  );
  return (
    <>
      <Row name={isQuestion ? 'Asked' : 'Ordered'}>{wordsOf(chart, node) || _tag}</Row>
      {isQuestion && compares !== '' && <Row name="Compared">{compares}</Row>}
      <Row name="Given">
        <Parts of={given} none="nothing" />
      </Row>
      <Row name="Found">
        <Parts of={found} none={answer === null ? 'nothing yet' : 'nothing but the answer'} />
      </Row>
      <Row name="Answer">
        {answer === null ? (
          'none: it is waited for, or the process was lost'
        ) : (
          <>
            <b>{taken}</b>
            <Leading chart={chart} to={next} />
          </>
        )}
      </Row>
      {others.map((edge) => (
        <Row key={edge.label} name="Else">
          {edge.label}
          <Leading chart={chart} to={edge.to} />
        </Row>
      ))}
    </>
  );
}

interface RestProps {
  readonly recorded: RecordedChart;
  readonly chart: Chart;
  readonly position: number;
}

/** A node that asks nothing: where the chart begins, or rests. */
function Rest({ recorded: { event, hook, path, end }, chart, position }: RestProps) {
  const isLast = position === path.length - 1;
  if (position === 0 && !isLast)
    return (
      <>
        <Row name="Begins">{wordsOf(chart, path[0]) || hook}</Row>
        <Row name="Given">
          <Parts of={event} none="nothing but the hook" />
        </Row>
      </>
    );
  const why = end?.why == null ? '' : `: ${end.why}`;
  return (
    <Row name={end === null ? 'Here' : 'Ends'}>
      {end === null ? 'it goes on, or its process was lost' : `${end._tag.toLowerCase()}${why}`}
    </Row>
  );
}

function Leading({ chart, to }: { readonly chart: Chart; readonly to: string | undefined }) {
  if (to === undefined) return null;
  const words = wordsOf(chart, to);
  return (
    <>
      , which leads to <code>{to}</code>
      {words !== '' && words !== to && ` (${words})`}
    </>
  );
}

const wordsOf = (chart: Chart, node: string | undefined): string =>
  chart.nodes.find(({ id }) => id === node)?.label.replaceAll('\\n', ' ') ?? '';

/** So many parts stand there at once; the others are one click away. */
const mostParts = 6;

/** Data as lines, each with the way to it: `granted.grant.user`. */
function Parts({ of, none }: { readonly of: object; readonly none: string }) {
  const parts = [...partsOf(of, '')];
  if (parts.length === 0) return none;
  const list = (some: typeof parts) => (
    <ul class="parts">
      {some.map(([name, value]) => (
        <li key={name}>
          <code>{name}</code> {value}
        </li>
      ))}
    </ul>
  );
  if (parts.length <= mostParts) return list(parts);
  return (
    <details>
      <summary>{parts.length} parts</summary>
      {list(parts)}
    </details>
  );
}

function* partsOf(value: unknown, name: string): Generator<readonly [name: string, value: string]> {
  if (typeof value !== 'object' || value === null) {
    yield [name, told(value)];
    return;
  }
  const parts = Object.entries(value).filter(([, part]) => part !== undefined);
  if (parts.length === 0 && name !== '') yield [name, 'none'];
  for (const [key, part] of parts) yield* partsOf(part, name === '' ? key : `${name}.${key}`);
}

const told = (value: unknown): string => (value == null || value === '' ? 'none' : String(value));

/** The sentence of the charm, with what it names in it. */
function sayCompared(
  sentence: string | undefined,
  { request }: RecordedStep,
  unit: string,
): string {
  return (sentence ?? '').replaceAll(/\{(\w+)\}/g, (quoted, name: string) => {
    const part = name === 'unit' ? unit : request[name];
    return part === undefined ? quoted : told(part);
  });
}
