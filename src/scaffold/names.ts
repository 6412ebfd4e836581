/** Names in TypeScript for what a drawing calls its hooks and nodes. */

/** How a hook, a package and a charm can be called: `database-relation-changed`. */
export const isName = (name: string): boolean => /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name);

/** `is_backend_ready` as `IsBackendReady`; null where no name comes of it. */
export function tagOf(id: string): string | null {
  const tag = id
    .split(/[_-]+/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('');
  return /^[A-Z]/.test(tag) ? tag : null;
}

/**
 * `database-requested` as `DatabaseRequested`, to stand before a tag. A digit keeps what parts it
 * from the one before, so that no two hooks share a name.
 */
export const prefixOf = (hook: string): string =>
  `-${hook}`.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()).replaceAll('-', '_');

/** `database-requested` as `databaseRequested`; a word that means something in the files gets another. */
export function variableOf(hook: string): string {
  const prefix = prefixOf(hook);
  const name = prefix.slice(0, 1).toLowerCase() + prefix.slice(1);
  return taken.has(name) ? `${name}Hook` : name;
}

const taken: ReadonlySet<string> = new Set(
  [
    // Words of the language that could be names of hooks.
    'arguments await break case catch class const continue debugger default delete do else enum',
    'eval export extends false finally for function if implements import in interface let new null',
    'package private protected public return static super switch this throw true try typeof',
    'undefined var void while with yield async of',
    // What the files call their own.
    'ask chart defers order relationOf returns terminal vocabulary',
    'charm defineCharm halt learned notWritten compare describe drawing expect it parse plan ways',
    'inWords readFileSync then',
  ].flatMap((line) => line.split(' ')),
);
