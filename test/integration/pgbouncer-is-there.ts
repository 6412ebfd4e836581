import { findPgbouncer } from '../../src/demo/servers/pgbouncer.ts';

/** Once, before the files run side by side: where it is missing, it is installed. */
export function setup(): void {
  findPgbouncer();
}
