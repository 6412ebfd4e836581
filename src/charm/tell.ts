import { type DispatchRun, render } from '../engine/index.ts';

/** What a hook did, for the agent's log: which way each chart went, and what else was done. */
export function tellRun({ charts, dropped, reconciled }: DispatchRun): readonly string[] {
  return [
    ...charts.map(({ hook, event, path, end }) => {
      const about = event.relation === undefined ? '' : ` of relation ${event.relation}`;
      const why = 'why' in end && end.why !== null ? `: ${render(end.why)}` : '';
      return `${hook}${about}: ${path.join(' > ')}, ${end._tag.toLowerCase()}${why}`;
    }),
    ...dropped.map(
      ({ hook, event }) => `${hook} of relation ${event.relation}: dropped, it is met`,
    ),
    ...reconciled.flatMap(({ work, error }) =>
      work._tag === 'Configure' && error === null
        ? []
        : [
            `${work._tag}${'relation' in work ? ` of relation ${work.relation}` : ''}: ${error === null ? 'done' : render(error)}`,
          ],
    ),
  ];
}
