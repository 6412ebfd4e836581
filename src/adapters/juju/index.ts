export {
  type Environment,
  type EnvironmentInvalid,
  parseEnvironment,
  renderEnvironment,
  type Variables,
} from './environment.ts';
export { type BackendAnswer, type JujuModel, juju } from './model.ts';
