import { isJujuHook, subjectOf } from '../juju/hook-tools/hook-names.ts';
import type { DrawnHook } from './drawn-hooks.ts';
import { quoted } from './literals.ts';
import { variableOf } from './names.ts';
import { waysOf } from './ways.ts';

/** `test/<hook>.test.ts`: the machine is the drawing, and goes all its ways. */
export function testFile({ hook, chart }: DrawnHook): string {
  const { ways, isAll } = waysOf(chart);
  const machine = variableOf(hook);
  const cases = ways.map(({ path, answers, end }) => {
    const said = Object.entries(answers).map(([node, label]) => `${node}: ${quoted(label)}`);
    const given = said.length === 0 ? '{}' : `{ ${said.join(', ')} }`;
    return `  {
    answers: ${given},
    path: ${quoted(path.join(' '))},
    end: ${quoted(end)},
  },
`;
  });
  return `import { readFileSync } from 'node:fs';
import { plan } from 'hookchart';
import { compare, describe as inWords, parse } from 'hookchart/chart';
import { describe, expect, it } from 'vitest';
import { ${machine} } from '../src/machines/${hook}.ts';

const drawing = readFileSync(new URL('../charts/${hook}.mmd', import.meta.url), 'utf8');

interface Way {
  /** By node; a step that is not named is done. */
  readonly answers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly end: string;
}

/** ${isAll ? 'Every way through the chart.' : 'Each arrow of the chart, for it has too many ways to go them all.'} */
const ways: readonly Way[] = [
${cases.join('')}];

describe(${quoted(hook)}, () => {
  it('is what charts/${hook}.mmd draws', () => {
    const chart = parse(drawing);
    if (chart._tag === 'Left') throw new Error(\`line \${chart.left.line}: \${chart.left.message}\`);
    expect(compare(chart.right, ${machine}).map(inWords)).toEqual([]);
  });

  it.each(ways)('goes $path', ({ answers, path, end }) => {
    const planned = plan(${machine}, ${eventOf(hook)}, answers);
    expect(planned.path.join(' ')).toBe(path);
    expect(planned.end._tag).toBe(end);
  });
});
`;
}

/** What the hook begins on: one that Juju has not may be about a relation. */
const eventOf = (hook: string): string =>
  isJujuHook(hook) && subjectOf(hook)?.kind !== 'relation'
    ? `{ hook: ${quoted(hook)} }`
    : `{ hook: ${quoted(hook)}, relation: 0 }`;
