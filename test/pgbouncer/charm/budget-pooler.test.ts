import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { freePort } from '../../../src/pgbouncer/demo/servers/child.ts';
import { freeze } from './frozen.ts';
import { leader, Queue } from './queue.ts';

let queue: Queue;
let thaw: () => void = () => {};
beforeAll(async () => {
  queue = await Queue.start(2);
}, 60_000);
afterEach(() => thaw());
afterAll(() => queue.charm.stop());

describe('PgBouncer that hangs', () => {
  it('is found out once in a hook, however many wait, and keeps its sessions', async () => {
    const { charm } = queue;
    const pid = charm.pooler(leader);
    const session = await login(charm.answerOf(1));
    const relations: number[] = [];
    const took: number[] = [];
    for (const count of [1, 2]) {
      relations.push(...(await queue.wait(count)));
      thaw = freeze(pid);
      const { milliseconds, status, out } = await queue.honest(relations);
      thaw();
      took.push(milliseconds);
      // Less than all that servers may have of the hook.
      expect(milliseconds).toBeLessThan(7_000);
      const why = /PgBouncer at 127.0.0.1:\d+ does not answer \(the server does not answer in time/;
      expect(status).toMatch(why);
      expect(out).toMatch(why);
      expect(relations.some((relation) => queue.isServed(relation))).toBe(false);
    }
    const [one = 0, three = 0] = took;
    expect(Math.abs(three - one)).toBeLessThan(2_000);
    await queue.madeUp(relations);
    expect(charm.pooler(leader)).toBe(pid);
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await session.end();
  });

  it('is not waited for longer than the hook has where it is to be started anew', async () => {
    const { charm } = queue;
    thaw = freeze(charm.pooler(leader));
    Object.assign(charm.config(leader), { listen_port: await freePort() });
    const { status } = await queue.honest([], { hook: { name: 'config-changed' } });
    expect(status).toMatch(/^waiting: PgBouncer at .* \(process \d+ does not end\)/);
    thaw();
    await queue.madeUp([1, 2]);
    expect(charm.answerOf(1).endpoints).toContain(String(charm.config(leader).listen_port));
  });
});
