/** What charmcraft itself says of a charm. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PackingFailed } from './packing-failed.ts';
import { everyFile } from './texts.ts';

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
        ? new PackingFailed(howToGet)
        : ended.error;
    return ended;
  };
  const read = run(['expand-extensions']);
  if (read.status !== 0) return [`charmcraft.yaml: ${read.stderr.trim()}`];

  const workspace = mkdtempSync(join(tmpdir(), 'hookchart-check-'));
  try {
    const charm = join(workspace, 'the.charm');
    const files = readdirSync(folder).filter(
      (name) => everyFile.has(name) && name !== 'charmcraft.yaml',
    );
    // A charm is a zip with modes, and where charmcraft is there is Python.
    execFileSync('python3', ['-m', 'zipfile', '-c', charm, ...files], { cwd: folder });
    const { stdout, stderr } = run(['analyse', '--format', 'json', charm]);
    const text = readFileSync(join(folder, 'charmcraft.yaml'), 'utf8');
    const ignored: readonly unknown[] = parse(text)?.analysis?.ignore?.linters ?? [];
    let findings: readonly Finding[];
    try {
      findings = JSON.parse(stdout);
    } catch {
      return [`analyse: ${stderr.trim()}`];
    }
    return findings
      .filter(
        ({ name, result }) => /^(warning|error|fatal)$/.test(result) && !ignored.includes(name),
      )
      .map(({ name, result, text }) => `${name}: ${result}: ${text}`);
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}
