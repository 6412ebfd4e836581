import { findPgbouncer } from '../../src/demo/servers/pgbouncer.ts';
import { findProgram } from '../../src/demo/servers/program.ts';

/** Once, before the files run side by side: what is missing is installed. */
export function setup(): void {
  findPgbouncer();
  findProgram('chromium', 'Chromium');
}
