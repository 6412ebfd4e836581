/** What a hook is told that is no affair of the model: configuration, addresses, statuses, files. */
import { endpointOf } from '../../../src/testing/resolver.ts';
import type { View } from '../../../src/testing/view.ts';
import { remoteOf } from '../../../src/testing/world.ts';
import type { Surroundings } from '../../pgbouncer/charm/tool-calls.ts';
import { Differs } from './differs.ts';
import type { Model } from './model.ts';
import type { RecordedHook } from './recording.ts';
import { applicationOf, type Placed } from './timeline.ts';

const answered = ({ calls }: RecordedHook, tool: string, argv?: number): string | null =>
  calls.find(
    (call) =>
      call.tool === tool && call.exit === 0 && (argv === undefined || call.argv.length === argv),
  )?.stdout ?? null;

export function surroundingsOf(model: Model, placed: Placed, view: View): Surroundings {
  const { hook } = placed;
  const agent = model.agent(hook.unit);
  const isTold = [placed, ...model.timeline.of(hook.unit, placed.place)].some(
    ({ place, hook: one }) => place <= placed.quiet && one.hook === 'config-changed',
  );
  const config = answered(hook, 'config-get', 1);
  if (config !== null && (agent.config === null || isTold)) agent.config = config;
  const network = answered(hook, 'network-get');
  if (network !== null && (agent.network === null || isTold)) agent.network = network;
  const made = hook.calls.filter(({ tool, exit }) => tool === 'secret-add' && exit === 0);
  const goals = parsed(answered(hook, 'goal-state'));
  let files = 0;
  return {
    backend: null,
    backendSecret: {},
    asked: {},
    config: parsed(agent.config) ?? {},
    address: '',
    network: parsed(agent.network) ?? undefined,
    goals: relationsOf(model, view, goals),
    statuses: Object.fromEntries(
      Object.entries((goals?.units ?? {}) as Record<string, { status: string }>).map(
        ([unit, { status }]) => [unit, status],
      ),
    ),
    // Nobody saw what is in a file: it is open until somebody reads the secret.
    content: (path) => `\0${path}#${placed.place}.${files++}`,
    nextSecret: () => made.shift()?.stdout.trim(),
  };
}

/** The units of which goal-state tells: those that are there, or were until now, or are to come. */
export function withGoals(model: Model, placed: Placed, view: View): View {
  const goals = parsed(answered(placed.hook, 'goal-state'));
  if (goals === null) return view;
  const units = (goals.units ?? {}) as Record<string, { status: string }>;
  for (const [unit, { status }] of Object.entries(units)) {
    const all = model.timeline.hooks.filter(({ hook }) => hook.unit === unit);
    if (applicationOf(unit) !== view.application || all.length === 0)
      throw new Differs(`goal-state tells of ${unit}, which there never was`);
    const goes = all.some(
      ({ hook }) => hook.hook === 'stop' || hook.environment.JUJU_DEPARTING_UNIT === unit,
    );
    if (status === 'dying' && !goes)
      throw new Differs(`goal-state says that ${unit} is dying, which never goes`);
    if (status !== 'dying' && view.dyingUnits.includes(unit) && unit === view.unit)
      throw new Differs(`goal-state says that ${unit} is ${status}, which is dying`);
  }
  for (const unit of new Set([...view.plannedUnits, view.unit]))
    if (units[unit] === undefined) throw new Differs(`goal-state does not tell of ${unit}`);
  const names = Object.keys(units);
  return {
    ...view,
    plannedUnits: names.filter((unit) => units[unit]?.status !== 'dying'),
    dyingUnits: names.filter((unit) => units[unit]?.status === 'dying'),
  };
}

/** The application's relations are told of, whichever of them this unit has left. */
function relationsOf(
  { world }: Model,
  { application }: View,
  goals: Record<string, unknown> | null,
): Record<string, unknown> {
  const told = (goals?.relations ?? {}) as Record<string, Record<string, unknown>>;
  for (const [endpoint, who] of Object.entries(told))
    for (const one of Object.keys(who)) {
      const isThere = Object.values(world.relations).some(
        (relation) =>
          [relation.provider, relation.requirer].includes(application) &&
          endpointOf(relation, application) === endpoint &&
          remoteOf(relation, application) === applicationOf(one),
      );
      if (!isThere)
        throw new Differs(`goal-state tells of ${one} at ${endpoint}, which is not related`);
    }
  return told;
}

function parsed(text: string | null): Record<string, unknown> | null {
  try {
    return text === null ? null : (JSON.parse(text) as Record<string, unknown>);
  } catch {
    return null;
  }
}
