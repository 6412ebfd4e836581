/** What charmcraft itself says of a charm. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knownWarnings, packed } from './charm-files.ts';

interface Finding {
  readonly name: string;
  readonly result: string;
  readonly text: string;
}

const howToGet = `charmcraft is not installed. It is on PyPI: \`python3 -m venv FOLDER && FOLDER/bin/pip install charmcraft\`, then run this again with FOLDER/bin on the PATH. On Ubuntu: \`snap install charmcraft --classic\`.`;

/** Lets charmcraft read a built charm and analyse what it would pack; gives what it objects to. */
export function check(folder: string, environment: NodeJS.ProcessEnv): readonly string[] {
  const run = (args: readonly string[]) => {
    const ended = spawnSync('charmcraft', args, {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    });
    if (ended.error !== undefined)
      throw 'code' in ended.error && ended.error.code === 'ENOENT'
        ? new Error(howToGet)
        : ended.error;
    return ended;
  };
  const read = run(['expand-extensions']);
  if (read.status !== 0) return [`charmcraft.yaml: ${read.stderr.trim()}`];

  const workspace = mkdtempSync(join(tmpdir(), 'hookchart-check-'));
  try {
    const charm = join(workspace, 'the.charm');
    const files = [
      ...packed,
      ...readdirSync(folder).filter((name) => /^(config|metadata|actions)\.yaml$/.test(name)),
    ];
    // A charm is a zip with modes, and where charmcraft is there is Python.
    execFileSync('python3', ['-m', 'zipfile', '-c', charm, ...files], { cwd: folder });
    const { stdout, stderr } = run(['analyse', '--format', 'json', charm]);
    let findings: readonly Finding[];
    try {
      findings = JSON.parse(stdout);
    } catch {
      return [`analyse: ${stderr.trim()}`];
    }
    return findings
      .filter(
        ({ name, result }) =>
          /^(warning|error|fatal)$/.test(result) &&
          !(knownWarnings as readonly string[]).includes(name),
      )
      .map(({ name, result, text }) => `${name}: ${result}: ${text}`);
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}
