/** What a hook costs without a server: the memory world, with more and more relations beside. */
import * as E from 'fp-ts/lib/Either.js';
import { hooks } from '../../machines/index.ts';
import { fingerprint } from '../../src/juju/hook-tools/fingerprint.ts';
import {
  MemoryJuju,
  MemoryPgbouncer,
  MemoryPostgres,
  seededEntropy,
} from '../../src/pgbouncer/memory/index.ts';
import type { Adapters } from '../../src/pgbouncer/ports.ts';
import { serving } from '../../src/pgbouncer/relation/ledger.ts';
import { interpret } from '../interpret.ts';
import { median, number, type Tell } from './bench-measure.ts';

/** A world with a number of relations that are served already. */
async function crowd(others: number) {
  const units = ['p/0', 'p/1', 'p/2'];
  const juju = new MemoryJuju({
    application: 'p',
    units,
    leader: 'p/0',
    endpoint: (unit) => `${unit.replace('/', '-')}:6432`,
  });
  const server = new MemoryPostgres();
  const poolers = new Map(units.map((unit) => [unit, new MemoryPgbouncer(server)]));
  const entropy = seededEntropy(1);
  const adapters = (unit: string): Adapters => ({
    juju: juju.hook(unit),
    backend: server.hook(),
    pooler: (poolers.get(unit) as MemoryPgbouncer).hook(),
    entropy,
    clock: () => performance.now(),
  });
  const bags: Record<string, string> = {};
  const published = {
    endpoints: 'p-0:6432',
    readOnlyEndpoints: 'p-1:6432,p-2:6432',
    version: '14.5',
  };
  const served: Record<number, string> = {};
  for (let relation = 10; relation < 10 + others; relation++) {
    const database = `application_${relation}`;
    const password = entropy.password();
    const verifier = { secret: fingerprint(password.secret) };
    served[relation] = serving({ database, verifier });
    juju.request(relation, { database, 'extra-user-roles': 'CREATEDB' });
    bags[`relation-${relation}`] = JSON.stringify({
      relation,
      state: 'published',
      user: `relation_id_${relation}`,
      database,
      place: database,
      attributes: ['CREATEDB'],
      roles: [],
      password,
      verifier,
      owner: juju.owner,
      published,
      error: null,
    });
  }
  const status = { name: 'active', message: '' } as const;
  for (const unit of units)
    await juju.hook(unit).commit({
      bags: [
        {
          bag: { _tag: 'PeerUnit', unit },
          values: {
            address: `${unit.replace('/', '-')}:6432`,
            serving: JSON.stringify(served),
            users: 'listed',
          },
        },
        ...(unit === 'p/0' ? [{ bag: { _tag: 'PeerApp' } as const, values: bags }] : []),
      ],
      state: {},
      status,
    })();
  return { juju, run: interpret(adapters('p/0')) };
}

const good = (
  outcome: E.Either<unknown, { path: readonly string[]; end: { _tag: string } }>,
  last: string,
) => {
  if (E.isLeft(outcome) || outcome.right.path.at(-1) !== last)
    throw new Error(JSON.stringify(outcome).slice(0, 500));
};

export async function memoryWorld(
  out: Tell,
  { crowds, blocks }: { readonly crowds: readonly number[]; readonly blocks: number },
): Promise<void> {
  out('\nMemory world: whole hooks of the leader per second, beside other relations');
  out('      others   requested      broken   µs more a hook for each other: requested, broken');
  let alone: readonly number[] = [];
  for (const others of crowds) {
    const { juju, run } = await crowd(others);
    const rounds = Math.ceil(5 + 4_000 / (1 + others / 25));
    const times: { requested: number[]; broken: number[] } = { requested: [], broken: [] };
    for (let block = 0; block < blocks; block++) {
      let [requested, broken] = [0, 0];
      for (let round = 0; round < rounds; round++) {
        juju.request(4, { database: 'wanted', 'extra-user-roles': 'CREATEDB' });
        let started = performance.now();
        good(await run(hooks['database-requested'])({ relation: 4 })(), 'rtn2');
        requested += performance.now() - started;
        juju.breaking(4);
        started = performance.now();
        good(await run(hooks['database-relation-broken'])({ relation: 4 })(), 'rtn3');
        broken += performance.now() - started;
        juju.forget(4);
      }
      // The first quarter warms up.
      if (block >= blocks / 4) {
        times.requested.push(requested / rounds);
        times.broken.push(broken / rounds);
      }
    }
    const each = [median(times.requested), median(times.broken)];
    if (others === 0) alone = each;
    const more = each.map((time, index) =>
      others === 0 ? '-' : (((time - (alone[index] ?? 0)) * 1000) / others).toFixed(2),
    );
    out(
      `${number(others)}${each.map((time) => number(1000 / time)).join('')}   ${more.join(', ')}`,
    );
  }
}
