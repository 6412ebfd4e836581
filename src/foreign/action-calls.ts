/** The hook tools `action-*` as programs: what an action is told, and what it tells. */
import { isRecord } from '../hook/index.ts';
import { ToolError } from '../testing/index.ts';
import { sorted } from './answers.ts';
import { unknownTool, type Words } from './call.ts';
import { withPart } from './parameters.ts';
import type { Around } from './tool-calls.ts';

/** What an action has told whoever asked for it. */
export interface ActionTold {
  readonly results: Readonly<Record<string, unknown>>;
  /** Why it failed; null where it did not say so. */
  readonly failure: string | null;
  readonly log: readonly string[];
}

export const nothingTold: ActionTold = { results: {}, failure: null, log: [] };

const reserved = ['stdout', 'stdout-encoding', 'stderr', 'stderr-encoding'];

export function actionCall({ tools, beside, charm }: Around, words: Words): string {
  const { hook } = tools.view;
  const { tool, rest } = words;
  if (hook.action === undefined) throw new ToolError(tool, 1, 'not running an action');
  const told = beside.action ?? nothingTold;
  switch (tool) {
    case 'action-get': {
      const given = charm.actions.find(({ name }) => name === hook.name)?.defaults;
      const all: Readonly<Record<string, unknown>> = { ...given, ...hook.action.parameters };
      const [key] = rest;
      if (key === undefined) return words.shown(sorted(all));
      return words.shown(key.split('.').reduce<unknown>(partOf, all) ?? null);
    }
    case 'action-set': {
      const results = rest.reduce<Readonly<Record<string, unknown>>>((before, word) => {
        const at = word.indexOf('=');
        if (at < 0) throw words.wrong(`argument "${word}" must be of the form key...=value`);
        const key = word.slice(0, at);
        if (reserved.includes(key))
          throw new ToolError(tool, 1, `cannot set reserved action key "${key}"`);
        if (!/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(key))
          throw words.wrong(
            `key "${key}" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric, hyphens and periods`,
          );
        return withPart(before, key.split('.'), word.slice(at + 1));
      }, told.results);
      beside.action = { ...told, results };
      return '';
    }
    case 'action-fail':
      beside.action = {
        ...told,
        failure: rest[0] ?? 'action failed without reason given, check action for errors',
      };
      return '';
    case 'action-log':
      if (rest.length === 0) throw words.wrong('no message specified');
      beside.action = { ...told, log: [...told.log, rest.join(' ')] };
      return '';
    default:
      throw unknownTool(tool);
  }
}

const partOf = (value: unknown, key: string): unknown => (isRecord(value) ? value[key] : undefined);
