/**
 * Juju’s hook tools as the model.
 *
 * @module hookchart/juju
 */
export {
  type Environment,
  type EnvironmentInvalid,
  type HookRelation,
  parseEnvironment,
  renderEnvironment,
  type Variables,
} from './environment.ts';
export { type BackendAnswer, type JujuModel, juju } from './model.ts';
