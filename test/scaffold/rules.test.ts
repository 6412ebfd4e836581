/** What keeps a drawing from being a program: what is said, and of which line. */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { compare, parse, print } from '../../src/chart/index.ts';
import { begin, type HookMachine, vocabulary } from '../../src/hook/index.ts';
import { project } from '../../src/scaffold/index.ts';
import { damaged, handDrawn, wellFormed } from './drawings.ts';

const versions = {
  hookchart: '1',
  typescript: '1',
  vitest: '1',
  esbuild: '0.28.2',
  '@types/node': '1',
};

const projectOf = (text: string, fileName = 'dusk.mmd') =>
  project({ fileName, text, name: 'light', versions });

/** Each problem as `line: what`. */
function problemsIn(text: string, fileName?: string): readonly string[] {
  const drawn = projectOf(text, fileName);
  return E.isRight(drawn) ? [] : drawn.left.map(({ line, what }) => `${line}: ${what}`);
}

const begun = 'flowchart TD\n hook_fired([dusk Hook])';
const asking = `${begun} --> ask{Ready?}\n ask -- no --> rtn([Return])\n`;

describe('a drawing that is no program', () => {
  it.each([
    ['', /^1: no flowchart here/],
    ['flowchart TD\n', /^1: the chart is empty: begin with hook_fired\(\[NAME Hook\]\)/],
    [
      'flowchart TD\n ask{Ready?} -- yes --> rtn([x])',
      /^2: the first node, ask, is no \(\[ \]\): .* draw hook_fired\(\[NAME Hook\]\), .* before it$/,
    ],
    [
      'flowchart TD\n go([dusk Hook]) --> rtn([Return])',
      /^2: the first node is called go: call it hook_fired$/,
    ],
    [
      'flowchart TD\n hook_fired([When it gets dark]) --> rtn([Return])',
      /^2: the first node says "When it gets dark", which names no hook: write hook_fired\(\[NAME Hook\]\), with a NAME like database-/,
    ],
    [begun, /^2: nothing follows hook_fired: draw an arrow/],
    [
      `${begun} --> ask[" "]\n ask --> rtn([Return])`,
      /^2: ask says " ": say in words what is asked or done there$/,
    ],
    [
      `${begun} -- now --> rtn([Return])`,
      /^2: the arrow from hook_fired says "now": .* leave its text out$/,
    ],
    [
      `${begun} --> rtn([Return])\n hook_fired --> defer>defer]`,
      /^3: a second arrow leads from hook_fired: .* ask a question there$/,
    ],
    [
      `${begun} --> rtn([Return])\n\n lamp[Light] --> rtn`,
      /^4: nothing leads to lamp from hook_fired: draw an arrow to it, or leave it out$/,
    ],
    [
      `${begun} --> a[A]\n a --> b[B]\n b -- again --> a\n b --> rtn([Return])`,
      /^4: the way leads in a circle, a → b → a: .* lead it to defer>defer]$/,
    ],
    [
      `${begun} --> a[A]\n a --> hook_fired`,
      /^3: the arrow from a to hook_fired leads back to the beginning: end there, or defer/,
    ],
    [
      asking,
      /^2: ask is a question with one answer: draw an arrow for each answer, or draw it as a step, ask\[Ready\?\]$/,
    ],
    [
      `${asking} ask -- no --> defer>defer]`,
      /^4: a second arrow from ask says "no": .* give each arrow a text of its own$/,
    ],
    [
      `${asking} ask --> defer>defer]`,
      /^4: the arrow from ask to defer has no text: write the answer on it, as ask -- yes --> defer$/,
    ],
    [
      `${begun} --> a[A]\n a --> rtn([Return])\n a --> defer>defer]`,
      /^4: a second arrow without text leads from a: .* write on the others/,
    ],
    [
      `${begun} --> a[A]\n a -- done --> rtn([Return])`,
      /^3: the arrow from a to rtn says "done", which an arrow without text means: leave the text out$/,
    ],
    [
      `${asking} ask -- failed --> rtn`,
      /^4: the arrow from ask to rtn says "failed": a failure leads out of every node by itself/,
    ],
    [
      `${asking} ask -- a * --> rtn`,
      /^4: the arrow from ask to rtn says "a \*": use words there, without \* and `$/,
    ],
    [
      `${asking} ask -- __proto__ --> rtn`,
      /^4: the arrow from ask to rtn says "__proto__": use words there/,
    ],
    [
      `${begun} --> rtn([Return])\n rtn --> rtn2([Return])`,
      /^2: rtn is drawn as an end, and an arrow leads on from it: draw it as a step, rtn\[Return]/,
    ],
    [
      `${begun} --> a[A]`,
      /^2: nothing follows a: draw an arrow to what comes next, to rtn\(\[Return]\) or to defer>defer]$/,
    ],
    [
      `${begun} --> is-ready{Ready?}`,
      /^2: the id of a node has letters, digits and _ alone, at "-ready/,
    ],
    [
      `${begun} --> 2nd{Ready?}`,
      /^2: expected the id of a node: letters, digits and _, no digit first/,
    ],
    [
      `${begun} --> class[A]\n class_[B]`,
      /^2: "class" is a word of Mermaid's own: give the node another id, at "\[A]"$/,
    ],
    [
      `${begun} --> failed[A]\n failed --> rtn([Return])`,
      /^2: "failed" is a word of Mermaid's or of the kit's own/,
    ],
    [`${begun} --> __proto__[A]\n __proto__ --> rtn([Return])`, /^2: "__proto__" is a word of/],
    [
      `${begun} --> _1[A]\n _1 --> rtn([Return])`,
      /^2: no name for what _1 asks can be made of its id: let it begin with a letter$/,
    ],
    [
      `${begun} --> is_up[A]\n is_up --> isUp[B]\n isUp --> rtn([Return])`,
      /^3: isUp and is_up would both ask for \w*IsUp: give one of them another id$/,
    ],
  ])('%j', (source, words) => {
    expect(problemsIn(source).filter((problem) => words.test(problem))).toHaveLength(1);
  });

  it('is told with all its problems, in the order of their lines', () => {
    const source = `${asking} ask --> defer>defer]\n\n lamp[Light]\n`;
    expect(problemsIn(source).map((problem) => problem.split(':')[0])).toEqual(['4', '6', '6']);
  });

  it('is told with the lines of the page, and hooks that are drawn twice with both', () => {
    const block = `\`\`\`mermaid\n${begun} --> rtn([Return])\n\`\`\`\n`;
    expect(problemsIn(`# Hooks\n\n${block}\nagain\n\n${block}`, 'hooks.md')).toEqual([
      '12: the hook dusk is drawn twice, here and on line 4: draw each hook once, or name this one otherwise',
    ]);
    expect(
      problemsIn(`${block}\n\`\`\`mermaid\nflowchart TD\n a ==> b\n\`\`\`\n`, 'hooks.md'),
    ).toEqual([expect.stringMatching(/^8: expected an arrow/)]);
    expect(problemsIn('# Hooks\n', 'hooks.md')).toEqual([
      '1: there is no ```mermaid block here: draw a hook in one',
    ]);
  });
});

