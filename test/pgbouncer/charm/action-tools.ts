/** The hook tools of an action: its parameters, and what it answers. */
import type { Instead } from './stand-in.ts';

export function actionTools(name: string, parameters: object) {
  const answer: { results: Record<string, string>; failure: string | null } = {
    results: {},
    failure: null,
  };
  const done = { code: 0, out: '', error: '' };
  const instead: Instead = ({ tool, args }) => {
    if (tool === 'action-get') return { ...done, out: `${JSON.stringify(parameters)}\n` };
    if (tool === 'action-fail') {
      answer.failure = args[0] ?? '';
      return done;
    }
    if (tool !== 'action-set') return null;
    for (const arg of args) {
      const [, key, value = ''] = /^([a-z0-9][a-z0-9-]*)=(.*)$/s.exec(arg) ?? [];
      if (key === undefined) throw new Error(`${arg} is no result of an action`);
      answer.results[key] = value;
    }
    return done;
  };
  const variables = {
    JUJU_DISPATCH_PATH: `actions/${name}`,
    JUJU_HOOK_NAME: '',
    JUJU_ACTION_NAME: name,
  };
  return { answer, instead, variables };
}
