/**
 * What a charm answers, learned by watching it where nothing goes wrong: what it then writes for a
 * request it is to write whatever the order in which all came about.
 */
import type { Databag } from '../juju/index.ts';
import {
  type Configuration,
  isPeer,
  type Relation,
  Simulation,
  type World,
} from '../testing/index.ts';
import { shortId } from '../testing/secret-names.ts';
import type { ForeignCharm } from './foreign-charm.ts';
import type { Oracle } from './oracles.ts';
import type { Pod } from './pod.ts';
import type { ForeignSimulated } from './simulated-foreign.ts';
import { inSetting, type Setting } from './story.ts';
import { type LearnedWorkload, workloadIn } from './workload-learned.ts';

type Foreign = World<null, Pod>;

/** Sees each history before it begins. */
type Watch = (simulation: Simulation<null, Pod>, setting: Setting) => void;

/** What is written for a request: keys that are always there, with the value where it is always that. */
type LearnedResponse = Readonly<Record<string, string | null>>;

/** By endpoint, request and options. */
type LearnedResponses = ReadonlyMap<string, LearnedResponse>;

/** What a charm was seen to come to. */
export interface Learned {
  readonly responses: LearnedResponses;
  readonly workload: LearnedWorkload;
}

export const nothingLearned: Learned = { responses: new Map(), workload: new Map() };

/**
 * Watches the charm twice for each request and each setting of its options, with other numbers, other
 * units and another order; what is the same in both it is held to. What it requires itself is there
 * before anybody asks. `Violated` where it does not hold up even then.
 */
export async function learnResponses(
  { simulated, others, configurations, description }: ForeignCharm,
  under: ForeignSimulated,
  watch: Watch,
): Promise<Learned> {
  const responses = new Map<string, LearnedResponse>();
  const worlds: Foreign[] = [];
  const required = description.endpoints.filter(({ role }) => role === 'requires');
  const first = new Set(required.map(({ name }) => name));
  const most = Math.max(1, ...Object.values(others).map(({ requests }) => requests.length));
  for (const values of [{}, ...configurations])
    for (let number = 0; number < most; number++) {
      const config = { ...simulated.life?.config, ...values };
      const one = await watched(under, { config, number, units: 1, first }, watch);
      const other = await watched(under, { config, number, units: 2, first }, watch);
      worlds.push(one, other);
      const again = responsesIn(other);
      for (const [key, response] of responsesIn(one))
        responses.set(key, common(response, again.get(key) ?? {}));
    }
  return { responses, workload: workloadIn(worlds) };
}

interface Calm {
  readonly config: Configuration;
  /** Of the request. */
  readonly number: number;
  readonly units: 1 | 2;
  /** Endpoints that are related before the others. */
  readonly first: ReadonlySet<string>;
}

async function watched(
  simulated: ForeignSimulated,
  { config, number, units, first }: Calm,
  watch: Watch,
): Promise<Foreign> {
  const whole = simulated.soaked(number + 1);
  const requirers = Object.entries(whole.requirers).filter(([name]) => !name.endsWith('-two'));
  const topology = { ...whole, units, requirers: Object.fromEntries(requirers) };
  const setting = { topology, config, firstRelation: units * 1000 + 1 };
  const simulation = new Simulation(inSetting(simulated, setting), topology);
  watch(simulation, setting);
  await simulation.rest();
  const { application } = simulated;
  if (units === 2) {
    await simulation.take({ _tag: 'LoseLeader', application });
    await simulation.take({ _tag: 'Elect', unit: `${application}/1` });
  }
  const isFirst = ([, { endpoint }]: (typeof requirers)[number]) =>
    first.has(endpoint ?? simulated.endpoints[0]);
  const inTurn = units === 1 ? requirers : requirers.toReversed();
  const ordered = [...inTurn.filter(isFirst), ...inTurn.filter((one) => !isFirst(one))];
  for (const [name] of ordered) {
    await simulation.take({ _tag: 'Relate', application: name });
    await simulation.rest();
  }
  return simulation.world;
}

const responsesIn = (world: Foreign): ReadonlyMap<string, Databag> =>
  new Map(
    Object.values(world.relations).flatMap((relation) =>
      isPeer(relation) ? [] : [[keyOf(world, relation), responseIn(world, relation)] as const],
    ),
  );

