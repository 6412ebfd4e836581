/**
 * Short lives in which charms are known to go wrong, one event after the other with rest between them.
 * They come first: most of what each of them does the others have done before, and is known.
 */
import {
  type Action,
  dueHooks,
  dueSecrets,
  type Interruption,
  isHook,
  isPeer,
  type Simulation,
  unitsOf,
  type World,
} from '../testing/index.ts';
import type { ForeignCharm } from './foreign-charm.ts';
import { actionsOn } from './history.ts';
import type { Pod } from './pod.ts';
import { checksFail, checksRecover, restarts, tells } from './workload-events.ts';

type Foreign = World<null, Pod>;

type Event =
  | 'relate one'
  | 'relate other'
  /** One application on each endpoint that the charm requires, `one` left out. */
  | 'relate rest'
  | 'remove one'
  | 'remove other'
  /** The first application asks for something else, where there is anything else. */
  | 'ask one'
  | 'change leader'
  /** The unit that leads is removed, and another one elected. */
  | 'remove leader'
  | 'upgrade'
  /** It is time to rotate what rotates, and what expires has expired. */
  | 'time passes'
  | 'configure'
  /** From now on no hook's first commit gets through. */
  | 'stumble'
  /** From now on each hook's process is killed before its first call that writes, and run again. */
  | 'die'
  /** The first container of each unit is lost alone. */
  | 'restart containers'
  /** The pods of all units are replaced. */
  | 'replace pods'
  /** The checks of the first container of each unit are down, or up again. */
  | 'fail checks'
  | 'recover checks'
  /** Each unit's workloads tell what they are named to tell. */
  | 'notify'
  /** From now on all hooks that are due run before a container that is not up comes up. */
  | 'dawdle'
  /** Each action that is named is run on each unit. */
  | 'act';

const scripts: readonly (readonly Event[])[] = [
  ['relate one', 'change leader', 'relate other'],
  ['relate one', 'remove one', 'relate other'],
  ['relate one', 'relate other', 'remove other', 'remove one'],
  ['configure', 'relate one', 'relate other'],
  ['relate one', 'relate other', 'configure'],
  ['relate other', 'relate one', 'change leader', 'remove one', 'relate one'],
  ['stumble', 'relate one', 'relate other'],
];

/** Those that are about what comes seldom, whichever application is which. */
const seldomScripts: readonly (readonly Event[])[] = [
  ['relate rest', 'relate one', 'upgrade', 'time passes', 'ask one', 'remove one', 'relate one'],
  ['relate rest', 'relate one', 'remove leader', 'ask one', 'upgrade'],
];

/** Each hook is killed once: a life that is twice as long. */
const deadlyScripts: readonly (readonly Event[])[] = [['die', 'relate one', 'relate other']];

/** Two applications on one endpoint, where there are others: a charm may count on one. */
const twinScripts: readonly (readonly Event[])[] = [
  ['relate rest', 'relate one', 'relate other', 'remove one'],
];

/** Those that are about containers, which have nothing to do with which application is which. */
const containerScripts: readonly (readonly Event[])[] = [
  ['dawdle', 'relate one', 'relate other'],
  ['relate one', 'restart containers', 'configure'],
  ['relate one', 'replace pods', 'relate other'],
  ['relate one', 'fail checks', 'recover checks', 'relate other'],
];

/** Those that are about what workloads tell. */
const noticeScripts: readonly (readonly Event[])[] = [['notify', 'relate one', 'notify']];

/** Those that are about actions. */
const actionScripts: readonly (readonly Event[])[] = [['act', 'relate one', 'act', 'relate other']];

/** No more of them than this, however many endpoints a charm has. */
const most = 32;

/** One of these lives, with the applications that are in it. */
export interface Scripted {
  readonly events: readonly Event[];
  readonly one: string;
  readonly other: string;
  /** One application on each endpoint that the charm requires, `one` left out. */
  readonly rest: readonly string[];
}

