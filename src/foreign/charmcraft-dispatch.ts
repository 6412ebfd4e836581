/** Whether a packed charm is run by a program that charmcraft writes, so that it is known what it runs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Description } from './description.ts';

/** As charmcraft's plugin for charms writes it. */
const ofCharms = /^JUJU_DISPATCH_PATH="\S+" PYTHONPATH=(src:)?lib:venv (exec )?\.\/src\/charm\.py$/;
/** The lines that all its others write: they have an interpreter linked into `venv` where there is none. */
const ofOthers: readonly RegExp[] = [
  /^(?:dispatch_path|venv_bin_path|python_path)="[^"]*"$/,
  /^if \[ ! -e "\$\{python_path\}" \]; then$/,
  /^mkdir -p "\$\{venv_bin_path\}"$/,
  /^ln -s \$\(which python3\) "\$\{python_path\}"$/,
  /^fi$/,
  /^export (?:PYTHONPATH|PATH|LD_LIBRARY_PATH)="[^"]*"$/,
];
const run = /^exec "\$\{python_path\}" "\$\{dispatch_path\}\/src\/charm\.py"$/;

/** Whether `dispatch` runs `src/charm.py` by the machine's Python, and does nothing else. */
export function isCharmcrafts({ folder, entry }: Description): boolean {
  if (entry._tag !== 'Dispatch' || !existsSync(join(folder, 'src', 'charm.py'))) return false;
  const lines = readFileSync(join(folder, 'dispatch'), 'utf8')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = lines.pop() ?? '';
  if (lines.length === 0) return ofCharms.test(last);
  const isKnown = lines.every((line) => ofOthers.some((one) => one.test(line)));
  // What is staged beside the charm is found by variables that an interpreter reads when it begins.
  return isKnown && run.test(last) && !existsSync(join(folder, 'usr'));
}
