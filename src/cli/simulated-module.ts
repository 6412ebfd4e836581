import { addressOf } from './charm-module.ts';

/** The module that has PgBouncer's charm for the simulated Juju. */
const builtIn = new URL('../pgbouncer/testing/index.js', import.meta.url).href;

/** What the option `--charm` is to say where histories are run. */
export const charmOption = [
  '--charm <module>',
  "another charm than PgBouncer's: a path or a package that exports `simulated`",
] as const;

/** The URL of the module of `--charm`: a file, or a package as this folder's own code would import it. */
export const simulatedModule = (charm: string | null | undefined): string =>
  charm === null || charm === undefined ? builtIn : addressOf(charm);
