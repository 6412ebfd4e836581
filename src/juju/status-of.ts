import { type ChartRun, given, type Words } from '../hook/index.ts';
import { render } from './errors.ts';
import type { Status } from './port.ts';

/**
 * What a hook's charts say of the unit; what was refused before it does not know.
 *
 * @category Handlers
 */
export function statusOf<W extends Words>(ended: {
  readonly charts: readonly ChartRun<W>[];
}): Status {
  given('statusOf', 'what ended', ended, { charts: 'list' });
  const said = ended.charts.flatMap(({ hook, end }): Status[] => {
    if (end._tag === 'Refused') return [{ name: 'blocked', message: render(end.why) }];
    if (end._tag !== 'Deferred') return [];
    return [{ name: 'waiting', message: end.why === null ? `${hook} waits` : render(end.why) }];
  });
  return said.find(({ name }) => name === 'blocked') ?? said[0] ?? { name: 'active', message: '' };
}
