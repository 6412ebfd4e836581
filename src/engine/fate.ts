import { endingKey, type Fate, fateOf } from '../domain/departing.ts';
import type { Databag } from '../domain/request.ts';
import type { Model } from './ports.ts';
import { once, take } from './steps.ts';

/** Whether this unit's state says that its application ends. */
export const isToEnd = (state: Databag): boolean => state[endingKey] !== undefined;

/** What becomes of this unit: asked once in a hook, and never again where its application ends. */
export const openFate = (
  model: Model,
  state: () => Promise<Databag>,
  remember: (values: Databag) => void,
): (() => Promise<Fate>) =>
  once(async () => {
    if (isToEnd(await state())) return 'ends';
    const fate = fateOf(model.unit, await take(model.plannedUnits));
    if (fate === 'ends') remember({ [endingKey]: 'yes' });
    return fate;
  });
