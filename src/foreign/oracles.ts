/**
 * What must hold of any charm, whatever it does: each of these can be asked of a world or of a hook
 * without knowing what the charm is for.
 */
import {
  type Action,
  dueHooks,
  type Invariant,
  isHook,
  isPeer,
  type RunHook,
  type Stepped,
  unitsOf,
  type World,
} from '../testing/index.ts';
import type { HookRecord, MadeCall } from './hook-run.ts';
import { left } from './leftovers.ts';
import { sensitiveIn, withPasswordsIn } from './passwords.ts';
import type { Pod } from './pod.ts';
import { planRuns } from './workload-learned.ts';

/** An oracle about any charm. */
export type Oracle = Invariant<null, Pod>;

/** A hook that has just been run, seen from both of its sides. */
interface Run {
  readonly action: RunHook;
  readonly before: World<null, Pod>;
  readonly after: World<null, Pod>;
  readonly failure: string | null;
  readonly pod: Pod;
  readonly record: HookRecord;
  /** Whether the unit led when the hook began. */
  readonly leads: boolean;
}

/** Whose hooks an oracle is about. */
type Side = 'own' | 'other';

/** Hooks come to an end, all together. */
export const comesToRest: Oracle = {
  name: 'HooksEnd',
  claims: 'Hooks do not call each other forth without end: left alone, all comes to rest.',
};

/** A hook may fail so often, with nothing else left to do, before it is said to fail for ever. */
const mostFailures = 3;
/** So often, where all that is left to do is what failed on other units. */
const mostFailuresTogether = 12;
/** An update-status may write so often in a row. */
const mostWrites = 4;

function failsForEver({ action, failure, pod, before }: Run): readonly string[] {
  const isOver = action.hook.action !== undefined;
  if (failure === null || isOver) return [];
  const others = dueHooks(before).filter((due) => !isHook(due) || due.unit !== action.unit);
  const haveFailed = others.every((due) => isHook(due) && before.units[due.unit]?.failed !== null);
  const most = others.length === 0 ? mostFailures : mostFailuresTogether;
  return haveFailed && pod.runs >= most
    ? [`${action.unit} fails again and again in ${action.hook.name}: ${failure}`]
    : [];
}

const hooksSucceed = ofRuns(
  'HooksSucceed',
  'A hook that fails is mended by what comes next, or by being run again; none fails for ever.',
  failsForEver,
);

/** It may be what this charm has written that the other one trips over. */
const otherSideSucceeds = ofRuns(
  'OtherSideSucceeds',
  'No hook of the charm on the other side fails for ever.',
  failsForEver,
  'other',
);

const actionsEnd = ofRuns(
  'ActionsEnd',
  'An action ends by itself: what it cannot do it says by action-fail, and its process ends well.',
  ({ action: { hook, unit }, failure, record }) =>
    hook.action === undefined || record.exit === 0
      ? []
      : [`the action ${hook.name} of ${unit} fails: ${failure}`],
);

const followersDoNotWrite = ofCalls(
  'FollowersDoNotWrite',
  'A unit that does not lead does not try to write what the leader alone may write.',
  ({ leads }, { exit, stderr }) =>
    !leads && exit !== 0 && /cannot write relation settings|not the leader/.test(stderr),
);

const followersDoNotRead = ofCalls(
  'FollowersDoNotRead',
  "A unit that does not lead does not try to read its own application's databag.",
  ({ leads }, { tool, exit, stderr }) =>
    !leads && tool === 'relation-get' && exit !== 0 && /permission denied/.test(stderr),
);

const commitsAreTaken = ofRuns(
  'CommitsAreTaken',
  'What a hook that ends well has written is not refused by Juju.',
  ({ action, failure, record }) =>
    failure === null || record.exit !== 0
      ? []
      : [`Juju refuses what ${action.unit} wrote in ${action.hook.name}: ${failure}`],
);

const updateStatusRests = ofRuns(
  'UpdateStatusRests',
  'An update-status that finds nothing new writes nothing, however often it comes.',
  ({ action, before, after, pod }) => {
    if (action.hook.name !== 'update-status' || pod.statuses < mostWrites) return [];
    const [was, is] = [writtenBy(before, action.unit), writtenBy(after, action.unit)];
    const where = Object.keys(is).filter((key) => is[key] !== was[key]);
    return where.length === 0
      ? []
      : [`${action.unit} writes to ${where.join(' and ')} in each update-status`];
  },
);

