/**
 * Juju's hook tools as programs, over the simulated model: words in, text and exit code out. What the
 * model has no part for is refused by name, so that no charm takes silence for an answer.
 */
import type { Databag } from '../juju/index.ts';
import { type HookTools, ToolError } from '../testing/index.ts';
import { type ActionTold, actionCall } from './action-calls.ts';
import { sorted } from './answers.ts';
import { argumentsOf } from './arguments.ts';
import { type Answered, type Call, unknownTool, Words } from './call.ts';
import type { Description } from './description.ts';
import { type Payload, payloadCall } from './payload-calls.ts';
import { portIn } from './ports.ts';
import { secretCall } from './secret-calls.ts';
import { leaderCall, stateCall } from './state-calls.ts';
import { storageCall } from './storage-calls.ts';
import { addressesOf, addressOf, networkOf } from './unit-address.ts';
import { valuesOf } from './values.ts';

/** What a hook reads and writes beside the model: in force at once, whatever becomes of the hook. */
export interface Beside {
  status: UnitStatus;
  applicationStatus: UnitStatus;
  version: string;
  ports: readonly string[];
  /** By class and id: processes that the charm has told of. */
  payloads?: Readonly<Record<string, Payload>>;
  readonly logged: string[];
  /** What the action that runs has told; missing in hooks. */
  action?: ActionTold;
}

interface UnitStatus {
  readonly name: string;
  readonly message: string;
}

/** All that a tool needs to know. */
export interface Around {
  readonly tools: HookTools;
  readonly charm: Description;
  readonly beside: Beside;
  /** Where the unit's storage is. */
  readonly storage: (name: string) => string;
  /** Where the unit has a file that comes with the charm; a `ToolError` where there is none. */
  readonly resource: (name: string) => string;
}

/** Carries out one call. */
export function answer(around: Around, call: Call): Answered {
  try {
    return { exit: 0, stdout: carryOut(around, call), stderr: '' };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { exit: error.exitCode, stdout: '', stderr: `${error.message}\n` };
  }
}

function carryOut(around: Around, call: Call): string {
  const { tool } = call;
  const of = new Words(around.tools, tool, argumentsOf(tool, call.args));
  if (tool.startsWith('relation-')) return relationCall(around, call, of);
  if (tool.startsWith('secret-')) return secretCall(around.tools, call, of);
  if (tool.startsWith('status-')) return statusCall(around, of);
  if (tool.startsWith('action-')) return actionCall(around, of);
  if (tool.startsWith('state-')) return stateCall(around.tools, call, of);
  if (tool.startsWith('storage-')) return storageCall(around, of);
  if (tool.startsWith('payload-')) return payloadCall(around, of);
  if (tool.startsWith('leader-')) return leaderCall(around.tools, call, of);
  return otherCall(around, of);
}

function relationCall({ tools }: Around, call: Call, words: Words): string {
  const { view } = tools;
  const { rest } = words;
  switch (words.tool) {
    case 'relation-ids': {
      const [endpoint = view.relations[view.hook.relation ?? -1]?.endpoint] = rest;
      if (endpoint === undefined) throw words.wrong('no endpoint name specified');
      return words.shown(
        tools
          .relationIds(endpoint)
          .map((id) => `${endpoint}:${id}`)
          .sort(),
      );
    }
    case 'relation-list': {
      const id = words.relation();
      return words.shown(
        words.has('app') ? tools.relationListApplication(id) : tools.relationList(id),
      );
    }
    case 'relation-get':
      return relationGet(tools, words);
    case 'relation-set': {
      const id = words.relation();
      const values = valuesOf(words.tool, words.flags.get('file'), rest, call);
      tools.relationSet(id, words.has('app') ? 'application' : 'unit', values);
      return '';
    }
    case 'relation-model-get':
      words.relation();
      return words.shown({ uuid: modelUuid });
    default:
      throw unknownTool(words.tool);
  }
}

function relationGet(tools: HookTools, words: Words): string {
  const { remoteApplication, remoteUnit } = tools.view.hook;
  const id = words.relation();
  const [key = '-', given] = words.rest;
  // Where the hook is about no unit, its application is meant.
  const isApp = words.has('app') || (given === undefined && remoteUnit === undefined);
  const who = given ?? (isApp ? remoteApplication : remoteUnit);
  if (who === undefined) throw words.wrong('no unit or application specified');
  if (!isApp && !isUnit.test(who))
    throw words.wrong(
      isApplication.test(who)
        ? `expected unit name, got application name "${who}"`
        : `invalid unit name "${who}"`,
    );
  const owner = isApp ? (who.split('/')[0] ?? '') : who;
  const bag: Databag = tools.relationGet(id, owner);
  const whole = isApp ? bag : { ...addressesOf(owner), ...bag };
  return words.shown(key === '-' || key === '' ? sorted(whole) : (whole[key] ?? null));
}

const isApplication = /^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$/;
const isUnit = /^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*\/\d+$/;

const statuses = ['maintenance', 'blocked', 'waiting', 'active'];

