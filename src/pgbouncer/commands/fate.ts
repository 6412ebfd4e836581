import type { Databag, JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { endingKey, type Fate, fateOf } from '../relation/departing.ts';
import { once } from './steps.ts';

/** Whether this unit's state says that its application ends. */
export const isToEnd = (state: Databag): boolean => state[endingKey] !== undefined;

/** Whether a unit may be called for this because it goes. */
export const isHintOfEnd = ({ hook, departingUnit }: JujuEvent, unit: string): boolean =>
  departingUnit === unit || hook === 'stop' || hook.endsWith('-relation-broken');

/** What becomes of this unit: asked once in a hook, and never again where its application ends. */
export const openFate = (juju: Unit): (() => Promise<Fate>) =>
  once(async () => {
    if (isToEnd(await juju.state())) return 'ends';
    const fate = fateOf(juju.name, await juju.plannedUnits());
    if (fate === 'ends') juju.remember({ [endingKey]: 'yes' });
    return fate;
  });
