import { runtimeFor } from '../src/packaging/runtimes.ts';

const named = process.env.HOOKCHART_RUNTIME ?? 'bun';
if (named !== 'bun' && named !== 'node')
  throw new Error(`HOOKCHART_RUNTIME is ${named}: say bun or node`);

/** What the tests run a charm on: what it ships by default, or what HOOKCHART_RUNTIME names. */
export const charmRuntime = () => runtimeFor({ runtime: named });