/** All of them for one charm: each pair of endpoints in both orders, or two applications on its only one. */
export function scriptsFor({
  simulated,
  configurations,
  description,
  actions,
  notices,
}: ForeignCharm): readonly Scripted[] {
  const all = Object.entries(simulated.soaked(0).requirers);
  const firstOf = (endpoint: string | undefined) =>
    all.find(([, one]) => one.endpoint === endpoint);
  const endpoints = [...new Set(all.map(([, { endpoint }]) => endpoint))];
  const names = endpoints.flatMap((endpoint) => firstOf(endpoint)?.[0] ?? []);
  const required = description.endpoints.filter(({ role }) => role === 'requires');
  const rest = required.flatMap(({ name }) => firstOf(name)?.[0] ?? []);
  const pairOf = (one: string, other: string) => ({
    ...{ one, other },
    rest: rest.filter((name) => name !== one),
  });
  const applications = names.length === 1 ? all.map(([name]) => name).slice(0, 2) : names;
  const pairs = applications.flatMap((one) =>
    applications.flatMap((other) => (one === other ? [] : [pairOf(one, other)])),
  );
  const alone = applications.slice(0, 1).map((one) => pairOf(one, one));
  const both = pairs.length === 0 ? alone : pairs;
  const [first = pairOf('', '')] = both;
  const twins = endpoints.flatMap((endpoint) => {
    const [one, other] = all.filter(([, its]) => its.endpoint === endpoint);
    return one === undefined || other === undefined ? [] : [pairOf(one[0], other[0])];
  });
  const ofTwins = twinScripts.flatMap((events) =>
    names.length === 1 ? [] : twins.slice(0, 1).map((pair) => ({ events, ...pair })),
  );
  const ofContainers = description.containers.length === 0 ? [] : containerScripts;
  const ofAll = scripts.filter(
    (events) => configurations.length > 0 || !events.includes('configure'),
  );
  // Each of them once, before any of them with another pair.
  const ofFirst = ofAll.map((events) => ({ events, ...first }));
  const ofOthers = ofAll.flatMap((events) => both.slice(1).map((pair) => ({ events, ...pair })));
  const ofActions = actions.length === 0 ? [] : actionScripts;
  const ofNotices = notices.length === 0 ? [] : noticeScripts;
  // What somebody has named comes before what befalls all.
  const once = [
    ...ofActions,
    ...ofNotices,
    ...seldomScripts,
    ...ofContainers,
    ...deadlyScripts,
  ].map((events) => ({ events, ...first }));
  return [...once, ...ofTwins, ...ofFirst, ...ofOthers].slice(0, most);
}

/** Plays one of them to where all is at rest. */
export async function play(
  charm: ForeignCharm,
  simulation: Simulation<null, Pod>,
  { events, ...who }: Scripted,
): Promise<void> {
  let befalls: Interruption['how'] | null = null;
  let dawdles = false;
  for (const event of events) {
    if (event === 'dawdle') {
      dawdles = true;
      continue;
    }
    if (event === 'stumble') befalls = 'commit lost';
    else if (event === 'die') befalls = 'killed';
    else
      for (const action of actionsOf(charm, simulation, event, who)) await simulation.take(action);
    if (befalls !== null) await stumble(charm, simulation, befalls);
    if (dawdles) await dawdle(simulation);
    await simulation.rest();
  }
}

