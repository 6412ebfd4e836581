import { describe, expect, it } from 'vitest';
import { getShortestPaths } from 'xstate/graph';
import { hooks } from '../../machines/index.ts';
import * as left from '../../machines/left-to-do.ts';
import { nodesOf, type Signal } from '../../src/hook/index.ts';

describe.each(Object.entries(hooks))('machine %s', (name, machine) => {
  const nodes = nodesOf(machine);

  it('bears the name of its hook', () => {
    expect(machine.id).toBe(name);
    expect(nodes[0]?.id).toBe('hook_fired');
    // What is left to do is no hook of Juju's.
    const isLeft = Object.values(left).some((one) => one === machine);
    const label = isLeft ? name : `${name} Hook`;
    expect(nodes[0]?.drawing).toEqual({ shape: 'terminal', label });
  });

  it('has no guards, no invoked actors, no timers: an answer decides', () => {
    const text = JSON.stringify(machine.config, (_, value) =>
      typeof value === 'function' ? 'function' : value,
    );
    for (const word of ['guard', 'always', 'invoke', 'after', 'spawn', 'emit', 'sendTo', 'raise'])
      expect(text).not.toContain(`"${word}"`);
  });

  it('asks once on every node but the first, by name', () => {
    for (const { id, request } of nodes)
      expect(request === null, `${id} asks`).toBe(id === 'hook_fired');
    for (const state of Object.values(machine.config.states ?? {}))
      if (state.entry !== undefined) expect(state.entry).toMatchObject({ type: 'ask' });
  });

  it('waits for yes and no on a question, for done on a step, for nothing at an end', () => {
    const waits: Record<string, string[]> = {
      question: ['no', 'yes'],
      step: ['done'],
      defer: [],
    };
    for (const { id, drawing, edges, final } of nodes) {
      if (drawing === null || id === 'hook_fired') continue;
      const expected = drawing.shape === 'terminal' ? [] : waits[drawing.shape];
      expect(edges.map(({ label }) => label).sort(), id).toEqual(expected);
      expect(final, id).toBe(edges.length === 0);
    }
  });

  it('leads from everywhere to failed, which no chart draws', () => {
    expect(machine.config.on).toEqual({ failed: { target: '.failed', actions: 'learn' } });
    expect(nodes.filter(({ drawing }) => drawing === null).map(({ id }) => id)).toEqual(['failed']);
  });

  it('reaches every node', () => {
    const signals: Signal[] = [
      { type: 'start', event: { relation: 4 } },
      { type: 'yes' },
      { type: 'no' },
      { type: 'done' },
      { type: 'failed', failure: { _tag: 'Planned', class: 'broken' } },
    ];
    const reached = new Set(
      getShortestPaths(machine, { events: signals }).map(({ state }) => state.value),
    );
    expect([...reached].sort()).toEqual(nodes.map(({ id }) => id).sort());
  });
});
