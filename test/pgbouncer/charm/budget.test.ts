import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { impostor } from '../../integration/impostor.ts';
import { freeze } from './frozen.ts';
import { leader, Queue } from './queue.ts';

let queue: Queue;
let thaw: () => void = () => {};
const relations: number[] = [];
beforeAll(async () => {
  queue = await Queue.start(1);
}, 60_000);
afterEach(() => thaw());
afterAll(() => queue.charm.stop());

describe('PostgreSQL that hangs', () => {
  it('is found out once in a hook, however many wait', async () => {
    const took: number[] = [];
    for (const count of [1, 4]) {
      relations.push(...(await queue.wait(count)));
      thaw = freeze(queue.postmaster);
      const { milliseconds, status } = await queue.honest(relations);
      thaw();
      took.push(milliseconds);
      // Less than all that servers may have of the hook.
      expect(milliseconds).toBeLessThan(7_000);
      expect(status).toMatch(
        /^waiting: waiting for the backend database at 127.0.0.1:\d+ \(the server does not answer in time\)/,
      );
      expect(relations.some((relation) => queue.isServed(relation))).toBe(false);
    }
    const [one = 0, five = 0] = took;
    expect(Math.abs(five - one)).toBeLessThan(1_000);
  });

  it('is one wait where somebody else accepts in its place and says nothing', async () => {
    const silent = await impostor(() => {});
    const endpoints = `127.0.0.1:${silent.port}`;
    queue.charm.answer = { ...queue.charm.backendDatabag, endpoints };
    const { milliseconds, status } = await queue.honest(relations);
    queue.charm.answer = queue.charm.backendDatabag;
    await silent.close();
    expect(milliseconds).toBeLessThan(7_500);
    expect(status).toContain(`at ${endpoints} (the server does not answer in time`);
  });

  it('in the middle of a statement ends the hook in time, and what was not done is done later', async () => {
    queue.upon('statement: CREATE DATABASE', () => {
      thaw = freeze(queue.postmaster);
    });
    const { out, status } = await queue.honest(relations);
    expect(status).toMatch(/^waiting: waiting for the backend database/);
    expect(out).toContain(', deferred: PostgreSQL at 127.0.0.1:');
    expect(out).toContain("was not begun, for the hook's time was up; the next hook does it");
    thaw();
    await queue.madeUp(relations);
  });

  it('at any call of a tool ends the hook in time, and what was done is called done', async () => {
    const more = [...(await queue.wait(2))];
    const { out, calls } = await queue.honest(more, {
      instead: ({ tool }) => {
        // The first that is written in this hook is a secret: that of the first relation.
        if (tool === 'secret-add') thaw = freeze(queue.postmaster);
        return null;
      },
    });
    const [first = 0, second = 0] = more;
    expect(calls.some(({ tool }) => tool === 'secret-add')).toBe(true);
    expect([queue.isServed(first), queue.isServed(second)]).toEqual([true, false]);
    expect(out).toMatch(
      new RegExp(`^database-requested of relation ${second}:.*, deferred: `, 'm'),
    );
    expect(queue.charm.statusOf(leader)).toMatch(/^waiting: /);
    thaw();
    await queue.madeUp(more);
  });
});
