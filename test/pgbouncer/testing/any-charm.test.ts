/** What is asked of charms of which nothing is known, asked of PgBouncer's own. */
import * as E from 'fp-ts/lib/Either.js';
import { expect, it } from 'vitest';
import { answersHold, nothingLearned } from '../../../src/foreign/answers-learned.ts';
import { end } from '../../../src/foreign/history.ts';
import type { HookRecord, MadeCall } from '../../../src/foreign/hook-run.ts';
import { type Oracle, onceGone, whileRelated } from '../../../src/foreign/oracles.ts';
import { Pod } from '../../../src/foreign/pod.ts';
import { Files } from '../../../src/foreign/unit-files.ts';
import { deferralKey } from '../../../src/juju/deferral-key.ts';
import type { Databag } from '../../../src/juju/index.ts';
import { render } from '../../../src/pgbouncer/errors.ts';
import { simulated } from '../../../src/pgbouncer/testing/index.ts';
import { tellRun } from '../../../src/process/tell.ts';
import {
  isHook,
  randomHistory,
  Simulation,
  ToolError,
  type Topology,
  type World,
} from '../../../src/testing/index.ts';

/** `HOOKCHART_HOOKS=100000` runs as many. */
const hooks = Number(process.env.HOOKCHART_HOOKS ?? 3_000);

type Charm = typeof simulated;
type Tools = Parameters<Charm['run']>[1];

/** Numbers that stand for relations and for nothing else, so that what is left of them is known. */
const life = { config: {}, storage: [], morePeers: [], firstRelation: 1001, patience: 1000 };

const without = { environment: {}, files: new Files(), containers: {}, action: null, exit: 0 };

/** The charm in one history, with each hook seen as one of a process is. */
function seenFromOutside(oracles: readonly Oracle[], run: Charm['run'] = simulated.run): Charm {
  const pods = new Map<string, Pod>();
  let last: HookRecord = { ...without, calls: [], deferred: [], stdout: '', stderr: '' };
  const seen = (world: World): World<null, Pod> => ({
    ...world,
    outside: { shared: null, units: Object.fromEntries(pods) },
  });
  const noted: Charm['invariants'][number] = {
    name: 'noted',
    claims: 'Each hook is noted.',
    across: (_, action, { outcome }) => {
      if (!isHook(action) || outcome === null) return [];
      const { hook, unit } = action;
      const before = pods.get(unit) ?? new Pod();
      const waits = outcome.pending?.state[deferralKey];
      const record = { ...last, deferred: waits === undefined ? [] : [waits] };
      const beside = {
        ...before.beside,
        logged: [],
        status: outcome.status ?? before.beside.status,
      };
      pods.set(unit, before.after(record, beside, hook));
      return [];
    },
  };
  return {
    ...simulated,
    life,
    run: async (given, tools, watch) => {
      const calls: MadeCall[] = [];
      overheard(tools, calls);
      const ran = await run(given, tools, watch);
      const lines = E.isRight(ran) && ran.right !== null ? tellRun(ran.right) : [];
      const stderr = E.isLeft(ran) ? render(ran.left as Parameters<typeof render>[0]) : '';
      const exit = E.isLeft(ran) ? 1 : 0;
      last = { ...last, calls, exit, stdout: [...lines, tools.status?.message].join('\n'), stderr };
      return ran;
    },
    invariants: [
      noted,
      ...oracles.map(({ name, claims, across, atRest }) => ({
        name,
        claims,
        ...(atRest && { atRest: (world: World) => atRest(seen(world)) }),
        ...(across && {
          across: (
            ...[before, action, { world, outcome }]: Parameters<NonNullable<typeof noted.across>>
          ) => {
            const own = isHook(action) ? pods.get(action.unit) : undefined;
            if (own === undefined || outcome === null) return [];
            const outside = { shared: null, own };
            return across(seen(before), action, {
              world: seen(world),
              outcome: { ...outcome, outside },
            });
          },
        }),
      })),
    ],
  };
}

/** Has each hook tool that refuses tell so. */
function overheard(tools: Tools, calls: MadeCall[]): void {
  for (const [method, tool] of [
    ['relationGet', 'relation-get'],
    ['relationSet', 'relation-set'],
    ['stateSet', 'state-set'],
  ] as const) {
    const whole = tools[method].bind(tools) as (...args: unknown[]) => unknown;
    const heard = (...args: unknown[]) => {
      const call = { tool, args: [], input: '', files: {}, stdout: '' };
      try {
        const answer = whole(...args);
        calls.push({ ...call, exit: 0, stderr: '' });
        return answer;
      } catch (error) {
        if (error instanceof ToolError) calls.push({ ...call, exit: 1, stderr: error.message });
        throw error;
      }
    };
    Object.defineProperty(tools, method, { value: heard });
  }
}

