import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { type Hindrance, RealCharm } from './charm.ts';

const leader = 'pgbouncer/0';
const folder = mkdtempSync(join(tmpdir(), 'hookchart-preload-'));

let charm: RealCharm;
beforeAll(async () => {
  charm = await RealCharm.start({
    units: 1,
    hasSecrets: true,
    requirers: Object.fromEntries(
      Array.from({ length: 8 }, (_, number) => [
        `app-${number}`,
        { units: 1, request: { database: `db_${number}` } },
      ]),
    ),
  });
  await charm.settle();
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await charm.stop();
});

/** What lies beside the files of a unit, and beside its charm. */
function lying(): readonly string[] {
  const secrets = join(charm.home(leader), '..', 'charm-pgbouncer-0', '.hookchart-secrets');
  return [
    ...readdirSync(charm.home(leader)).filter((name) => /\.[0-9a-f]{12}$/.test(name)),
    ...(existsSync(secrets) ? ['secrets'] : []),
  ];
}

/** A process that dies when a file that is whole is to take the place of another, the n-th from 1. */
function dyingAt(replacement: number): Hindrance {
  const program = join(folder, 'dies.cjs');
  writeFileSync(
    program,
    `const files = require('node:fs/promises');
     const { rename } = files;
     let count = 0;
     files.rename = (...args) => {
       if (++count === Number(process.env.DIES_AT)) process.kill(process.pid, 'SIGKILL');
       return rename(...args);
     };`,
  );
  return {
    variables: {
      // Each runtime looks at its own.
      BUN_OPTIONS: `--preload ${program}`,
      NODE_OPTIONS: `--require ${program}`,
      DIES_AT: String(replacement),
    },
  };
}

/** A relation that is provisioned by a hook which meets this, and what lies about after it. */
async function provisioned(hindrance: Hindrance) {
  const relation = charm.world.made.relations;
  await charm.take({ _tag: 'Relate', application: `app-${relation}` });
  const hook = await charm.until(leader, 'database-relation-changed');
  const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook }, hindrance);
  const left = lying();
  expect(await charm.hook(leader, { name: 'update-status' })).toMatchObject({ code: 0 });
  expect(lying()).toEqual([]);
  await charm.settle();
  await (await login(charm.answerOf(relation))).end();
  return { signal: ended?.signal, calls: ended?.calls ?? [], left };
}

describe('what a killed hook has left', () => {
  it('beside the files of PgBouncer is gone after the next one', async () => {
    const files: string[] = [];
    for (let replacement = 1; ; replacement++) {
      const { signal, left } = await provisioned(dyingAt(replacement));
      if (signal !== 'SIGKILL') break;
      files.push(...left.map((name) => name.replace(/\.[0-9a-f]{12}$/, '')));
    }
    expect(files).toEqual(['pgbouncer.ini.unconfirmed', 'userlist.txt', 'pgbouncer.ini']);
  });

  it('of secrets is gone after the next one', async () => {
    const { calls } = await provisioned({});
    const added = calls.findIndex(({ tool }) => tool === 'secret-add') + 1;
    const { signal, left } = await provisioned({ killedAt: added });
    expect([signal, left]).toEqual(['SIGKILL', ['secrets']]);
  });

  it('is told from a log that bears its date', async () => {
    const log = join(charm.home(leader), 'pgbouncer.log.202511250830');
    writeFileSync(log, '');
    await charm.hook(leader, { name: 'update-status' });
    expect(existsSync(log)).toBe(true);
    rmSync(log);
  });
});
