import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../src/demo/client.ts';
import { RealCharm } from './charm.ts';

let charm: RealCharm;
beforeAll(async () => {
  charm = await RealCharm.start({
    hasSecrets: true,
    requirers: { application: { units: 1, request: { database: 'app' } } },
  });
});
afterAll(() => charm.stop());

describe('a charm on Juju', () => {
  it('serves an application', async () => {
    await charm.settle();
    await charm.take({ _tag: 'Relate', application: 'application' });
    await charm.settle();
    const answer = charm.answerOf(1);
    expect(charm.statusOf('pgbouncer/0')).toBe('active: ');
    const client = await login(answer);
    await client.query('CREATE TABLE t (a int)');
    await client.end();
  });
});
