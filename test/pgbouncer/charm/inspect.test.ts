import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyRecording, type HookEntry, type Hub, openHub } from '../../../src/inspector/index.ts';
import { RealCharm } from './charm.ts';

const leader = 'pgbouncer/0';

/** A port that leads to another one, as `ssh -R` makes it on a unit. */
async function forwardedTo(port: number) {
  let bytes = 0;
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end);
      end.on('error', () => {});
      end.on('close', () => other.destroy());
    }
    near.on('data', (chunk) => {
      bytes += chunk.length;
    });
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' ? address?.port : 0,
    bytes: () => bytes,
    stop: async () => {
      for (const end of ends) end.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let charm: RealCharm;
let hub: Hub;
beforeAll(async () => {
  hub = await openHub(emptyRecording('nothing yet'));
  charm = await RealCharm.start({
    units: 1,
    hasSecrets: true,
    requirers: { application: { units: 1, request: { database: 'app' } } },
  });
}, 60_000);
afterAll(async () => {
  await charm?.stop();
  await hub.close();
});

const recorded = () =>
  hub.recording().entries.filter((entry): entry is HookEntry => entry._tag === 'Hook');

describe('a dispatch with HOOKCHART_INSPECT', () => {
  it('is seen while it runs: its chart, its databags, PgBouncer’s file, and no password', async () => {
    await charm.settle();
    await charm.take({ _tag: 'Relate', application: 'application' });
    const hook = await charm.until(leader, 'database-relation-changed');
    const variables = { HOOKCHART_INSPECT: hub.source };
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook }, { variables });
    expect(ended).toMatchObject({ code: 0, error: '' });
    const [entry, ...others] = recorded();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      unit: leader,
      event: { hook: 'database-relation-changed', relation: 1 },
      end: 'Committed',
      charts: [{ hook: 'database-requested', end: { _tag: 'Returned' } }],
    });
    expect(entry?.charts[0]?.path).toContain('create_user_and_db');
    expect(entry?.seen.configuration?.after).toMatch(/^\[pgbouncer\]\n[\s\S]*app = host=/);
    expect(entry?.seen.written['relation 1: pgbouncer']?.['secret-user']).toMatch(/^secret:/);
    const told = JSON.stringify(hub.recording());
    const passwords = Object.values(charm.world.secrets).flatMap(({ revisions }) =>
      revisions.flatMap(({ password }) => password ?? []),
    );
    expect(passwords.length).toBeGreaterThanOrEqual(1);
    const { password: mighty, login } = charm.backend.primary;
    for (const password of [...passwords, mighty, login.password])
      expect(told).not.toContain(password);
  });

  it('is seen through a port that is forwarded to the inspector', async () => {
    await charm.settle();
    const seen = recorded().length;
    const forwarded = await forwardedTo(Number(new URL(hub.page).port));
    const variables = { HOOKCHART_INSPECT: `ws://127.0.0.1:${forwarded.port}/source` };
    const ended = await charm.hook(leader, { name: 'update-status' }, { variables });
    await forwarded.stop();
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(recorded().slice(seen)).toMatchObject([
      { unit: leader, event: { hook: 'update-status' }, end: 'Committed' },
    ]);
    expect(forwarded.bytes()).toBeGreaterThan(1_000);
  });

  it('goes on, and says so once, where the port is forwarded to nobody', async () => {
    const forwarded = await forwardedTo(9);
    const variables = { HOOKCHART_INSPECT: `ws://127.0.0.1:${forwarded.port}/source` };
    const ended = await charm.hook(leader, { name: 'update-status' }, { variables });
    await forwarded.stop();
    expect(ended.code).toBe(0);
    expect(ended.error.match(/the inspector at/g)).toHaveLength(1);
  });

  it('shows a hook that fails, and each hook under a name of its own', async () => {
    await charm.settle();
    const variables = { HOOKCHART_INSPECT: hub.source };
    const failed = await charm.hook(
      leader,
      { name: 'update-status' },
      {
        variables,
        instead: ({ tool }) => (tool === 'status-set' ? { code: 1, out: '', error: 'no' } : null),
      },
    );
    expect(failed.code).toBe(1);
    const entries = recorded();
    expect(entries.at(-1)).toMatchObject({ event: { hook: 'update-status' }, end: 'Failed' });
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  });

  it('goes on where nobody looks, and says so', async () => {
    const variables = { HOOKCHART_INSPECT: 'ws://127.0.0.1:9/source' };
    const ended = await charm.hook(leader, { name: 'update-status' }, { variables });
    expect(ended.code).toBe(0);
    expect(ended.error).toMatch(/^the inspector at ws:\/\/127\.0\.0\.1:9\/source does not listen/);
  });
});
