import { type ChartRun, type DispatchRun, type Reconciled, render } from '../engine.ts';

/**
 * What a hook did, for the agent's log: which way each chart went, with the milliseconds that each
 * node took, and what else was done.
 */
export const tellRun = ({ charts, dropped, reconciled, notes }: DispatchRun): readonly string[] => [
  ...charts.map(tellChart),
  ...dropped.map(({ hook, event }) => `${hook}${about(event)}: dropped, for it is met or gone`),
  ...reconciled.flatMap(tellWork),
  ...notes,
];

function tellChart({ hook, event, path, steps, end }: ChartRun): string {
  const took = new Map(steps.map(({ node, milliseconds }) => [node, Math.round(milliseconds)]));
  const way = path.map((node) => (took.has(node) ? `${node} (${took.get(node)} ms)` : node));
  const why = 'why' in end && end.why !== null ? `: ${render(end.why)}` : '';
  return `${hook}${about(event)}: ${way.join(' > ')}, ${end._tag.toLowerCase()}${why}`;
}

/** A PgBouncer that was in step already is not worth a line. */
function tellWork({ work, error }: Reconciled): readonly string[] {
  if (work._tag === 'Configure' && error === null) return [];
  const why = 'damage' in work && work.damage !== null ? `, for ${work.damage}` : '';
  return [`${work._tag}${about(work)}${why}: ${error === null ? 'done' : render(error)}`];
}

const about = (what: object): string =>
  'relation' in what && typeof what.relation === 'number' ? ` of relation ${what.relation}` : '';
