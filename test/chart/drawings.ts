/** Charts as a program prints them, and texts as somebody writes them, well or not. */
import fc from 'fast-check';
import type { Chart } from '../../src/chart/index.ts';

const nasty = [
  ...["it's", 'a-b', 'a.b', 'x(y)', 'a; b', 'a & b', '50%', 'a/b', '/a', 'a\\', 'a|b', 'a#b'],
  ...['#quot;', '#35;', 'a "b" c', '"q"', ' "q"', '"q" ', 'a, b: c', 'a=b', '<br>', 'end', 'x--y'],
  ...['x - y', 'x -- y', '%% c', 'a@b', '`md`', '"`md`"', 'ü', '', ' ', 'A<b', 'a[b', 'a]b'],
  ...['a{b', 'a}b', 'a)', '[a]', '&amp;', '--', '-', 'a -> b', 'direction', 'graph', 'o', 'x'],
];
const label = fc.oneof(
  fc.constantFrom('do it', 'is it?', 'yes', 'a b', 'not yet'),
  fc.constantFrom(...nasty),
);

const ids = ['a', 'b', 'is_up', 'rtn2', 'o', 'x', 'x1', 'endless', 'graphs', 'style1', 'classy'];
const brackets = [
  ['([', '])'],
  ['{', '}'],
  ['[', ']'],
  ['>', ']'],
  ['', ''],
] as const;
const node = fc
  .tuple(fc.constantFrom(...ids, 'click', 'End'), fc.constantFrom(...brackets), label)
  .map(([id, [open, close], text]) => (open === '' ? id : `${id}${open}${text}${close}`));
const spaces = fc.constantFrom(' ', ' ', '', '  ');
const arrow = fc.oneof(
  fc.constantFrom('-->', '--->'),
  label.map((text) => `-->|${text}|`),
  label.map((text) => `-- ${text} -->`),
);
const group = fc.array(node, { minLength: 1, maxLength: 2 }).map((all) => all.join(' & '));
const rest = fc.tuple(spaces, arrow, spaces, group).map((parts) => parts.join(''));
const line = fc
  .tuple(fc.constantFrom('  ', '\t', ''), group, fc.array(rest, { maxLength: 2 }))
  .map(([indent, first, more]) => `${indent}${first}${more.join('')}`);

/** Texts with a header and one to three lines. */
export const drawings = fc
  .tuple(
    fc.constantFrom('flowchart TD', 'graph LR', 'flowchart', 'graph TB;'),
    fc.array(fc.oneof({ weight: 9, arbitrary: line }, fc.constant('%% note')), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.constantFrom('', ';', ' ;'),
  )
  .map(([header, lines, end]) => `${[header, ...lines].join('\n')}${end}`);

const text = fc
  .array(fc.constantFrom(...nasty, 'a', '日本', '👩‍🚀', '#', '|', ';'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join('').trim())
  .filter((one) => one !== '');
const shape = fc.constantFrom('terminal', 'question', 'step', 'defer');

/** Charts with any label. */
export const drawn: fc.Arbitrary<Chart> = fc.record({
  direction: fc.constantFrom('TD', 'LR'),
  nodes: fc.tuple(...ids.map((id) => fc.record({ id: fc.constant(id), shape, label: text }))),
  edges: fc.array(
    fc.record({
      from: fc.constantFrom(...ids),
      to: fc.constantFrom(...ids),
      label: fc.option(text),
    }),
    { maxLength: 6 },
  ),
}) as fc.Arbitrary<Chart>;