function actionsOf(
  charm: ForeignCharm,
  { world }: Simulation<null, Pod>,
  event: Event,
  { one, other, rest }: Omit<Scripted, 'events'>,
): readonly Action[] {
  const { configurations, description } = charm;
  const { application } = charm.simulated;
  const [verb, who] = event.split(' ');
  const named = who === 'one' ? one : other;
  // A charm on the other side has peers of its own.
  const related = Object.entries(world.relations).filter(
    ([, relation]) => relation.requirer === named && !isPeer(relation),
  );
  switch (verb) {
    case 'relate':
      if (who === 'rest') return rest.map((application) => ({ _tag: 'Relate', application }));
      return related.length > 0 || named === '' ? [] : [{ _tag: 'Relate', application: named }];
    case 'remove': {
      const { leader = null } = world.applications[application] ?? {};
      if (who === 'leader') return leader === null ? [] : [{ _tag: 'RemoveUnit', unit: leader }];
      return related.map(([id]) => ({ _tag: 'RemoveRelation', relation: Number(id) }));
    }
    case 'change':
      return changed(world, application);
    case 'ask':
      return asked(charm, world, named);
    case 'upgrade':
      return [{ _tag: 'Upgrade', application }];
    case 'time':
      return dueSecrets(world, application);
    case 'restart':
      return unitsOf(world, application).flatMap((unit) =>
        description.containers.slice(0, 1).map(({ name }) => ({ _tag: restarts(name), unit })),
      );
    case 'fail':
    case 'recover': {
      const [{ name } = { name: '' }] = description.containers;
      return happenings(charm, world, verb === 'fail' ? checksFail(name) : checksRecover(name));
    }
    case 'notify':
      return charm.notices.flatMap((notice) => happenings(charm, world, tells(notice)));
    case 'act':
      return unitsOf(world, application).flatMap((unit) => actionsOn(charm, world, unit));
    case 'replace':
      return unitsOf(world, application).map((unit) => ({ _tag: 'LosePod', unit }));
    case 'configure':
      return configurations.slice(0, 1).map((values) => ({
        _tag: 'ChangeConfig',
        application,
        values,
      }));
    default:
      return [];
  }
}

/** Another unit leads; nobody does until it is elected. */
function changed(world: Foreign, application: string): readonly Action[] {
  const { leader } = world.applications[application] ?? {};
  const heir = unitsOf(world, application).find((unit) => unit !== leader);
  if (heir === undefined) return [];
  const elected: Action = { _tag: 'Elect', unit: heir };
  return leader === null ? [elected] : [{ _tag: 'LoseLeader', application }, elected];
}

/** An application asks for the first of what may be asked for that it does not ask for now. */
function asked({ others }: ForeignCharm, world: Foreign, name: string): readonly Action[] {
  const { endpoint = '', request: now } = world.applications[name] ?? {};
  const request = others[endpoint]?.requests.find(
    (one) => JSON.stringify(one) !== JSON.stringify(now),
  );
  return request === undefined ? [] : [{ _tag: 'Ask', application: name, request }];
}

/** What may happen to the workloads of each of the charm's units. */
const happenings = (
  { simulated: { application, outside } }: ForeignCharm,
  world: Foreign,
  kind: string,
): readonly Action[] =>
  unitsOf(world, application).flatMap((unit) => {
    const pod = world.outside.units[unit];
    const isPossible = pod !== undefined && outside.unit.actions[kind]?.when?.(pod) === true;
    return isPossible ? [{ _tag: kind, unit }] : [];
  });

/** Runs all hooks that are due, and nothing else. */
async function dawdle(simulation: Simulation<null, Pod>): Promise<void> {
  for (let taken = 0; taken < 200; taken++) {
    const [due] = dueHooks(simulation.world);
    if (due === undefined) return;
    await simulation.settle(due);
  }
}

/** Runs all that is due, and has something befall each hook of the charm at its first step, once. */
async function stumble(
  { description: { name } }: ForeignCharm,
  simulation: Simulation<null, Pod>,
  how: Interruption['how'],
): Promise<void> {
  for (let taken = 0; taken < 200; taken++) {
    const [due] = dueHooks(simulation.world);
    if (due === undefined || !isHook(due)) return;
    const unit = simulation.world.units[due.unit];
    const isFirst = unit?.application === name && unit.failed === null;
    if (isFirst) await simulation.take({ ...due, interruption: { at: 1, how } });
    else await simulation.settle(due);
  }
}
