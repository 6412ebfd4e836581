/** One hook or action of any charm as a process. */
export {
  type Action,
  type ActionRefused,
  type ActionResults,
  type Actions,
  type ActionsOf,
  type ActionWorld,
  act,
  refuseAction,
} from './action.ts';
export { actionIn, answerAction } from './answer-action.ts';
export { calledFor, hostOf, namesOf, pruning, serviceOf } from './called.ts';
export {
  assertCharmModule,
  type CharmModule,
  type Closing,
  type Served,
  type Whereabouts,
  type WithoutPorts,
  type WithPorts,
} from './charm-module.ts';
export { type DispatchCharmOptions, dispatchCharm } from './dispatch-charm.ts';
export { hookBudget } from './hook-budget.ts';
export { type HookOutput, runHook } from './run-hook.ts';
export { collectorOf, toldTo } from './tracing.ts';
export { isOfTracing } from './tracing-hooks.ts';
