import type { Databag, JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { endingKey } from '../keys.ts';
import { type Fate, fateOf, flagsIn } from '../relation/departing.ts';
import type { HookBasics } from './hook-basics.ts';
import { once } from './steps.ts';

/** What becomes of this unit, and what hints at it. */
export interface UnitFate {
  /** Asked once in a hook, and never again where its application ends. */
  readonly fate: () => Promise<Fate>;
  /** Whether anything hints at this unit's end, so that its fate is worth a question. */
  readonly mayGo: () => boolean;
  /** The relations for which this unit's departing flag stands. */
  readonly flags: () => readonly number[];
}

/** Whether this unit's state says that its application ends. */
const isToEnd = (state: Databag): boolean => state[endingKey] !== undefined;

/** Whether a unit may be called for this because it goes. */
const isHintOfEnd = ({ hook, departingUnit }: JujuEvent, unit: string): boolean =>
  departingUnit === unit || hook === 'stop' || hook.endsWith('-relation-broken');

export function openFate(juju: Unit, state: HookBasics['state'], called: JujuEvent): UnitFate {
  const flags = () => flagsIn(state());
  return {
    flags,
    fate: once(async () => {
      if (isToEnd(state())) return 'ends';
      const fate = fateOf(juju.name, await juju.plannedUnits());
      if (fate === 'ends') juju.remember({ [endingKey]: 'yes' });
      return fate;
    }),
    mayGo: () => isHintOfEnd(called, juju.name) || isToEnd(state()) || flags().length > 0,
  };
}
