/** The variables that Juju's agent gives a hook, made of nothing but what the hook can know. */
import type { Hook, View } from '../testing/index.ts';
import { modelUuid } from './tool-calls.ts';
import { pathWith, type ToolServer } from './tool-server.ts';

/** By name, as Juju 3.6 sets them. */
export type Environment = Readonly<Record<string, string>>;

/** The version of Juju that the simulation says it is. */
const jujuVersion = '3.6.9';

/** What one hook of a unit finds in its environment. */
export function environmentOf(
  view: View,
  { programs, socket }: Pick<ToolServer, 'programs' | 'socket'>,
  folder: string,
  context: string,
  storageAt: (name: string) => string = () => '',
): Environment {
  const { hook, unit } = view;
  const number = unit.split('/')[1] ?? '0';
  return {
    PATH: pathWith(programs),
    LANG: 'C.UTF-8',
    TERM: 'tmux-256color',
    DEBIAN_FRONTEND: 'noninteractive',
    // Whatever Python compiles would be written to the author's own folder.
    PYTHONDONTWRITEBYTECODE: '1',
    CHARM_DIR: folder,
    CLOUD_API_VERSION: '',
    JUJU_AGENT_SOCKET_ADDRESS: socket,
    JUJU_AGENT_SOCKET_NETWORK: 'unix',
    JUJU_API_ADDRESSES: '10.0.0.1:17070',
    JUJU_AVAILABILITY_ZONE: '',
    JUJU_CHARM_DIR: folder,
    JUJU_CHARM_FTP_PROXY: '',
    JUJU_CHARM_HTTPS_PROXY: '',
    JUJU_CHARM_HTTP_PROXY: '',
    JUJU_CHARM_NO_PROXY: '',
    JUJU_CONTEXT_ID: context,
    JUJU_DISPATCH_PATH: programOf(hook),
    JUJU_HOOK_NAME: hook.action === undefined ? hook.name : '',
    JUJU_MACHINE_ID: number,
    JUJU_METER_INFO: 'not set',
    JUJU_METER_STATUS: 'AMBER',
    JUJU_MODEL_NAME: 'simulated',
    JUJU_MODEL_UUID: modelUuid,
    JUJU_PRINCIPAL_UNIT: '',
    JUJU_SLA: 'unsupported',
    JUJU_UNIT_NAME: unit,
    JUJU_VERSION: jujuVersion,
    ...relationOf(view),
    ...secretOf(view),
    ...actionOf(view),
    ...workloadOf(hook, storageAt),
  };
}

function relationOf({ hook, relations }: View): Environment {
  if (hook.relation === undefined) return {};
  const endpoint = relations[hook.relation]?.endpoint ?? hook.name.replace(/-relation-\w+$/, '');
  return {
    JUJU_RELATION: endpoint,
    JUJU_RELATION_ID: `${endpoint}:${hook.relation}`,
    JUJU_REMOTE_APP: hook.remoteApplication ?? '',
    JUJU_REMOTE_UNIT: hook.remoteUnit ?? '',
    ...(hook.departingUnit === undefined ? {} : { JUJU_DEPARTING_UNIT: hook.departingUnit }),
  };
}

/** The program of a hook or an action, as a charm of several programs has it. */
export const programOf = ({ name, action }: Hook): string =>
  `${action === undefined ? 'hooks' : 'actions'}/${name}`;

const actionOf = ({ hook: { name, action } }: View): Environment =>
  action === undefined
    ? {}
    : {
        JUJU_ACTION_NAME: name,
        JUJU_ACTION_TAG: `action-${action.id}`,
        JUJU_ACTION_UUID: action.id,
      };

function secretOf({ hook }: View): Environment {
  const { name, secret, label, revision } = hook;
  if (secret === undefined) return {};
  const isOld = name === 'secret-remove' || name === 'secret-expired';
  return {
    JUJU_SECRET_ID: secret,
    JUJU_SECRET_LABEL: label ?? '',
    ...(isOld ? { JUJU_SECRET_REVISION: String(revision) } : {}),
  };
}

function workloadOf(
  { name, check, notice, storage: one }: Hook,
  storageAt: (name: string) => string,
): Environment {
  const event = /^(.+)-pebble-(?:ready|check-failed|check-recovered|custom-notice)$/;
  const workload = event.exec(name)?.[1];
  if (workload !== undefined)
    return {
      JUJU_WORKLOAD_NAME: workload,
      ...(check === undefined ? {} : { JUJU_PEBBLE_CHECK_NAME: check }),
      ...(notice === undefined
        ? {}
        : {
            JUJU_NOTICE_ID: notice.id,
            JUJU_NOTICE_KEY: notice.key,
            JUJU_NOTICE_TYPE: notice.type,
          }),
    };
  const storage = /^(.+)-storage-(?:attached|detaching)$/.exec(name)?.[1];
  return storage === undefined
    ? {}
    : {
        JUJU_STORAGE_ID: one ?? `${storage}/0`,
        JUJU_STORAGE_KIND: 'filesystem',
        JUJU_STORAGE_LOCATION: storageAt(one ?? storage),
      };
}
