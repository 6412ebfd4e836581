import type { HookError } from '../errors.ts';

/**
 * What a test orders to happen at one step of an adapter in memory. `lost`: the connection goes
 * BEFORE the step is done; `answer lost`: after it; `fails`: the step is refused; `half`: where a
 * file is loaded, only its first half is.
 */
export type Fault = 'lost' | 'answer lost' | 'fails' | 'half';

/**
 * Asked before each step that changes something outside of Juju, with the step's name. Null lets it
 * go on. A tap that throws is a process that dies there.
 */
export type Tap = (step: string) => Fault | null;

export const letThrough: Tap = () => null;

export const statementFailed = (statement: string): HookError => ({
  _tag: 'SqlFailed',
  class: 'broken',
  statement,
  sqlState: '58000',
  message: 'it was told to fail',
});
