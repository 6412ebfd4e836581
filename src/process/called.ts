import type { Environment, JujuModel } from '../juju/hook-tools/index.ts';
import type { JujuAttempt, JujuEvent } from '../juju/port.ts';

/** What the agent calls a unit for, as a charm has it. */
export function calledFor({ event, relation, departingUnit, secret }: Environment): JujuEvent {
  const remoteUnit = relation?.remoteUnit ?? null;
  return {
    hook: event,
    ...(relation === null ? {} : { relation: relation.id }),
    ...(remoteUnit === null ? {} : { remoteUnit }),
    ...(departingUnit === null ? {} : { departingUnit }),
    ...(secret === null || secret.label === '' ? {} : { secretLabel: secret.label }),
  };
}

/** What is to be done for a revision of a secret that nobody reads any more; null in other hooks. */
export function pruning(
  { event, secret }: Environment,
  model: JujuModel,
): JujuAttempt<void> | null {
  if (event !== 'secret-remove' || secret === null || secret.revision === null) return null;
  return model.secrets?.prune(secret.id, secret.revision) ?? null;
}

/** Where clients reach a unit: on Kubernetes by its name, which outlives its pod and its address. */
export const hostOf = (
  { application, machine, model, number }: Environment,
  { ingress }: { readonly ingress: string },
): string =>
  machine === null
    ? `${application}-${number}.${application}-endpoints.${model.name}.svc.cluster.local`
    : ingress;

/** What leads to any unit of an application on Kubernetes, by the name that every pod understands. */
export const serviceOf = ({ application, model }: Pick<Environment, 'application' | 'model'>) =>
  `${application}.${model.name}.svc.cluster.local`;

/**
 * All names and addresses by which clients come to a unit, sorted: on Kubernetes those of its pod and
 * of its application's service as well, in all forms in which a pod of the model may spell them.
 */
export function namesOf(
  environment: Environment,
  address: { readonly bind: string; readonly ingress: string },
): readonly string[] {
  const { application, machine, model } = environment;
  const service = [application, `${application}.${model.name}`, `${application}.${model.name}.svc`];
  const all = [
    hostOf(environment, address),
    address.bind,
    address.ingress,
    ...(machine === null ? [...service, serviceOf(environment)] : []),
  ];
  return [...new Set(all.filter((one) => one !== '' && one !== '*'))].sort();
}
