/** What the agent tells a hook about why it runs. */
import type { Hook } from '../../../src/testing/world.ts';

/** The variables of a hook that tell of relations, secrets and workloads; others have nothing to do with it. */
export function eventVariables(hook: Hook): Readonly<Record<string, string>> {
  const { name, relation, remoteApplication, remoteUnit, departingUnit, secret } = hook;
  const endpoint = name.replace(/-relation-[a-z]+$/, '');
  const workload = /^(.+)-pebble-ready$/.exec(name)?.[1];
  return {
    ...(relation === undefined
      ? {}
      : {
          JUJU_RELATION: endpoint,
          JUJU_RELATION_ID: `${endpoint}:${relation}`,
          JUJU_REMOTE_APP: remoteApplication ?? '',
          JUJU_REMOTE_UNIT: remoteUnit ?? '',
        }),
    ...(departingUnit === undefined ? {} : { JUJU_DEPARTING_UNIT: departingUnit }),
    ...(secret === undefined
      ? {}
      : { JUJU_SECRET_ID: secret, JUJU_SECRET_LABEL: hook.label ?? '' }),
    ...(name === 'secret-remove' || name === 'secret-expired'
      ? { JUJU_SECRET_REVISION: String(hook.revision) }
      : {}),
    ...(workload === undefined ? {} : { JUJU_WORKLOAD_NAME: workload }),
  };
}
