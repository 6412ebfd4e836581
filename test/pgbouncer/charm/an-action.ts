import { expect } from 'vitest';
import type { RealCharm } from './charm.ts';

/** What an operator reads of an action, and how often Juju was written to. */
export async function askedOf(
  charm: RealCharm,
  unit: string,
  name: string,
  parameters: object = {},
) {
  const results: Record<string, unknown> = {};
  let failure: string | null = null;
  const done = { code: 0, out: '', error: '' };
  const ended = await charm.hook(
    unit,
    { name: `actions/${name}` },
    {
      variables: {
        JUJU_DISPATCH_PATH: `actions/${name}`,
        JUJU_HOOK_NAME: '',
        JUJU_ACTION_NAME: name,
      },
      instead: ({ tool, args }) => {
        if (tool === 'action-get') return { ...done, out: `${JSON.stringify(parameters)}\n` };
        if (tool === 'action-fail') {
          failure = args[0] ?? '';
          return done;
        }
        if (tool !== 'action-set') return null;
        for (const arg of args) {
          const [, key = '', value = ''] = /^([a-z0-9][a-z0-9-]*)=(.*)$/s.exec(arg) ?? [];
          expect(key, arg).not.toBe('');
          results[key] = /^[[{]|^\d+$/.test(value) ? JSON.parse(value) : value;
        }
        return done;
      },
    },
  );
  expect(ended).toMatchObject({ code: 0, error: '' });
  const writes = ended.calls.filter(({ tool }) => /-(set|add|remove|grant)$/.test(tool));
  return { results, failure, writes: writes.filter(({ tool }) => tool !== 'action-set') };
}
