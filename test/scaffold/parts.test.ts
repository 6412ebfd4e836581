/** The parts of which projects are put together. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chart, ChartEdge, ChartNode } from '../../src/chart/index.ts';
import { isJujuHook } from '../../src/juju/hook-tools/hook-names.ts';
import { commented, key, quoted } from '../../src/scaffold/literals.ts';
import { prefixOf, tagOf, variableOf } from '../../src/scaffold/names.ts';
import { type Ways, waysOf } from '../../src/scaffold/ways.ts';
import { text, wellFormed } from './drawings.ts';

describe('ways', () => {
  /** The arrows that are gone; each answer that a way gives is on one of them. */
  function gone({ edges }: Chart, { ways }: Ways): ReadonlySet<ChartEdge> {
    const taken = new Set<ChartEdge>();
    for (const { path, answers } of ways)
      for (const [index, to] of path.slice(1).entries()) {
        const from = path[index] ?? '';
        const label = Object.hasOwn(answers, from) ? answers[from] : null;
        const found = edges.filter((edge) => edge.from === from && edge.label === label);
        expect(found.map((edge) => edge.to)).toEqual([to]);
        for (const edge of found) taken.add(edge);
      }
    return taken;
  }

  it('property: take every arrow, each way once, to its end', () => {
    fc.assert(
      fc.property(wellFormed('dusk'), (chart) => {
        const found = waysOf(chart);
        expect(gone(chart, found).size).toBe(chart.edges.length);
        expect(new Set(found.ways.map((way) => JSON.stringify(way))).size).toBe(found.ways.length);
        for (const { path, end } of found.ways)
          expect(path.at(-1)).toBe({ Return: 'rtn', Defer: 'defer' }[end]);
      }),
    );
  });

  it('are all of them, or take each arrow where there are too many', () => {
    const chain = (length: number): Chart => {
      const nodes: ChartNode[] = [{ id: 'hook_fired', shape: 'terminal', label: 'dusk Hook' }];
      const edges: ChartEdge[] = [{ from: 'hook_fired', to: 'q0', label: null }];
      for (let at = 0; at < length; at++) {
        nodes.push({ id: `q${at}`, shape: 'question', label: '?' });
        const to = at === length - 1 ? 'rtn' : `q${at + 1}`;
        for (const label of ['yes', 'no']) edges.push({ from: `q${at}`, to, label });
      }
      nodes.push({ id: 'rtn', shape: 'terminal', label: 'Return' });
      return { direction: 'TD', nodes, edges };
    };
    const few = waysOf(chain(6));
    expect([few.isAll, few.ways.length]).toEqual([true, 64]);
    const long = chain(40);
    const many = waysOf(long);
    expect([many.isAll, many.ways.length]).toEqual([false, 2]);
    expect(gone(long, many).size).toBe(81);
  });
});

describe('text', () => {
  const read = (literal: string): unknown => new Function(`return ${literal}`)();

  it('property: is the same as a literal, and as a key', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (label) => {
        expect(read(quoted(label))).toBe(label);
        expect(quoted(label)).toMatch(/^'.*'$/u);
        if (label !== '__proto__')
          expect(Object.keys(read(`({ ${key(label)}: 1 })`) ?? {})).toEqual([label]);
      }),
    );
  });

  it('property: never ends a comment', () => {
    fc.assert(
      fc.property(text, (label) => {
        expect(read(`1 // ${commented(label)}\n`)).toBe(1);
      }),
    );
  });
});

describe('hooks of Juju’s', () => {
  it('are those that real agents called', () => {
    const recorded = readFileSync('test/testing/juju-agent/hooks.json', 'utf8');
    const { scenarios } = JSON.parse(recorded) as {
      readonly scenarios: readonly { readonly hooks: readonly { readonly hook: string }[] }[];
    };
    const called = new Set(scenarios.flatMap(({ hooks }) => hooks.map(({ hook }) => hook)));
    expect(called.size).toBeGreaterThan(10);
    for (const hook of called) expect(isJujuHook(hook), hook).toBe(true);
  });

  it.each(['pebble-ready', 'database-requested', 'relation-changed', 'database-relation', 'dusk'])(
    'are not called %s',
    (hook) => expect(isJujuHook(hook)).toBe(false),
  );
});

describe('names', () => {
  it.each([
    ['is_backend_ready', 'IsBackendReady'],
    ['isLeader', 'IsLeader'],
    ['_x', 'X'],
    ['update_2', 'Update2'],
    ['_1', null],
    ['__', null],
  ])('%s asks for %s', (id, tag) => expect(tagOf(id)).toBe(tag));

  it.each([
    ['database-requested', 'databaseRequested', 'DatabaseRequested'],
    ['a-1', 'a_1', 'A_1'],
    ['a1', 'a1', 'A1'],
    ['delete', 'deleteHook', 'Delete'],
    ['order', 'orderHook', 'Order'],
    ['step', 'step', 'Step'],
    ['then', 'thenHook', 'Then'],
  ])('the hook %s is %s', (hook, variable, prefix) => {
    expect([variableOf(hook), prefixOf(hook)]).toEqual([variable, prefix]);
  });
});