/** Who is there, all by the library that answers in keys of the databag itself. */
function topologyOf(seed: number): Topology {
  const { requirers, ...topology } = simulated.soaked(seed);
  return {
    ...topology,
    requirers: Object.fromEntries(
      Object.entries(requirers).map(([name, { units, request }]) => [name, { units, request }]),
    ),
  };
}

/** The keys by which each request is answered where nothing goes wrong. */
async function responsesOf(
  hasSecrets: boolean,
): Promise<ReadonlyMap<string, Readonly<Record<string, null>>>> {
  const responses = new Map<string, Readonly<Record<string, null>>>();
  const requests: readonly Databag[] = [...simulated.requests, { database: 'third' }];
  for (const request of requests) {
    // One unit has no readers, and is left alone in many a history.
    const topology = { units: 1, hasSecrets, requirers: { one: { units: 1, request } } };
    const simulation = new Simulation(seenFromOutside([]), topology);
    await simulation.rest();
    await simulation.take({ _tag: 'Relate', application: 'one' });
    await simulation.rest();
    const bag = simulation.world.relations[1001]?.applications.pgbouncer ?? {};
    responses.set(
      JSON.stringify(['database', request, []]),
      Object.fromEntries(Object.keys(bag).map((key) => [key, null])),
    );
  }
  return responses;
}

type Relate = Parameters<typeof answersHold>[1];

/** Who began to lead an application after its relation was created, as this library has it, asks for nothing. */
function withoutUnasked<Seen extends World<null, Pod>>(world: Seen): Seen {
  const isAsked = ([, { applications, requirer }]: (typeof all)[number]) =>
    Object.keys(applications[requirer] ?? {}).length > 0;
  const all = Object.entries(world.relations);
  return { ...world, relations: Object.fromEntries(all.filter(isAsked)) };
}

async function soaked(run?: Charm['run']) {
  const nobody = { others: {}, description: { endpoints: [] } } as unknown as Relate;
  const responses = [await responsesOf(false), await responsesOf(true)];
  let count = 0;
  for (let seed = 1; count < hooks; seed++) {
    const topology = topologyOf(seed);
    const learned = {
      ...nothingLearned,
      responses: responses[topology.hasSecrets ? 1 : 0] ?? new Map(),
    };
    const { atRest, ...hold } = answersHold(learned, nobody, null);
    const held = {
      ...hold,
      atRest: (world: World<null, Pod>) => atRest?.(withoutUnasked(world)) ?? [],
    };
    const oracles = [...whileRelated, ...onceGone, held];
    const simulation = await randomHistory(seenFromOutside(oracles, run), seed, { topology });
    await end(simulation as unknown as Parameters<typeof end>[0]);
    count += simulation.history.filter(
      (one) => isHook(one) && one.unit.startsWith('pgbouncer/'),
    ).length;
  }
  return count;
}

it('whatever befalls it, each oracle about any charm holds of it', async () => {
  expect(await soaked()).toBeGreaterThanOrEqual(hooks);
}, 1_800_000);

/** The charm with something that it does once it is through. */
const beside =
  (more: (tools: Tools) => void): Charm['run'] =>
  async (given, tools, watch) => {
    const ran = await simulated.run(given, tools, watch);
    more(tools);
    return ran;
  };

it.each([
  [
    'FollowersDoNotWrite',
    beside((tools) => {
      try {
        tools.relationSet(1001, 'application', { seen: 'yes' });
      } catch {
        // Nor does it say so.
      }
    }),
  ],
  [
    'AnswersHold',
    beside((tools) => {
      for (const relation of tools.isLeader() ? tools.relationIds('database') : [])
        tools.relationSet(relation, 'application', { endpoints: '' });
    }),
  ],
  [
    'StateGoes',
    beside((tools) => {
      const { relation } = tools.view.hook;
      if (relation !== undefined) tools.stateSet({ [`seen-${relation}`]: 'yes' });
    }),
  ],
  [
    'PasswordsStayIn',
    beside((tools) => {
      const [secret] = Object.values(tools.view.secrets);
      const { password = '' } = secret?.revisions.at(-1) ?? {};
      tools.statusSet({ name: 'active', message: password });
    }),
  ],
])('%s finds a charm of which it does not hold', async (oracle, run) => {
  await expect(soaked(run)).rejects.toThrow(new RegExp(`^${oracle} is violated`));
});
