import { type DispatchRun, type Driven, render } from '../engine.ts';

/**
 * What a hook did, for the agent's log: which way each chart went, with the milliseconds that each
 * node took.
 */
export const tellRun = ({ charts, dropped, reconciled, notes }: DispatchRun): readonly string[] => [
  ...charts.map(tellChart),
  ...dropped.map(({ hook, event }) => `${hook}${about(event)}: dropped, for it is met or gone`),
  ...reconciled.filter(isWorthALine).map(tellChart),
  ...notes,
];

/** A PgBouncer that is in step with the ledger is not. */
const isWorthALine = ({ hook, end }: Driven): boolean =>
  hook !== 'ledger-moved' || end._tag !== 'Returned';

function tellChart({ hook, event, path, steps, end }: Driven): string {
  const took = new Map(steps.map(({ node, milliseconds }) => [node, Math.round(milliseconds)]));
  const way = path.map((node) => (took.has(node) ? `${node} (${took.get(node)} ms)` : node));
  const why = 'why' in end && end.why !== null ? `: ${render(end.why)}` : '';
  return `${hook}${about(event)}: ${way.join(' > ')}, ${end._tag.toLowerCase()}${why}`;
}

const about = ({ relation, damage }: Driven['event']): string =>
  `${relation === undefined ? '' : ` of relation ${relation}`}${damage === undefined ? '' : `, for ${damage}`}`;
