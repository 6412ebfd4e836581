/** Juju's hook tools as the port. */
export type { ActionTools } from './action.ts';
export {
  type Environment,
  type EnvironmentInvalid,
  type HookRelation,
  type HookSecret,
  parseEnvironment,
  renderEnvironment,
  type Variables,
} from './environment.ts';
export { type JujuModel, juju, type ReadPrinted, type RequiredAnswer } from './model.ts';
export type { JujuSecrets } from './secrets.ts';
