import { nearest } from '../misuse/nearest.ts';
import { loadCharm, Misuse, type SimulatedCharm } from '../testing/index.ts';
import { addressOf, whyNot, wrongAbout } from './charm-module.ts';
import { WrongContent, WrongUse } from './wrong-use.ts';

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

/** The charm of `--charm`; wrong use says which name was meant where its module has another one. */
export async function simulatedIn(charm: string | null | undefined): Promise<SimulatedCharm> {
  const address = simulatedModule(charm);
  try {
    return await loadCharm(address);
  } catch (cause) {
    const [url = '', name] = address.split('#');
    if (cause instanceof Misuse && cause.cause !== undefined && charm)
      throw wrongAbout(charm)(...whyNot(cause.cause, url));
    if (!(cause instanceof Misuse) || name === undefined || cause.cause !== undefined) throw cause;
    const exported: object = await import(url);
    const found = nearest(name, Object.keys(exported));
    const meant = `${charm?.split('#')[0]}#${found}`;
    throw new WrongUse(cause.message, found === null ? null : meant);
  }
}

/** The charm that a file names cannot be loaded from here. */
export class CharmIsGone extends WrongContent {}

/** The charm that the history in a file was found with; `CharmIsGone` where that cannot be loaded any more. */
export async function simulatedFor(file: string, named: string | null): Promise<SimulatedCharm> {
  try {
    return await simulatedIn(named);
  } catch (cause) {
    if (!(cause instanceof Misuse || cause instanceof WrongUse)) throw cause;
    const why = cause.message.replace(`--charm ${named}: `, '');
    throw new CharmIsGone(
      ...([
        `${file} names the charm ${named}, which cannot be had from here: ${why}`,
        null,
      ] as const),
      `hookchart verify --replay ${file} --charm MODULE runs it with the charm that MODULE exports`,
    );
  }
}
