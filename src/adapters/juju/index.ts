/**
 * Juju’s hook tools as the model.
 *
 * @module hookchart/juju
 */
export {
  type Environment,
  type EnvironmentInvalid,
  type HookRelation,
  type HookSecret,
  parseEnvironment,
  renderEnvironment,
  type Variables,
} from './environment.ts';
export { type BackendAnswer, type JujuModel, juju } from './model.ts';
export type { JujuSecrets } from './secrets.ts';
