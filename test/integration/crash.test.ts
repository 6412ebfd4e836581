import * as E from 'fp-ts/lib/Either.js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PgbouncerWords } from '../../machines/index.ts';
import { type HookEvent, type HookName, hooks } from '../../machines/index.ts';
import type { Keep, SecretState } from '../../src/hook/index.ts';
import { interpret } from '../interpret.ts';
import { runChart } from './hooks.ts';
import { entries, logsIn, own, record, relate, type Servers, sql, useServers } from './look.ts';

const leader = 'pgbouncer-k8s/1';

let world: Servers['world'];
useServers((servers) => {
  ({ world } = servers);
});

/** The process is lost: nothing catches this, and nothing of the hook is committed. */
class Lost extends Error {}

interface Case {
  readonly name: string;
  readonly hook: HookName;
  /** Requests that an undisturbed run makes; the process is lost after each of them in turn. */
  readonly requests: number;
  readonly prepare: (relation: number) => Promise<void>;
  readonly event: (relation: number) => HookEvent;
}

const database = (relation: number) => `crash_${relation}`;
const plain = (relation: number): HookEvent => ({ relation });

const cases: readonly Case[] = [
  {
    name: 'database-requested',
    hook: 'database-requested',
    requests: 7,
    prepare: async (relation) =>
      world.juju.request(relation, {
        database: database(relation),
        'extra-user-roles': relation % 2 === 0 ? 'CREATEDB' : '',
      }),
    event: plain,
  },
  {
    name: 'database-requested, replayed when it is served',
    hook: 'database-requested',
    requests: 7,
    prepare: async (relation) => {
      await relate(world, relation, { database: database(relation) });
    },
    event: plain,
  },
  {
    name: 'database-relation-departed, of a unit that dies',
    hook: 'database-relation-departed',
    requests: 3,
    prepare: async (relation) => {
      await relate(world, relation, { database: database(relation) });
    },
    event: (relation) => ({ relation, departingUnit: leader }),
  },
  {
    name: 'database-relation-broken',
    hook: 'database-relation-broken',
    requests: 5,
    prepare: async (relation) => {
      await relate(world, relation, { database: database(relation) });
      world.juju.breaking(relation);
    },
    event: plain,
  },
];

// Long enough not to turn up in a port.
let next = 700_001;

/** All that is left of a relation anywhere, with its number taken out. */
async function stateOf(relation: number) {
  const roles = await sql(
    world,
    `SELECT rolname, rolcanlogin FROM pg_roles
      WHERE shobj_description(oid, 'pg_authid') LIKE 'user of relation ${relation} %'`,
  );
  const serving: Record<string, string[]> = {};
  for (const unit of world.juju.units)
    serving[unit] = (await entries(world, unit)).filter((name) =>
      name.startsWith(database(relation)),
    );
  const bag = own(world, relation);
  const entry = record(world, relation);
  const kept = await world.juju.hook(leader).state();
  const text = JSON.stringify({
    roles,
    serving,
    keys: Object.keys(bag).sort(),
    record:
      entry === null
        ? null
        : {
            ...entry,
            password: entry.password !== null,
            verifier: entry.verifier !== null,
            attributes: 0,
          },
    flag: E.isRight(kept) ? (kept.right[`departing-${relation}`] ?? null) : 'not read',
    logsIn: bag.password === undefined ? null : await logsIn(bag),
  });
  return JSON.parse(text.replaceAll(String(relation), '0'));
}

/** Ends what a case left, so that the next one finds the world as this one did. */
async function clear(relation: number): Promise<void> {
  world.juju.forget(relation);
  await world.settle();
  await world.settle();
  expect((await stateOf(relation)).roles).toEqual([]);
}

async function undisturbed({ hook, prepare, event }: Case, relation: number) {
  await prepare(relation);
  const run = await runChart(world, leader, hook, event(relation));
  await world.settle();
  return { run, state: await stateOf(relation) };
}

describe.each(cases)('$name', (one) => {
  let expected: Awaited<ReturnType<typeof undisturbed>>;
  beforeAll(async () => {
    const relation = next++;
    expected = await undisturbed(one, relation);
    await clear(relation);
  });

  it('makes as many requests as there are places to be lost at', () => {
    expect(expected.run.steps.length).toBe(one.requests);
  });

  const table = Array.from({ length: one.requests }, (_, index) => [
    [index + 1, 'from the start'] as const,
    [index + 1, 'from the stored state'] as const,
  ]).flat();

  it.each(table)('lost after request %i, it goes on %s to the same end', async (at, how) => {
    const relation = next++;
    await one.prepare(relation);
    const before = own(world, relation);
    const databags = JSON.stringify([
      own(world, relation),
      world.juju.databag({ _tag: 'PeerApp' }),
    ]);

    let stored: SecretState | HookEvent = one.event(relation);
    let answers = 0;
    const keep: Keep<PgbouncerWords> = (state) => async () => {
      answers += 1;
      if (answers === at) throw new Lost();
      stored = JSON.parse(JSON.stringify(state));
      return E.right(undefined);
    };
    await expect(runChart(world, leader, one.hook, one.event(relation), { keep })).rejects.toThrow(
      Lost,
    );
    expect(JSON.stringify([own(world, relation), world.juju.databag({ _tag: 'PeerApp' })])).toBe(
      databags,
    );
    if (before.password !== undefined && one.hook === 'database-requested')
      expect(await logsIn(before)).toBe(true);

    const from = how === 'from the start' ? one.event(relation) : stored;
    const outcome = await interpret(world.adapters(leader))(hooks[one.hook])(from)();
    expect(outcome).toMatchObject({ _tag: 'Right', right: { end: { _tag: 'Returned' } } });
    await world.settle();

    expect(await stateOf(relation)).toEqual(expected.state);
    if (before.password !== undefined && one.hook === 'database-requested')
      expect(own(world, relation).password).toBe(before.password);
    await clear(relation);
  });
});
