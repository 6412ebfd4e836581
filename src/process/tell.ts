import type { Driven, Failure, Words } from '../hook/index.ts';
import type { DispatchRun } from '../juju/dispatch.ts';
import { render as renderAny } from '../juju/errors.ts';

/** How a charm says what only it knows of. */
export interface CharmSays<W extends Words, Why extends Failure> {
  /** By default as the charm shows it. */
  readonly render?: (why: Why) => string;
  /** What a chart was gone through for, after its name; by default the number of its relation. */
  readonly about?: (event: W['event']) => string;
  /** Whether a chart of what was left to do is worth a line; by default each is. */
  readonly isWorthALine?: (chart: Driven<W, Why>) => boolean;
}

/**
 * What a hook did, for the agent's log: which way each chart went, with the milliseconds that each
 * node took.
 */
export function tellRun<W extends Words, Why extends Failure>(
  { charts, dropped, reconciled, notes }: DispatchRun<W, Why>,
  { render = renderAny, about = ofRelation, isWorthALine = () => true }: CharmSays<W, Why> = {},
): readonly string[] {
  const tellChart = ({ hook, event, path, steps, end }: Driven<W, Why>): string => {
    const took = new Map(steps.map(({ node, milliseconds }) => [node, Math.round(milliseconds)]));
    const way = path.map((node) => (took.has(node) ? `${node} (${took.get(node)} ms)` : node));
    const why = 'why' in end && end.why !== null ? `: ${render(end.why)}` : '';
    return `${hook}${about(event)}: ${way.join(' > ')}, ${end._tag.toLowerCase()}${why}`;
  };
  return [
    ...charts.map(tellChart),
    ...dropped.map(({ hook, event }) => `${hook}${about(event)}: dropped, for it is met or gone`),
    ...reconciled.filter(isWorthALine).map(tellChart),
    ...notes,
  ];
}

const ofRelation = (event: object): string =>
  'relation' in event && typeof event.relation === 'number' ? ` of relation ${event.relation}` : '';
