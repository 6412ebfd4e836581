/** What an operator feels of the charm: how long a hook takes, and how often it calls Juju. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealCharm } from '../pgbouncer/charm/charm.ts';
import { bareNode, inTurns, type Tell } from './bench-measure.ts';
import { leader, Provisioning } from './bench-provisioning.ts';

export async function realCharm(out: Tell, rounds: number): Promise<void> {
  out('\nA charm on Juju: dispatch as a process, three units, secrets');
  const charm = await RealCharm.start({
    hasSecrets: true,
    requirers: {
      application: { units: 1, request: { database: 'app' } },
      another: { units: 1, request: { database: 'other' } },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-bench-'));
  try {
    const bare = idle(charm, folder, out, rounds);
    await charm.settle();
    await provisioning(charm, out, { bare, rounds });
    await charm.settle();
    await steady(charm, out);
    await removal(charm, out);
  } finally {
    await charm.stop();
    rmSync(folder, { recursive: true });
  }
}

/** A hook that nobody handles, beside a Node that does nothing, whose milliseconds are the result. */
function idle(charm: RealCharm, folder: string, out: Tell, rounds: number): number {
  writeFileSync(join(folder, 'state-get'), `#!/bin/sh\necho '""'\n`, { mode: 0o755 });
  const { environment, path } = charm.process(leader, 'database-relation-joined', folder);
  const times = inTurns(
    3 * rounds,
    { env: environment, cwd: path },
    {
      'node -e 0': bareNode(),
      dispatch: { call: [join(path, 'dispatch')] },
      'its program, without the shell before it': { call: [join(path, 'hookchart')] },
    },
  );
  const bare = times['node -e 0'];
  out('  a hook that nobody handles, nothing deferred');
  for (const [name, took] of Object.entries(times))
    out(`    ${name.padEnd(40)}${took.toFixed(1)} ms, ${(took / bare).toFixed(2)} times node -e 0`);
  return bare;
}

/**
 * The hook that provisions, as it was seen to go, and then the same process again with tools that
 * answer at once what was answered then.
 */
async function provisioning(
  charm: RealCharm,
  out: Tell,
  { bare, rounds }: { readonly bare: number; readonly rounds: number },
): Promise<void> {
  const hook = await Provisioning.of(charm);
  try {
    out(`  database-relation-changed that provisions: ${hook.calls} calls of hook tools`);
    for (let round = 0; round < rounds; round++) await hook.run();
    const { own, whole } = hook;
    const times = (own / bare).toFixed(1);
    out(
      `    ${whole.toFixed(0)} ms with tools of ${hook.tool.toFixed(1)} ms, ${(whole - own).toFixed(0)} of them for PostgreSQL and PgBouncer: ${own.toFixed(0)} ms are its own, ${times} times node -e 0`,
    );
  } finally {
    await hook.close();
  }
}

async function steady(charm: RealCharm, out: Tell): Promise<void> {
  await charm.take({ _tag: 'Relate', application: 'another' });
  await charm.settle();
  const before = charm.reloads(leader);
  const hook = { name: 'update-status' };
  const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
  const reloads = charm.reloads(leader) - before;
  const calls = ended?.calls ?? [];
  const writes = calls.filter(({ tool }) => ['relation-set', 'state-set'].includes(tool));
  out(
    `  update-status with 2 relations: ${calls.length} calls, ${writes.length} writes, ${reloads} reloads`,
  );
}

async function removal(charm: RealCharm, out: Tell): Promise<void> {
  for (const relation of [2, 1]) {
    await charm.take({ _tag: 'RemoveRelation', relation });
    const hook = await charm.until(leader, 'database-relation-broken');
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
    const beside = relation === 2 ? 'beside one other relation' : 'of the only relation';
    out(`  database-relation-broken ${beside}: ${ended?.calls.length} calls`);
    await charm.settle();
  }
}
