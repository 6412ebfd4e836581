import type { Drawing, HookMachine } from '../hook/index.ts';
import { given } from '../hook/index.ts';

const definitions = new WeakMap<HookMachine, string>();

/**
 * A machine's configuration as JSON, as Stately's editor imports it: what is code is left out.
 *
 * @category Recording
 */
export function definitionOf(machine: HookMachine): string {
  given('definitionOf', 'the machine', machine, { id: 'text', config: 'record' });
  const known = definitions.get(machine);
  if (known !== undefined) return known;
  const definition = JSON.stringify(machine.config, (_, part) => {
    if (typeof part === 'function') return undefined;
    return isDrawn(part) ? { description: part.meta.label.replace('\\n', ' '), ...part } : part;
  });
  definitions.set(machine, definition);
  return definition;
}

const isDrawn = (part: unknown): part is { readonly meta: Drawing } =>
  typeof part === 'object' && part !== null && 'meta' in part;
