import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { freePort } from '../../../src/pgbouncer/demo/servers/child.ts';
import { startBackend } from '../../../src/pgbouncer/demo/world.ts';
import { RealCharm } from './charm.ts';

const [leader, follower] = ['pgbouncer/0', 'pgbouncer/1'];

describe('where there is IPv6 only', () => {
  let charm: RealCharm;
  beforeAll(async () => {
    const topology = {
      units: 2,
      hasSecrets: true,
      requirers: { app: { units: 1, request: { database: 'app' } } },
    };
    charm = await RealCharm.start(topology, await startBackend(['listen_addresses=::1,127.0.0.1']));
    charm.moveTo('::1');
    const { primary } = charm.backend;
    // As charms write it that know of no brackets, and in these.
    charm.answer = {
      ...charm.backendDatabag,
      endpoints: `::1:${primary.port}`,
      'read-only-endpoints': `[::1]:${primary.port}`,
    };
    await charm.settle();
    await charm.take({ _tag: 'Relate', application: 'app' });
    await charm.settle();
  }, 60_000);
  afterAll(() => charm.stop());
  const relation = () => Math.max(...Object.keys(charm.world.relations).map(Number));

  it('units are served, published in brackets, and reached', async () => {
    const answer = charm.answerOf(relation());
    const ports = [leader, follower].map((unit) => charm.config(unit).listen_port);
    expect(answer).toMatchObject({
      endpoints: `[::1]:${ports[0]}`,
      'read-only-endpoints': `[::1]:${ports[1]}`,
    });
    for (const key of ['endpoints', 'read-only-endpoints'])
      await (await login(answer, { key })).end();
    for (const key of ['uris', 'read-only-uris']) {
      const { hostname, port } = new URL(answer[key] ?? '');
      expect([hostname, Number(port)]).toEqual(['[::1]', ports[0]]);
    }
    expect([leader, follower].map((unit) => charm.statusOf(unit))).toEqual([
      'active: ',
      'active: ',
    ]);
  });

  it('PgBouncer comes to PostgreSQL by it, for writing and for reading', async () => {
    const { primary } = charm.backend;
    expect(charm.ini(leader)).toContain(`app = host=::1 port=${primary.port} dbname=app\n`);
    expect(charm.ini(leader)).toContain(
      `app_readonly = host=::1 port=${primary.port} dbname=app\n`,
    );
    for (const database of ['app', 'app_readonly'])
      await (await login(charm.answerOf(relation()), { database })).end();
  });

  it('a replica that cannot be used is named, with the reason, and keeps nobody from being served', async () => {
    const other = await freePort();
    charm.answer = {
      ...charm.answer,
      'read-only-endpoints': `${charm.answer?.['read-only-endpoints']},[::1]:${other},nowhere`,
    };
    const changed = { name: 'backend-database-relation-changed' };
    expect(await charm.hook(leader, changed)).toMatchObject({ code: 0, error: '' });
    const { primary } = charm.backend;
    const used = Math.min(primary.port, other);
    const unused = Math.max(primary.port, other);
    expect(charm.statusOf(leader)).toBe(
      `active: replica [::1]:${unused} is not used: PgBouncer reads from replicas of one port, and another one listens on ${used} (and 1 more)`,
    );
    await (await login(charm.answerOf(relation()))).end();
  });

  it('a primary that cannot be read is shown as it stands', async () => {
    charm.answer = { ...charm.answer, endpoints: '::1' };
    await charm.hook(leader, { name: 'backend-database-relation-changed' });
    expect(charm.statusOf(leader)).toContain('its endpoints are "::1", no host and port');
    await (await login(charm.answerOf(relation()))).end();
  });
});
