/** What a charm in Python finds where its hooks are forks, against what it finds where each is a process. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openForeignCharm } from '../../src/foreign/index.ts';
import { dueHooks, Simulation } from '../../src/testing/index.ts';
import { noPython } from './tiny-charms.ts';

/** Each way in which a tool may be called, and what comes back; what nobody catches is printed. */
const program = `import subprocess
from subprocess import DEVNULL, PIPE, STDOUT

ways = [
    {},
    {'capture_output': True},
    {'stdout': PIPE},
    {'stderr': PIPE, 'text': True},
    {'stdout': PIPE, 'stderr': STDOUT, 'encoding': 'utf-8'},
    {'stdout': DEVNULL, 'stderr': DEVNULL},
    {'capture_output': True, 'universal_newlines': True, 'cwd': '/'},
    {'capture_output': True, 'env': {}},
    {'capture_output': True, 'stdout': PIPE},
    {'stdout': PIPE, 'check': True},
]
for way in ways:
    for call in (['is-leader'], ['config-get', '--wrong'], ['state-set', '--file', '-']):
        try:
            done = subprocess.run(call, input='a: b' if 'text' in way else None, **way)
            print(way, call, done.returncode, done.stdout, done.stderr, flush=True)
        except Exception as error:
            print(way, call, type(error).__name__, getattr(error, 'output', ''), flush=True)
print(subprocess.run(['state-get', 'a'], capture_output=True, text=True, check=True).stdout)
`;

async function printed(folder: string, isPlain: boolean) {
  const charm = await openForeignCharm(folder, { isPlain, python: 'python3' });
  try {
    const { simulated } = charm;
    const simulation = new Simulation(simulated, { ...simulated.soaked(1), units: 1 });
    const [first] = dueHooks(simulation.world);
    if (first !== undefined) await simulation.settle(first);
    const { last } = simulation.world.outside.units['caller/0'] ?? {};
    return { stdout: last?.stdout, stderr: last?.stderr, exit: last?.exit };
  } finally {
    charm.close();
  }
}

const skipping = noPython === null ? '' : ` (skipped: ${noPython})`;

it.skipIf(noPython !== null)(
  `is the same of each way to call a hook tool${skipping}`,
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookchart-fork-'));
    try {
      mkdirSync(join(folder, 'src'));
      writeFileSync(join(folder, 'charmcraft.yaml'), 'name: caller\ntype: charm\n');
      writeFileSync(join(folder, 'src/charm.py'), program);
      const fork = await printed(folder, false);
      expect(fork.exit).toBe(0);
      expect(fork.stdout).toContain("{} ['is-leader'] 0 None None");
      expect(fork).toEqual(await printed(folder, true));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

const old = `#!/bin/sh

JUJU_DISPATCH_PATH="\${JUJU_DISPATCH_PATH:-$0}" PYTHONPATH=lib:venv \\
  exec ./src/charm.py
`;
const today = `#!/bin/sh
dispatch_path="$(dirname $(realpath $0))"
venv_bin_path="\${dispatch_path}/venv/bin"
python_path="\${venv_bin_path}/python"
if [ ! -e "\${python_path}" ]; then
    mkdir -p "\${venv_bin_path}"
    ln -s $(which python3) "\${python_path}"
fi

# Where the charm's own libraries are.
export PYTHONPATH="\${dispatch_path}/lib:\${dispatch_path}/src"

exec "\${python_path}" "\${dispatch_path}/src/charm.py"
`;

it.skipIf(noPython !== null).each([
  ["as charmcraft's plugin for charms packs it", old, true],
  ['as its other plugins pack it', today, true],
  ['with a program of its own', `${old}echo done\n`, false],
  ['with a line of its own', today.replace('export', 'rm -f lock\nexport'), false],
])(
  `is packed, and has forks where it is known what it runs: %s${skipping}`,
  {
    timeout: 60_000,
  },
  async (_, dispatch, isFork) => {
    const folder = mkdtempSync(join(tmpdir(), 'hookchart-packed-'));
    const isOfVenv = dispatch === today;
    const packages = join(folder, 'venv/lib', versionOf(), 'site-packages');
    try {
      mkdirSync(join(folder, 'src'));
      mkdirSync(packages, { recursive: true });
      writeFileSync(join(packages, 'words.py'), "word = 'a library'\n");
      writeFileSync(join(folder, 'metadata.yaml'), 'name: caller\n');
      writeFileSync(join(folder, 'dispatch'), dispatch, { mode: 0o755 });
      const charm = `#!/usr/bin/env python3
${isOfVenv ? 'import words; print(words.word)' : ''}
print(open('/proc/self/cmdline').read())
`;
      writeFileSync(join(folder, 'src/charm.py'), charm, { mode: 0o755 });
      const { stdout, exit } = await printed(folder, false);
      expect(exit).toBe(0);
      expect(stdout?.includes('fork_server.py')).toBe(isFork);
      if (isOfVenv) expect(stdout).toMatch(/^a library\n/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

const versionOf = () => {
  const version = 'import sys; print("python%d.%d" % sys.version_info[:2], end="")';
  return execFileSync('python3', ['-c', version], { encoding: 'utf8' });
};
