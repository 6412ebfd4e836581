/** What PgBouncer's charms are packed of: two, since one with containers cannot be deployed on machines. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isIdle } from './idle.ts';

export const substrates = ['kubernetes', 'machine'] as const;
export type Substrate = (typeof substrates)[number];

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const root = rootAbove(dirname(here('.')));

/** Where the charm's texts are, and what its process runs, for `hookchart pack`. */
export const packedOf = (substrate: Substrate) => ({
  folders: [here(`../packaging/${substrate}`), here('../packaging'), root],
  own: root,
  named: [],
  // A function knows them.
  heard: [],
  program: `import ${JSON.stringify(here(import.meta.url.endsWith('.ts') ? 'entry.ts' : 'entry.js'))};`,
  isIdle: (hook: string) => isIdle(hook),
});

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(dirname(folder));
}
