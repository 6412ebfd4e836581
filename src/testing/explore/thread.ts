import { parentPort, workerData } from 'node:worker_threads';
import type { Bounds } from './bounds.ts';
import { explore } from './verify.ts';

const { bounds, served } = workerData as { bounds: Bounds; served: number };
const post = (message: unknown) => parentPort?.postMessage(message);

post(await explore(bounds, served, { watch: post }));
