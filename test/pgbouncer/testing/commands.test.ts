import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { defaultPolicy, parseRequest } from '../../../src/pgbouncer/relation/request.ts';
import {
  databags,
  provider,
  requests,
  simulated,
  topologies,
} from '../../../src/pgbouncer/testing/index.ts';
import { histories, historiesHold } from '../../../src/testing/commands.ts';
import { worldOf } from '../../../src/testing/deploy.ts';

import { nextFair, rest, Simulation, Violated } from '../../../src/testing/simulation.ts';
import { randomHistory, soak } from '../../../src/testing/soak.ts';
import { unitsOf } from '../../../src/testing/world.ts';

const small = fc.constant({
  units: 2,
  requirers: { app: { units: 1, request: { database: 'app' } } },
});

/** A charm that keeps the record of a removal and forgets the role. */
const leaky: typeof simulated = {
  ...simulated,
  run: (given, tools) =>
    simulated.run(
      { ...given, backend: { ...given.backend, remove: () => async () => E.right([]) } },
      tools,
    ),
};

describe('arbitraries', () => {
  it('property: requests are served, databags are anything', () => {
    const parse = parseRequest(defaultPolicy);
    fc.assert(fc.property(requests(fc), (bag) => E.isRight(parse(4, bag))));
    const kinds = fc.sample(databags(fc), 300).map((bag) => E.isRight(parse(4, bag)));
    expect(new Set(kinds).size).toBe(2);
  });

  it('property: every topology deploys and comes to rest', async () => {
    await fc.assert(
      fc.asyncProperty(topologies(fc), async (topology) => {
        const { isAtRest, world } = await rest(simulated, worldOf(simulated, topology));
        expect(isAtRest).toBe(true);
        expect(unitsOf(world, provider)).toHaveLength(topology.units ?? 3);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a fair world', () => {
  it('has somebody lead before it repeats what fails, which may wait for that', async () => {
    const topology = { units: 2, requirers: { app: { units: 1, request: { database: 'app' } } } };
    const { world } = await rest(simulated, worldOf(simulated, topology));
    const { pgbouncer } = world.applications;
    const unit = world.units['app/0'];
    if (pgbouncer === undefined || unit === undefined) throw new Error('they are deployed');
    const hook = { name: 'database-relation-changed', relation: 1, remoteApplication: provider };
    const failing = {
      ...world,
      applications: { ...world.applications, pgbouncer: { ...pgbouncer, leader: null } },
      units: { ...world.units, 'app/0': { ...unit, failed: hook } },
    };
    expect(nextFair(simulated, failing)).toMatchObject({ _tag: 'Elect' });
    const { isAtRest } = await rest(simulated, failing);
    expect(isAtRest).toBe(true);
  });
});

describe('histories', () => {
  it('property: none violates an invariant, and each one ends clean', async () => {
    await fc.assert(historiesHold(fc, simulated, topologies(fc)), { numRuns: 40 });
  });

  it('a counter-example is the shortest story, and replays from what is printed with it', async () => {
    const property = historiesHold(fc, leaky, small);
    const failed = await fc.check(property, { numRuns: 300, seed: 7 });
    expect(failed.failed).toBe(true);
    const { seed, counterexamplePath, errorInstance } = failed;
    if (!(errorInstance instanceof Violated)) throw errorInstance;
    const { story, message } = errorInstance;
    const chosen = story.filter((line) => !line.startsWith(' '));
    // The role of a request that went is left behind: it takes the request, and that it goes.
    expect(chosen).toHaveLength(2);
    expect(chosen[0]).toBe('app is related');
    expect(chosen[1]).toMatch(/^(relation 1 is (removed|suspended)|app is removed|app asks for)/);
    expect(message).toContain('I3 claims: A relation that lives keeps its role;');
    expect(fc.defaultReportMessage(failed as never)).toContain(`,${chosen.join(', ')}]`);
    const again = await fc.check(historiesHold(fc, leaky, small), {
      seed,
      path: counterexamplePath ?? '',
      endOnFailure: true,
    });
    expect(String(again.errorInstance)).toBe(String(errorInstance));
  });

  it('say what has nothing to do', async () => {
    const simulation = new Simulation(simulated, { requirers: {} });
    const told = new Set<string>();
    for (const commands of fc.sample(histories(fc, simulated), { numRuns: 20, seed: 4 }))
      for (const command of commands) {
        await command.run({}, { simulation });
        told.add(String(command));
      }
    expect([...told].some((line) => line.endsWith('(nothing to do)'))).toBe(true);
    expect([...told].some((line) => line.startsWith('pgbouncer/0 runs'))).toBe(true);
  });
});

describe('soaking', () => {
  it('the same seed is the same history', async () => {
    const [one, other] = [await randomHistory(simulated, 3), await randomHistory(simulated, 3)];
    expect(one.history).toEqual(other.history);
    expect(one.world).toEqual(other.world);
    expect((await randomHistory(simulated, 4)).history).not.toEqual(one.history);
  });

  it('goes on until enough hooks have run, and none violates anything', async () => {
    const soaked = await soak(simulated, { hooks: 3000, seed: 90 });
    expect(soaked.failure?.violated.message ?? null).toBeNull();
    expect(soaked.hooks).toBeGreaterThanOrEqual(3000);
  });

  it('a violation ends it, with the seed and the story of how it came to it', async () => {
    const { failure } = await soak(leaky, { hooks: 100_000, seed: 1 });
    expect(failure?.violated).toBeInstanceOf(Violated);
    expect(failure?.violated.message).toMatch(/is violated: .*\n(.*\n)*after\n/);
    await expect(randomHistory(leaky, failure?.seed ?? 0)).rejects.toEqual(failure?.violated);
  });
});
