/**
 * Where PgBouncer's process and files are: beside this process, under systemd, or in a container
 * that Pebble looks after. One interface for all; what goes wrong is a `WorkloadProblem`.
 */
export { childProcess } from './child.ts';
export { FileProblem } from './files.ts';
export { type PebbleOptions, pebble } from './pebble.ts';
export type { Described } from './pebble-layer.ts';
export { type SystemdOptions, systemd } from './systemd.ts';
export { type Workload, WorkloadProblem } from './workload.ts';
