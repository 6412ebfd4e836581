import type { SimulatedCharm } from '../testing/index.ts';

/** A line about endpoints of which nothing was looked at; none where there is no such endpoint. */
export const unheardText = ({ unheard = [] }: Pick<SimulatedCharm, 'unheard'>): string =>
  unheard.length === 0
    ? ''
    : `No hook of a relation at ${unheard.join(', ')} leads to a chart, so none was looked at: endpoints of simulatedCharm are to be those that the charm's events are about\n`;
