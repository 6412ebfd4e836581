/** Whether a packed charm is run by a program that charmcraft writes, so that it is known what it runs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Description } from './description.ts';

/** As charmcraft's plugin for charms writes it. */
const ofCharms = /^JUJU_DISPATCH_PATH="\S+" PYTHONPATH=(src:)?lib:venv (exec )?\.\/src\/charm\.py$/;
/** As all its others do: it has an interpreter linked into `venv` where there is none. */
const ofOthers =
  /^dispatch_path="\$\(dirname \$\(realpath \$0\)\)" .* exec "\$\{python_path\}" "\$\{dispatch_path\}\/src\/charm\.py"$/;

/** Whether `dispatch` runs `src/charm.py` by the machine's Python, and does nothing else. */
export function isCharmcrafts({ folder, entry }: Description): boolean {
  if (entry._tag !== 'Dispatch' || !existsSync(join(folder, 'src', 'charm.py'))) return false;
  const text = readFileSync(join(folder, 'dispatch'), 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/(\s|\\\n)+/g, ' ')
    .trim();
  // What is staged beside the charm is found by variables that an interpreter reads when it begins.
  return ofCharms.test(text) || (ofOthers.test(text) && !existsSync(join(folder, 'usr')));
}
