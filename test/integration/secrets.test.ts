import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it, vi } from 'vitest';
import { hooks } from '../../machines/index.ts';
import { narrateRun } from '../../src/pgbouncer/demo/narrate.ts';
import { type HookError, render } from '../../src/pgbouncer/errors.ts';
import { interpret } from '../interpret.ts';
import { runChart } from './hooks.ts';
import { logsIn, relate, type Servers, unrelate, useServers } from './look.ts';

const leader = 'pgbouncer-k8s/1';

let backend: Servers['backend'];
let world: Servers['world'];
useServers(
  (servers) => {
    ({ world, backend } = servers);
  },
  {},
  ['log_statement=all', 'log_connections=on'],
);

/** The arguments of every process on this machine. */
function processArguments(): string {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');
}

describe('secrets', () => {
  it('are in no log, run, error, output or argument, over a whole life of a relation', async () => {
    const seen: string[] = [];
    for (const stream of [process.stdout, process.stderr])
      vi.spyOn(stream, 'write').mockImplementation((chunk) => {
        seen.push(String(chunk));
        return true;
      });
    const errors: HookError[] = [];
    const bag = await relate(world, 4, { database: 'kept', 'extra-user-roles': 'CREATEDB' });
    expect(await logsIn(bag)).toBe(true);

    const run = await runChart(world, leader, 'database-requested', { relation: 4 });
    narrateRun((text) => seen.push(text), leader, run);
    seen.push(JSON.stringify(run), inspect(run, { depth: null, showHidden: true }));

    const adapters = world.adapters(leader);
    seen.push(inspect(adapters, { depth: null }), JSON.stringify(adapters));
    for (const unit of world.juju.units) {
      const refused = await world
        .adapters(unit)
        .pooler.admits(
          { user: bag.username ?? '', password: { secret: `${bag.password}x` } },
          'kept',
        )();
      if (E.isLeft(refused)) errors.push(refused.left);
    }
    world.secrets.push(`${bag.password}x`);
    await world.pooler(leader).kill();
    await backend.primary.stop();
    world.juju.request(5, { database: 'kept_too' });
    const deferred = await interpret(world.adapters(leader))(hooks['database-requested'])({
      relation: 5,
    })();
    seen.push(JSON.stringify(deferred));
    await backend.primary.start();
    const half = await interpret(world.adapters(leader))(hooks['database-requested'])({
      relation: 5,
    })();
    seen.push(JSON.stringify(half));
    expect(half).toMatchObject({ right: { end: { why: { _tag: 'PoolerUnavailable' } } } });
    await world.pooler(leader).start();
    await world.settle();
    for (const relation of [4, 5]) await unrelate(world, relation);
    vi.restoreAllMocks();

    seen.push(...errors.map(render), JSON.stringify(errors));
    seen.push(...world.juju.units.map((unit) => JSON.stringify(world.juju.status(unit))));
    seen.push(backend.primary.log(), backend.replica.log());
    seen.push(...[...world.poolers.values()].map((pooler) => pooler.log()));
    seen.push(processArguments());
    expect(seen.at(-1)).toContain('pgbouncer.ini');

    expect(errors.length).toBe(3);
    expect(backend.primary.log()).toContain('SCRAM-SHA-256$4096');
    expect(world.secrets.length).toBeGreaterThanOrEqual(3 + 2 + 1);
    const everything = seen.join('\n');
    for (const secret of world.secrets) {
      expect(secret.length).toBeGreaterThanOrEqual(8);
      expect(everything.includes(secret)).toBe(false);
    }
  });
});
