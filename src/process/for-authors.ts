/** What of the process of a hook is for authors of charms; `hookchart/juju` gives it. */
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
export type {
  CharmModule,
  Closing,
  Served,
  Whereabouts,
  WithoutPorts,
  WithPorts,
} from './charm-module.ts';
export { type DispatchCharmOptions, dispatchCharm } from './dispatch-charm.ts';
export type { HookOutput } from './run-hook.ts';
