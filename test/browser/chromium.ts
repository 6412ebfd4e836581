import { findProgram } from '../../src/pgbouncer/demo/servers/program.ts';

/** The browser of the tests: the one that is named, else the distribution's. */
export const findChromium = (): string =>
  process.env.HOOKCHART_CHROMIUM ?? findProgram('chromium', 'Chromium');
