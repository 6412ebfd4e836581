import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WrongUse } from './wrong-use.ts';

/** The module that has PgBouncer's charm for the simulated Juju. */
const builtIn = new URL('../pgbouncer/testing/index.js', import.meta.url).href;

/** What the option `--charm` is to say where histories are run. */
export const charmOption = [
  '--charm <module>',
  "another charm than PgBouncer's: a path or a package that exports `simulated`",
] as const;

/** The URL of the module of `--charm`: a file, or a package as this folder's own code would import it. */
export function simulatedModule(charm: string | null | undefined): string {
  if (charm === null || charm === undefined) return builtIn;
  const path = resolve(charm);
  if (existsSync(path)) return pathToFileURL(path).href;
  try {
    return pathToFileURL(createRequire(resolve('package.json')).resolve(charm)).href;
  } catch {
    throw new WrongUse(`there is neither a file ${path} nor a package ${charm} here`);
  }
}