/** The machine of a project, made here and now: what is written of it is plain JavaScript. */
function machineIn(files: readonly (readonly [string, string])[]): HookMachine {
  const text = files.find(([path]) => path === 'src/machines/dusk.ts')?.[1] ?? '';
  const body = text.replace(/^import \{[^}]*\} from '..\/words.ts';/, '');
  const parts = vocabulary({ learned: {} });
  const make = new Function(...Object.keys(parts), body.replace('export const dusk =', 'return'));
  return make(...Object.values(parts));
}

describe('property: a drawing', () => {
  const agrees = (source: string) => {
    const drawn = projectOf(source);
    if (E.isLeft(drawn)) return drawn.left;
    const machine = machineIn(drawn.right);
    const chart = parse(source);
    expect(E.isRight(chart) && compare(chart.right, machine)).toEqual([]);
    begin(machine, { hook: 'dusk' });
    return [];
  };

  it('that is well-formed is a program', () => {
    fc.assert(
      fc.property(wellFormed('dusk'), (chart) => {
        expect(agrees(print(chart))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('of any kind is a program that the kit takes, or is refused with a line that it has', () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(damaged, (chart) => {
        const source = handDrawn(chart);
        const problems = agrees(source);
        seen[problems.length === 0 ? 'taken' : 'refused']++;
        for (const { line, what } of problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(source.split('\n').length);
          expect(what).toMatch(/\w/);
        }
      }),
      { numRuns: 400 },
    );
    expect(seen.taken).toBeGreaterThan(40);
    expect(seen.refused).toBeGreaterThan(40);
  });
});
