/** The tiny charms of these tests, as they are and with faults planted in them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { asksAndReads, openForeignCharm, soakForeign } from '../../src/foreign/index.ts';

/** By the language it is written in; the last one is in Python as well, and has a container. */
export type Language = 'bash' | 'node' | 'python' | 'kubernetes';

export const isInPython = (language: Language): boolean =>
  language === 'python' || language === 'kubernetes';

/** What is replaced by what, in the program of a charm. */
export type Edit = readonly [from: string, to: string];

const programs = {
  bash: 'dispatch',
  node: 'dispatch',
  python: 'src/charm.py',
  kubernetes: 'src/charm.py',
} as const;

/** What applications ask with, by endpoint, and what operators set. */
const asked = {
  bash: { database: [{ database: 'ships' }] },
  node: { berth: [{ ship: 'argo' }] },
  python: { page: [{ title: 'tides' }] },
  kubernetes: { light: [{ room: 'attic' }] },
} as const;

export const folderOf = (language: Language): string => resolve('test/foreign/charms', language);

/** A copy of a charm with these edits in it, each of which is to fit once. */
export function planted(language: Language, edits: readonly Edit[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-tiny-'));
  cpSync(folderOf(language), folder, { recursive: true });
  const program = join(folder, programs[language]);
  let text = readFileSync(program, 'utf8');
  for (const [from, to] of edits) {
    if (text.split(from).length !== 2) throw new Error(`"${from}" is not once in ${program}`);
    text = text.replace(from, () => to);
  }
  writeFileSync(program, text);
  return folder;
}

export interface SoakOptions {
  readonly hooks: number;
  readonly seed?: number;
  readonly configurations?: readonly Readonly<Record<string, unknown>>[];
  readonly shrinkSeconds?: number;
  readonly isPlain?: boolean;
}

/** Soaks a charm, and gives what it violated and how many hooks that took. */
export async function soakTiny(
  language: Language,
  folder: string,
  { hooks, seed = 1, configurations = [], shrinkSeconds = 0, isPlain = false }: SoakOptions,
) {
  const others = Object.fromEntries(
    Object.entries(asked[language]).map(([endpoint, requests]) => [
      endpoint,
      { script: asksAndReads, requests },
    ]),
  );
  const charm = await openForeignCharm(folder, {
    others,
    configurations,
    isPlain,
    ...(isInPython(language) ? { python: ops() } : {}),
  });
  try {
    const soaked = await soakForeign(charm, { hooks, seed, shrinkSeconds });
    const violated = soaked.failure?.violated.violations.map(({ invariant }) => invariant) ?? [];
    return { ...soaked, violated, counts: { ...charm.counts } };
  } finally {
    charm.close();
    if (folder !== folderOf(language)) rmSync(folder, { recursive: true, force: true });
  }
}

/** Why charms in Python cannot be run here; null where they can. */
export const noPython: string | null =
  spawnSync('python3', ['-c', 'import venv, sqlite3']).status === 0
    ? null
    : 'there is no Python 3 with venv and sqlite3 on PATH';

const pinned = 'ops==3.9.0';

/** An interpreter that has ops, which is installed once. */
export function ops(): string {
  const folder = resolve('node_modules/.cache/hookchart', pinned);
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'is-whole'))) return python;
  execFileSync('python3', ['-m', 'venv', '--clear', folder], { stdio: 'ignore' });
  execFileSync(python, ['-m', 'pip', 'install', '-q', pinned], { stdio: 'ignore' });
  writeFileSync(join(folder, 'is-whole'), pinned);
  return python;
}

/** Calls six tools in each hook, in which something is another than in the one before, so that none is known. */
export const clock = (
  /** Lines of its hook before those calls. */
  first = '',
): string => `import pathlib
import subprocess

import ops


class Clock(ops.CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        framework.observe(self.on.update_status, self._tick)

    def _tick(self, event):
        ticks = pathlib.Path('ticks')
        ticks.write_text(str(int(ticks.read_text()) + 1 if ticks.exists() else 1))
${first}        for call in (
            ['is-leader'],
            ['config-get'],
            ['relation-ids', 'hands'],
            ['juju-log', 'tick'],
            ['status-set', 'active', 'on time'],
            ['application-version-set', '1'],
        ):
            subprocess.run(call, check=True, capture_output=True, encoding='utf-8')


if __name__ == '__main__':
    ops.main(Clock)
`;
