import { parentPort, workerData } from 'node:worker_threads';
import type { Bounds } from './bounds.ts';
import { loadCharm } from './load.ts';
import { explore } from './verify.ts';

const { module, bounds, served } = workerData as {
  module: string;
  bounds: Bounds;
  served: number;
};
const post = (message: unknown) => parentPort?.postMessage(message);

post(await explore(await loadCharm(module), bounds, served, { watch: post }));
