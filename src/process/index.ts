/** One hook or action of any charm as a process. */
export { actionIn, answerAction } from './answer-action.ts';
export { calledFor, hostOf, namesOf, pruning, serviceOf } from './called.ts';
export { assertCharmModule } from './charm-module.ts';
export * from './for-authors.ts';
export { hookBudget } from './hook-budget.ts';
export { runHook } from './run-hook.ts';
export { collectorOf, toldTo } from './tracing.ts';
export { isOfTracing } from './tracing-hooks.ts';
