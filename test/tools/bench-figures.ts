/** Those figures that have a target: what hooks of the charm cost, alone and beside many relations. */
import { join } from 'node:path';
import { freePort } from '../../src/pgbouncer/demo/servers/child.ts';
import { RealCharm } from '../pgbouncer/charm/charm.ts';
import { addCrowd, crowdApplication } from '../pgbouncer/charm/crowd.ts';
import { bareNode, inTurns, type Tell } from './bench-measure.ts';
import { leader, Provisioning } from './bench-provisioning.ts';
import { failedTransactions } from './bench-transactions.ts';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target: number;
  readonly met: boolean;
}

/** How many relations there are, and how often a hook is run. */
export interface Sizes {
  readonly others: number;
  /** How many are told of a changed port. */
  readonly moved: number;
  /** How many come and go while others work. */
  readonly passing: number;
  readonly rounds: number;
}

type Say = (name: string, value: number, unit: string, target: number) => void;

export async function figuresOf(
  out: Tell,
  { others, moved, passing, rounds }: Sizes,
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const say: Say = (name, value, unit, target) => {
    const rounded = Math.round(value * 100) / 100;
    figures.push({ name, value: rounded, unit, target, met: rounded <= target });
    out(`  ${name}: ${rounded} ${unit}, at most ${target}`);
  };
  out('\nThe charm: dispatch as a process, three units, secrets');
  await provisioned(say, { others, rounds });
  await manyTold(say, moved);
  const failed = await failedTransactions(out, passing);
  const name = `failed transactions of others while ${passing} relations come and go, TLS on`;
  say(name, failed, 'transactions', 0);
  return figures;
}

async function provisioned(
  say: Say,
  { others, rounds }: Pick<Sizes, 'others' | 'rounds'>,
): Promise<void> {
  const alone = await Provisioning.beside(0);
  const beside = await Provisioning.beside(others);
  try {
    const { environment, path: cwd } = alone;
    // It is loaded whole, and finds that nobody says which unit it is.
    const env = { ...environment, JUJU_UNIT_NAME: '' };
    const { bare, refusing } = inTurns(
      3 * rounds,
      { env, cwd },
      {
        bare: bareNode(),
        refusing: { call: [join(cwd, 'hookchart')], code: 1 },
      },
    );
    say('a hook that is refused at once, of node -e 0', refusing / bare, 'times', 1);
    for (let round = 0; round < rounds; round++) {
      await alone.run();
      await beside.run();
    }
    say(`calls, provisioning beside ${others}`, beside.calls, 'calls', 18);
    const tools = `provisioning's own time, tools of ${alone.tool.toFixed(1)} ms`;
    say(`${tools}, of node -e 0`, alone.own / bare, 'times', 2.5);
    say(tools, alone.own, 'ms', 65);
    const ofAlone = beside.own / alone.own;
    say(`provisioning's own time beside ${others}, of that beside none`, ofAlone, 'times', 1.5);
    say(`memory of the process beside ${others}`, beside.megabytes, 'MB', 120);
  } finally {
    await alone.stop();
    await beside.stop();
  }
}

/** The leader's port changes: how long each hook takes until all have been told. */
async function manyTold(say: Say, moved: number): Promise<void> {
  const requirers = {
    application: { units: 1, request: { database: 'app' } },
    [crowdApplication]: { units: 0, request: {} },
  };
  const charm = await RealCharm.start({ hasSecrets: true, requirers });
  const run = async (name: string) => {
    const hook = name === 'update-status' ? { name } : await charm.until(leader, name);
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
    if (ended === null || ended.code !== 0) throw new Error(ended?.error ?? 'it did not run');
    return ended;
  };
  try {
    await charm.settle();
    await addCrowd(charm, moved, 'provisioned');
    await run('update-status');
    const status: number[] = [];
    for (let round = 0; round < 3; round++) status.push((await run('update-status')).calls.length);
    say(`calls, update-status beside ${moved}`, Math.max(...status), 'calls', 14);
    charm.config(leader).listen_port = await freePort();
    const first = await charm.hook(leader, { name: 'config-changed' });
    let longest = first.milliseconds;
    while (charm.statusOf(leader).includes('republishing'))
      longest = Math.max(longest, (await run('pgb-peers-relation-changed')).milliseconds);
    say(`longest hook, port changed with ${moved} relations`, longest / 1_000, 's', 10);
    await charm.take({ _tag: 'Relate', application: 'application' });
    // Each secret that tells of the new port is announced to its owner.
    await charm.settle(4 * moved + 200);
    const relation = Object.keys(charm.world.relations).find(
      (id) => charm.world.relations[id]?.requirer === 'application',
    );
    await charm.take({ _tag: 'RemoveRelation', relation: Number(relation) });
    const broken = await run('database-relation-broken');
    say(`calls, broken beside ${moved}`, broken.calls.length, 'calls', 14);
  } finally {
    await charm.stop();
  }
}