function statusCall({ tools, beside }: Around, words: Words): string {
  const isApplication = words.has('application');
  if (isApplication && !tools.isLeader())
    throw new ToolError(words.tool, 1, 'this unit is not the leader');
  if (words.tool === 'status-get') {
    const { name, message } = isApplication ? beside.applicationStatus : beside.status;
    if (!words.has('include-data'))
      return words.shown(
        (words.flags.get('format') ?? 'smart') === 'smart' ? name : { status: name },
      );
    const one = { status: name, message, 'status-data': {} };
    return words.shown(isApplication ? { 'application-status': { ...one, units: {} } } : one);
  }
  if (words.tool !== 'status-set') throw unknownTool(words.tool);
  const [name, message = ''] = words.rest;
  if (name === undefined) throw words.wrong('invalid args, require <status> [message]');
  if (!statuses.includes(name))
    throw words.wrong(`invalid status "${name}", expected one of [${statuses.join(' ')}]`);
  const status = { name, message };
  if (isApplication) beside.applicationStatus = status;
  else {
    beside.status = status;
    if (name === 'active' || name === 'waiting' || name === 'blocked')
      tools.statusSet({ name, message });
  }
  return '';
}

function otherCall({ tools, charm, beside, resource }: Around, words: Words): string {
  const { view } = tools;
  const [first] = words.rest;
  switch (words.tool) {
    case 'juju-log':
      if (first === undefined) throw words.wrong('no message specified');
      beside.logged.push(words.rest.join(' '));
      return '';
    case 'is-leader':
      return words.shown(tools.isLeader());
    case 'config-get': {
      if (words.has('all') && first !== undefined)
        throw words.wrong(`cannot use argument --all together with key "${first}"`);
      const config = view.config ?? {};
      const all = Object.fromEntries(charm.options.map(({ name }) => [name, config[name] ?? null]));
      const given = words.has('all') ? all : config;
      return words.shown(
        first === undefined || first === '-' ? sorted(given) : (config[first] ?? null),
      );
    }
    case 'goal-state':
      return words.shown(goalState(tools));
    case 'network-get':
      return networkGet(tools, charm, words);
    case 'unit-get':
      if (first === undefined) throw words.wrong('no setting specified');
      if (first !== 'private-address' && first !== 'public-address')
        throw words.wrong(`unknown setting "${first}"`);
      return words.shown(addressOf(view.unit));
    case 'resource-get':
      if (first === undefined) throw words.wrong('missing required resource name');
      return resource(first);
    case 'application-version-set':
      if (first === undefined) throw words.wrong('no version specified');
      beside.version = first;
      return '';
    case 'open-port':
      beside.ports = [...new Set([...beside.ports, portIn(words)])].sort();
      return '';
    case 'close-port':
      beside.ports = without(beside.ports, portIn(words));
      return '';
    case 'opened-ports':
      return words.shown(beside.ports);
    default:
      throw unknownTool(words.tool);
  }
}

const without = (ports: readonly string[], closed: string): readonly string[] =>
  ports.filter((port) => port !== closed);

function goalState({ view }: HookTools): object {
  const since = '2026-01-01 00:00:00Z';
  const dying = new Set(view.dyingUnits);
  const all = [...view.plannedUnits, ...view.dyingUnits].sort();
  const relations: Record<string, Record<string, object>> = {};
  for (const { endpoint, remote, members, isPeer, isListed } of Object.values(view.relations)) {
    if (isPeer || !isListed) continue;
    relations[endpoint] ??= {};
    Object.assign(relations[endpoint], { [remote]: { status: 'joined', since } });
    for (const unit of members)
      Object.assign(relations[endpoint], { [unit]: { status: 'active', since } });
  }
  const units = all.map((unit) => [unit, { status: dying.has(unit) ? 'dying' : 'active', since }]);
  return { units: Object.fromEntries(units), relations };
}

function networkGet({ view }: HookTools, charm: Description, words: Words): string {
  const [binding] = words.rest;
  if (binding === undefined) throw words.wrong('no arguments specified');
  if (binding === '') throw words.wrong('no binding name specified');
  const names = [...charm.endpoints.map(({ name }) => name), ...charm.peers, 'juju-info'];
  if (!names.includes(binding))
    throw new ToolError(words.tool, 1, `no network config found for binding "${binding}"`);
  const address = addressOf(view.unit);
  const network = networkOf(view.unit);
  const asked = Object.entries({
    'bind-address': address,
    'egress-subnets': network['egress-subnets'],
    'ingress-address': address,
  }).filter(([flag]) => words.has(flag));
  if (words.has('primary-address')) {
    if (asked.length === 0) return words.shown(address);
    throw new ToolError(words.tool, 1, '--primary-address must be the only flag specified');
  }
  const [[, only] = [], ...more] = asked;
  if (only === undefined) return words.shown(network);
  return words.shown(more.length === 0 ? only : Object.fromEntries(asked));
}

export const modelUuid = 'deadbeef-0bad-400d-8000-4b1d0d06f00d';
/** All tools of Juju 3.6 by which a charm may call. */
export const toolNames = [
  ...['action-fail', 'action-get', 'action-log', 'action-set', 'add-metric'],
  ...['application-version-set', 'close-port', 'config-get', 'credential-get', 'goal-state'],
  ...['is-leader', 'juju-log', 'juju-reboot', 'k8s-raw-get', 'k8s-raw-set', 'k8s-spec-get'],
  ...['k8s-spec-set', 'leader-get', 'leader-set', 'network-get', 'open-port', 'opened-ports'],
  ...['payload-register', 'payload-status-set', 'payload-unregister', 'relation-get'],
  ...['relation-ids', 'relation-list', 'relation-model-get', 'relation-set', 'resource-get'],
  ...['secret-add', 'secret-get', 'secret-grant', 'secret-ids', 'secret-info-get'],
  ...['secret-remove', 'secret-revoke', 'secret-set', 'state-delete', 'state-get', 'state-set'],
  ...['status-get', 'status-set', 'storage-add', 'storage-get', 'storage-list', 'unit-get'],
];