/** All that a unit may write to, as text, by what it is. */
const writtenBy = (
  { relations, secrets, units, applications }: World<null, Pod>,
  unit: string,
): Readonly<Record<string, string>> => ({
  'a databag': JSON.stringify(relations),
  'a secret': JSON.stringify(Object.entries(secrets).map(([id, { revisions }]) => [id, revisions])),
  'what leaders say': JSON.stringify(Object.values(applications).map(({ settings }) => settings)),
  'its state': JSON.stringify(units[unit]?.state),
});

const passwordsStayIn = ofRuns(
  'PasswordsStayIn',
  'No password is in a log, in what a hook prints, or in the arguments of a program.',
  ({ action, after, record, pod }) =>
    withPasswordsIn(sensitiveIn(after, record), record, pod.beside.logged).map(
      (what) => `${action.unit} shows ${what} of ${action.hook.name}`,
    ),
);

const secretsStaySecret: Oracle = {
  name: 'SecretsStaySecret',
  claims: 'What is in a secret is not in a databag beside it.',
  across: (_, action, { world, outcome }) => {
    if (!isHook(action) || outcome === null) return [];
    const isOwn = (who: string) => who.split('/')[0] === world.tested;
    if (!isOwn(action.unit)) return [];
    const secret = sensitiveIn(world, null);
    return Object.entries(world.relations).flatMap(([id, { applications, units }]) =>
      Object.entries({ ...applications, ...units }).flatMap(([who, bag]) =>
        Object.entries(bag).flatMap(([key, value]) =>
          isOwn(who) && secret.keyIn(value) !== null
            ? [`${who} has what a secret holds in the databag of relation ${id}, in ${key}`]
            : [],
        ),
      ),
    );
  },
};

const activeMeansDone: Oracle = {
  name: 'ActiveMeansDone',
  claims:
    'A unit does not say that it is active while it has put off events that are still to be dealt with.',
  atRest: ({ outside, units, tested }) =>
    Object.entries(outside.units).flatMap(([unit, { beside, last }]) => {
      const waiting = last?.deferred ?? [];
      const isActive = beside.status.name === 'active' && units[unit]?.application === tested;
      return waiting.length === 0 || !isActive
        ? []
        : [`${unit} is active while ${waiting.join(', ')} waits`];
    }),
};

const leftover = (
  name: string,
  what: string,
  found: (world: World<null, Pod>) => readonly string[],
): Oracle => ({
  name,
  claims: `Once all relations are gone, nothing that was made for them is left in ${what}.`,
  atRest: (world) => {
    const isRelated = Object.values(world.relations).some((relation) => !isPeer(relation));
    return isRelated || unitsOf(world, world.tested).length === 0 ? [] : found(world);
  },
});

/** Those that need no relation to have gone. */
export const whileRelated: readonly Oracle[] = [
  hooksSucceed,
  actionsEnd,
  otherSideSucceeds,
  followersDoNotWrite,
  followersDoNotRead,
  commitsAreTaken,
  updateStatusRests,
  passwordsStayIn,
  secretsStaySecret,
  activeMeansDone,
  planRuns,
];

/** Those about what relations leave behind. */
export const onceGone: readonly Oracle[] = [
  leftover('SecretsGo', 'secrets', left.secrets),
  leftover('DatabagsGo', "the peers' databags", left.databags),
  leftover('StateGoes', "the units' state", left.state),
];

/** An oracle about each hook of a charm by itself, but for those that something befell. */
function ofRuns(
  name: string,
  claims: string,
  found: (run: Run) => readonly string[],
  side: Side = 'own',
): Oracle {
  return {
    name,
    claims,
    across: (before, action, after) => {
      const run = runIn(before, action, after, side);
      return run === null ? [] : found(run);
    },
  };
}

function ofCalls(
  name: string,
  claims: string,
  isWrong: (run: Run, call: MadeCall) => boolean,
): Oracle {
  return ofRuns(name, claims, (run) =>
    run.record.calls
      .filter((call) => isWrong(run, call))
      .map(
        ({ tool, args, stderr }) =>
          `${run.action.unit}, which does not lead, calls ${[tool, ...args].join(' ')} in ${run.action.hook.name}: ${stderr.trim()}`,
      )
      .slice(0, 1),
  );
}

function runIn(
  before: World<null, Pod>,
  action: Action,
  { world: after, outcome }: Stepped<null, Pod>,
  side: Side,
): Run | null {
  if (!isHook(action) || outcome === null || action.interruption !== undefined) return null;
  if ((before.units[action.unit]?.application === before.tested) !== (side === 'own')) return null;
  const pod = outcome.outside.own;
  if (pod.last === null) return null;
  const leads = before.applications[before.tested]?.leader === action.unit;
  return { action, before, after, failure: outcome.failure, pod, record: pod.last, leads };
}
