import { shippedBun } from '../../src/packaging/bun.ts';
import { shippedNode } from '../../src/packaging/node.ts';
import { findPgbouncer } from '../../src/pgbouncer/demo/servers/pgbouncer.ts';
import { findProgram } from '../../src/pgbouncer/demo/servers/program.ts';
import { findChromium } from '../browser/chromium.ts';

/** Once, before the files run side by side: what is missing is installed. */
export function setup(): void {
  findPgbouncer();
  findProgram('nginx', 'nginx');
  findChromium();
  shippedBun();
  shippedNode();
}
