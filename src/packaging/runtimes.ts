import { shippedBun } from './bun.ts';
import { inspectNode, shippedNode } from './node.ts';
import { here, type Runtime } from './runtime.ts';

/** What is asked for: one of the pinned runtimes, or a Node of one's own. */
export interface WantedRuntime {
  readonly runtime?: 'bun' | 'node' | undefined;
  readonly node?: string | undefined;
}

/** The runtime of a charm: the pinned Bun, unless something else is asked for. */
export function runtimeFor(
  { runtime = 'bun', node }: WantedRuntime = {},
  architecture = here,
): Runtime {
  if (node !== undefined) return inspectNode(node, architecture);
  return runtime === 'node' ? shippedNode(architecture) : shippedBun(architecture);
}
