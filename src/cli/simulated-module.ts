import { addressOf } from './charm-module.ts';

/** The module that has PgBouncer's charm for the simulated Juju. */
const builtIn = new URL('../pgbouncer/testing/index.js', import.meta.url).href;

/** What the option `--charm` is to say where histories are run. */
export const charmOption = [
  '--charm <module>',
  "another charm than PgBouncer's: a path or a package that exports `simulated`, or #NAME",
] as const;

/**
 * The address of the charm of `--charm`, as `loadCharm` takes it: of a file, or of a package as this
 * folder's own code would import it. What follows a `#` is the name of its export.
 */
export function simulatedModule(charm: string | null | undefined): string {
  if (charm === null || charm === undefined) return builtIn;
  const [module = '', ...name] = charm.split('#');
  return [module === '' ? builtIn : addressOf(module), ...name].join('#');
}
