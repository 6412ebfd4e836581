import type { HookTools } from './hook-tools.ts';
import type { Application, Heard, Hook } from './world.ts';

/** What an application asks for, and what else its script goes by. */
export type Asking = Pick<Application, 'request' | 'options'>;

/** The charm of the applications on the other side: pure, but for what it writes through its tools. */
export interface Script {
  /** One hook of one of its units. Gives what the unit has heard in it; a `ToolError` fails the hook. */
  hook(tools: HookTools, hook: Hook, application: Asking): readonly Heard[];
  /** Its operator asks for something else from now on, and its leader says so in every relation. */
  ask(tools: HookTools, application: Asking): void;
}

/** An application that writes what it asks for as soon as it is related, and hears nothing. */
export const asking: Script = {
  hook(tools, { name, relation }, { request }) {
    if (relation !== undefined && name.endsWith('-relation-created') && tools.isLeader())
      tools.relationSet(relation, 'application', request);
    return [];
  },
  ask(tools, { request }) {
    const { application, relations } = tools.view;
    if (!tools.isLeader()) return;
    for (const [id, { isListed, isPeer }] of Object.entries(relations)) {
      if (!isListed || isPeer) continue;
      const before = tools.relationGet(Number(id), application);
      const withdrawn = Object.fromEntries(Object.keys(before).map((key) => [key, '']));
      tools.relationSet(Number(id), 'application', { ...withdrawn, ...request });
    }
  },
};
