import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../src/process/failure.ts';

const thrown = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (cause) {
    return cause;
  }
};

describe('a hook that throws', () => {
  it('says what the system refuses in a sentence', async () => {
    expect(failureOf(thrown(() => readFileSync('/nowhere/at all')))).toEqual([
      'the system refuses open /nowhere/at all (ENOENT); nothing was committed',
    ]);
    const refused = await new Promise((resolve) => connect(9, '127.0.0.1').once('error', resolve));
    expect(failureOf(refused)).toEqual([
      'the system refuses connect (ECONNREFUSED); nothing was committed',
    ]);
  });

  it('shows the stack of a defect, and nothing that a log would obey', () => {
    const [sentence, first] = failureOf(
      thrown(() => (null as unknown as { readonly x: unknown }).x),
    );
    expect(sentence).toBe("defect: Cannot read properties of null (reading 'x')");
    expect(first).toMatch(/^at .*failure\.test\.ts/);
    const [line = '', ...stack] = failureOf(new Error(`a\u001b\nb${'x'.repeat(5_000)}`));
    expect(line).toMatch(/^defect: a\\u001b bx+…$/);
    expect(line.length).toBe(1_000);
    expect(stack.length).toBeGreaterThan(0);
    expect(failureOf('a text')).toEqual(['defect: a text']);
    expect(failureOf(undefined)).toEqual(['defect: undefined']);
  });
});
