/** What a unit keeps for itself, and what a leader says to all of them, by hook tools. */
import { type HookTools, ToolError } from '../testing/index.ts';
import { sorted } from './answers.ts';
import { type Call, unknownTool, type Words } from './call.ts';
import { valuesOf } from './values.ts';

/** `state-get`, `state-set`, `state-delete`: what a unit keeps. */
export function stateCall(tools: HookTools, call: Call, words: Words): string {
  switch (words.tool) {
    case 'state-get': {
      const [key] = words.rest;
      const state = tools.stateShown();
      if (key === undefined || key === '-')
        return words.shown(Object.keys(state).length === 0 ? null : sorted(state));
      if (words.has('strict') && state[key] === undefined)
        throw new ToolError(words.tool, 1, `"${key}" not found`);
      return words.shown(state[key] ?? '');
    }
    case 'state-set':
      tools.stateSet(valuesOf(words.tool, words.flags.get('file'), words.rest, call));
      return '';
    case 'state-delete':
      if (words.rest[0] === undefined) throw words.wrong('no key specified');
      tools.stateDelete(words.rest[0]);
      return '';
    default:
      throw unknownTool(words.tool);
  }
}

/** `leader-get` and `leader-set`. */
export function leaderCall(tools: HookTools, call: Call, words: Words): string {
  switch (words.tool) {
    case 'leader-get': {
      const [key = '-'] = words.rest;
      if (key.includes('=')) throw words.wrong(`invalid key ${JSON.stringify(key)}`);
      const settings = tools.leaderGet();
      return words.shown(key === '-' ? sorted(settings) : (settings[key] ?? null));
    }
    case 'leader-set':
      tools.leaderSet(valuesOf(words.tool, undefined, words.rest, call));
      return '';
    default:
      throw unknownTool(words.tool);
  }
}