/** What it wrote, whoever asked: a charm on the other side may ask for what it is called by. */
function responseIn(world: Foreign, { applications, requirer }: Relation): Databag {
  const names = [requirer, requirer.replaceAll('-', '_')];
  const bag = Object.entries(applications[world.tested] ?? {});
  return Object.fromEntries(
    bag.map(([key, value]) => [
      key,
      secretIn(world, requirer, value) ??
        names.reduce((text, name) => text.replaceAll(name, whoAsks), value),
    ]),
  );
}

/** An id of a secret in words, since ids differ from run to run; null where a text is no id. */
function secretIn(
  { secrets, relations, tested }: Foreign,
  reader: string,
  text: string,
): string | null {
  if (!/^secret:\S+$/.test(text)) return null;
  const found = Object.entries(secrets).find(([id]) => shortId(id) === shortId(text))?.[1];
  if (found === undefined) return '(a secret that is not there)';
  const readers = found.grants.map((id) => {
    const { provider, requirer } = relations[id] ?? {};
    return provider === tested ? requirer : provider;
  });
  if (!readers.includes(reader)) return '(a secret that it may not read)';
  return `(a secret with ${Object.keys(found.revisions.at(-1) ?? {})
    .sort()
    .join(', ')})`;
}

/** Stands for the name of the application that asked. */
const whoAsks = '(its name)';

const common = (one: Databag, other: Databag): LearnedResponse =>
  Object.fromEntries(
    Object.entries(one).flatMap(([key, value]) =>
      other[key] === undefined ? [] : [[key, isSame(value, other[key]) ? value : null]],
    ),
  );

/** Ids of secrets differ from run to run, also within longer texts. */
const isSame = (one: string, other: string): boolean => one === other && !/secret:/.test(one);

function keyOf({ applications, tested }: Foreign, { endpoint, requirer }: Relation): string {
  const config = Object.entries(applications[tested]?.config ?? {}).sort();
  return JSON.stringify([endpoint, applications[requirer]?.request, config]);
}

/** What it claims, before it is known what a charm is held to. */
export const answersOracle: Oracle = {
  name: 'AnswersHold',
  claims:
    'A request is answered as it is where nothing goes wrong, in whatever order all came about.',
};

/** Holds the charm to what it was seen to answer; to some of the keys alone, where they are named. */
export function answersHold(
  { responses }: Learned,
  { others, description }: ForeignCharm,
  answeredBy: readonly string[] | null,
): Oracle {
  const required = description.endpoints.filter(({ role }) => role === 'requires');
  const isNeeded = required.map(({ name }) => name).filter((name) => others[name] !== undefined);
  return {
    ...answersOracle,
    atRest: (world) => {
      const live = Object.entries(world.relations).filter(([, relation]) =>
        isSettled(world, relation),
      );
      const isWhole = isNeeded.every((name) => live.some(([, { endpoint }]) => endpoint === name));
      if (!isWhole) return [];
      return live.flatMap(([id, relation]) => {
        const bag = responseIn(world, relation);
        const response = Object.entries(responses.get(keyOf(world, relation)) ?? {});
        const held = response.filter(([key]) => answeredBy === null || answeredBy.includes(key));
        const where = `relation ${id} (${relation.endpoint} of ${relation.requirer})`;
        const missing = held.flatMap(([key]) => (bag[key] === undefined ? [key] : []));
        const others = held.flatMap(([key, value]) =>
          bag[key] === undefined || value === null || bag[key] === value
            ? []
            : [`${where} has ${key} ${bag[key]}, and ${value} in another order`],
        );
        // One request that is lost is one sentence, however much would have answered it.
        const lost = `${where} has no ${missing.join(', ')}, which it has in another order`;
        return missing.length === 0 ? others : [lost, ...others];
      });
    },
  };
}

/** Whether both sides are there for good, with somebody who leads them. */
function isSettled({ applications, tested }: Foreign, relation: Relation): boolean {
  const [own, other] = [applications[tested], applications[relation.requirer]];
  if (isPeer(relation) || relation.life !== 'alive') return false;
  return [own, other].every((one) => one?.life === 'alive' && one.leader !== null);
}
