import './charts.css';
import { useMemo } from 'preact/hooks';
import { type Layout, layout } from '../../chart/layout.ts';
import { chartOfDefinition } from '../../chart/of-machine.ts';
import { lineAt, outline, way } from '../../chart/picture.ts';
import type { HookEntry, RecordedChart, Recording } from '../recording.ts';
import type { Moment } from './view.ts';

export interface ChartsProps {
  readonly entry: HookEntry;
  readonly definitions: Recording['definitions'];
  readonly moment: Moment | undefined;
  readonly onChoose: (moment: Moment) => void;
}

/** The chart that the hook is in, its path lit as far as it has come; the others by their names. */
export function Charts({ entry, definitions, moment, onChoose }: ChartsProps) {
  const { charts } = entry;
  const current = moment?._tag === 'Node' ? moment.chart : charts.length - 1;
  const chart = charts[current];
  if (chart === undefined) return <p>This hook went through no chart.</p>;
  const position = moment?._tag === 'Node' ? moment.position : chart.path.length - 1;
  return (
    <>
      {charts.length > 1 && (
        <nav class="charts" aria-label="Charts of this hook">
          {charts.map(({ hook, event }, number) => (
            <button
              key={number}
              type="button"
              aria-pressed={number === current}
              onClick={() => onChoose({ _tag: 'Node', chart: number, position: 0 })}
            >
              {hook}
              {event.relation === undefined ? '' : ` of relation ${event.relation}`}
            </button>
          ))}
        </nav>
      )}
      <Picture
        chart={chart}
        definition={definitions[chart.hook]}
        position={position}
        onChoose={(node) => {
          const reached = chart.path.indexOf(node);
          if (reached >= 0) onChoose({ _tag: 'Node', chart: current, position: reached });
        }}
      />
    </>
  );
}

interface PictureProps {
  readonly chart: RecordedChart;
  readonly definition: Recording['definitions'][string] | undefined;
  readonly position: number;
  readonly onChoose: (node: string) => void;
}

function Picture({ chart, definition, position, onChoose }: PictureProps) {
  const placed = useMemo(() => placedOf(definition), [definition]);
  const lit = chart.path.slice(0, position + 1);
  const here = lit.at(-1);
  const reached = new Set(lit);
  const isTaken = (from: string, to: string) =>
    lit.some((node, index) => node === from && lit[index + 1] === to);
  const isLost = here === 'failed' && !placed.nodes.some(({ id }) => id === here);
  return (
    <div class="picture">
      <svg
        viewBox={`0 0 ${placed.width} ${placed.height}`}
        style={{ maxWidth: `${placed.width}px` }}
        role="img"
        aria-label={`Chart of ${chart.hook}; reached: ${lit.join(', ')}`}
      >
        <defs>
          {['', 'lit'].map((kind) => (
            <marker
              key={kind}
              id={`arrow${kind}`}
              class={kind}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0,0 L8,4 L0,8 Z" />
            </marker>
          ))}
        </defs>
        {placed.edges.map((edge, index) => {
          const kind = isTaken(edge.from, edge.to) ? 'lit' : '';
          return (
            <g key={index} class={`edge ${kind}`}>
              <path d={way(edge)} marker-end={`url(#arrow${kind})`} />
              {edge.labelAt !== null && (
                <text x={edge.labelAt.x} y={edge.labelAt.y}>
                  {edge.label}
                </text>
              )}
            </g>
          );
        })}
        {placed.nodes.map((node) => {
          const kind = node.id === here ? 'lit here' : reached.has(node.id) ? 'lit' : '';
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the list of steps does the same by keyboard.
            <g
              key={node.id}
              class={`node ${node.shape} ${kind}`}
              data-node={node.id}
              transform={`translate(${node.x},${node.y})`}
              onClick={() => onChoose(node.id)}
            >
              <path d={outline(node)} />
              {node.lines.map((line, index) => (
                <text key={line} y={lineAt(node.lines.length, index)}>
                  {line}
                </text>
              ))}
            </g>
          );
        })}
      </svg>
      {isLost && (
        <p class="failed">It failed here: {chart.end?.why ?? 'it ends beside its chart'}.</p>
      )}
    </div>
  );
}

const layouts = new Map<string, Layout>();

/** A chart is laid out once, however many runs went through it. */
function placedOf(definition: Recording['definitions'][string] | undefined): Layout {
  const id = definition?.id ?? '';
  const known = layouts.get(id);
  if (known !== undefined) return known;
  const placed = layout(chartOfDefinition(definition));
  layouts.set(id, placed);
  return placed;
}
