import { expect } from 'vitest';
import { actionTools } from './action-tools.ts';
import type { RealCharm } from './charm.ts';

/** What an operator reads of an action, and how often Juju was written to. */
export async function askedOf(
  charm: RealCharm,
  unit: string,
  name: string,
  parameters: object = {},
) {
  const { answer, instead, variables } = actionTools(name, parameters);
  const ended = await charm.hook(unit, { name: `actions/${name}` }, { variables, instead });
  expect(ended).toMatchObject({ code: 0, error: '' });
  const writes = ended.calls.filter(({ tool }) => /-(set|add|remove|grant)$/.test(tool));
  const results: Record<string, unknown> = Object.fromEntries(
    Object.entries(answer.results).map(([key, value]) => [
      key,
      /^[[{]|^\d+$/.test(value) ? JSON.parse(value) : value,
    ]),
  );
  const { failure } = answer;
  return { results, failure, writes: writes.filter(({ tool }) => tool !== 'action-set') };
}
