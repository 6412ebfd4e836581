import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Charm } from '../juju/charm.ts';
import { nearestFile } from './files.ts';
import { WrongContent } from './wrong-use.ts';

/** What the option `--charm` is to say, wherever there is one. */
export const charmOption = [
  '--charm <module>',
  "another charm than PgBouncer's: a path or a package that exports `charm`",
] as const;

/**
 * The charm that a module exports: a path from here, or a package that is installed here. `WrongUse`
 * says what is wrong with it where there is none.
 */
export async function charmIn(module: string): Promise<Charm> {
  const wrong = wrongAbout(module);
  const exported = await exportsOf(module);
  const { charm } = exported;
  if (isCharm(charm)) return charm;
  if (charm !== undefined)
    throw wrong(`its export "charm" ${lackingIn(charm)}`, 'Make it with defineCharm of hookchart.');
  const names = Object.keys(exported).join(', ');
  throw wrong(
    `it exports ${names === '' ? 'nothing' : `${names}, and no charm`}`,
    'Write "export const charm = defineCharm({ … })".',
  );
}

/** All that a module exports. */
export async function exportsOf(module: string): Promise<Readonly<Record<string, unknown>>> {
  const address = addressOf(module);
  try {
    return await import(address);
  } catch (cause) {
    throw wrongAbout(module)(...whyNot(cause, address));
  }
}

export const wrongAbout =
  (module: string) =>
  (what: string, instead: string, meant: string | null = null) =>
    new WrongContent(`--charm ${module}: ${what}`, meant, instead);

const isCharm = (value: unknown): value is Charm => lackingIn(value) === null;

/** The URL of a module, or what `import` finds by itself. */
export function addressOf(module: string): string {
  const wrong = wrongAbout(module);
  const path = resolve(module);
  const isThere = existsSync(path);
  if (isThere && !statSync(path).isDirectory()) return pathToFileURL(path).href;
  if (!isThere && isPath(module))
    throw wrong(
      ...([`there is no file ${path}`, 'Name a module that is there, or a package.'] as const),
      nearestFile(module),
    );
  try {
    if (!isPath(module)) return addressIn(createRequire(resolve('package.json')).resolve(module));
  } catch (cause) {
    // One that is for `import` alone; Node finds it from here, where this package is installed beside it.
    if (codeOf(cause) === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return module;
    if (codeOf(cause) !== 'MODULE_NOT_FOUND') throw wrong(messageOf(cause), installOrName);
  }
  if (isThere)
    throw wrong('it is a folder', `Name the module in it, as ${join(module, 'dist/charm.js')}.`);
  throw wrong(
    ...([`there is neither a file ${path} nor a package of this name`, installOrName] as const),
    nearestFile(module),
  );
}

const installOrName = 'Install the package, or name a path.';

/** What Node brings has no path. */
const addressIn = (found: string): string =>
  isAbsolute(found) ? pathToFileURL(found).href : found;

const isPath = (module: string): boolean => /^\.{0,2}[/\\]|^[A-Za-z]:|^\.{1,2}$/.test(module);

/** What keeps a module from being loaded, and what would help. */
export function whyNot(cause: unknown, address: string): readonly [what: string, instead: string] {
  const message = messageOf(cause);
  if (codeOf(cause) === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[mc]?tsx?\b/.test(message))
    return [
      `Node ${process.versions.node} reads no TypeScript (${message})`,
      'Compile it and name the .js file, or use Node 22.18 or later.',
    ];
  const mend = 'Mend what is in it, or name another module.';
  if (!(cause instanceof SyntaxError)) return [`it cannot be loaded: ${message}`, mend];
  return [`it cannot be read: ${message} (${placeOf(address)})`, mend];
}

/** Where a module cannot be read: Node says so only of what ends a process. */
function placeOf(address: string): string {
  const script = `await import(${JSON.stringify(address)})`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  return /^file:.*:\d+$/m.exec(stderr)?.[0] ?? address;
}

/** What a value lacks to be a charm; null where it is one. */
function lackingIn(value: unknown): string | null {
  if (typeof value !== 'object' || value === null)
    return `is ${value === null ? 'null' : `a ${typeof value}`}, and no charm`;
  const parts: Readonly<Record<string, unknown>> = { ...value };
  const kinds = {
    name: 'string',
    machines: 'object',
    perform: 'object',
    event: 'object',
    open: 'function',
    chartOf: 'function',
    status: 'function',
  };
  const lacking = Object.entries(kinds).filter(([part, kind]) => typeof parts[part] !== kind);
  return lacking.length === 0 ? null : `has no ${lacking.map(([part]) => part).join(', no ')}`;
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

const codeOf = (cause: unknown): unknown =>
  cause instanceof Error && 'code' in cause ? cause.code : null;
