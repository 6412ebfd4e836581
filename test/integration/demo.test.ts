import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const main = 'dist/src/cli/main.js';

const workspaces = () => readdirSync(tmpdir()).filter((name) => name.startsWith('hookchart-'));

/** The processes whose arguments name a workspace. */
function servers(of: readonly string[]): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return of.some((workspace) => command.includes(workspace));
    } catch {
      return false;
    }
  });
}

describe('hookchart demo', () => {
  it('tells the whole story, every check holds, nothing is left running', async () => {
    const { stdout } = await run(process.execPath, [main, 'demo', '--json']);
    const outcome = JSON.parse(stdout);
    expect(outcome.checks.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
    expect(outcome).toMatchObject({
      ok: true,
      units: [
        { unit: 'pgbouncer-k8s/0', leader: false },
        { unit: 'pgbouncer-k8s/1', leader: true },
        { unit: 'pgbouncer-k8s/2', leader: false },
      ],
      databag: {
        application: {
          database: 'application_first_database',
          'extra-user-roles': 'CREATEDB,CREATEROLE',
        },
        'pgbouncer-k8s': {
          database: 'application_first_database',
          username: 'relation_id_4',
          password: '********',
          endpoints: outcome.units[1].endpoint,
          'read-only-endpoints': [outcome.units[0].endpoint, outcome.units[2].endpoint]
            .sort()
            .join(','),
        },
      },
    });
    expect(outcome.checks.length).toBeGreaterThanOrEqual(12);
  });

  it('cleans up after itself on Ctrl-C', async () => {
    const before = workspaces();
    const child = spawn(process.execPath, [main, 'demo'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let mine: string[] = [];
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (mine.length === 0 && output.includes('The client, with nothing but')) {
        mine = workspaces().filter((name) => !before.includes(name));
        child.kill('SIGINT');
      }
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(1);
    expect(mine.length).toBe(2);
    expect(servers(mine)).toEqual([]);
    expect(workspaces().filter((name) => mine.includes(name))).toEqual([]);
  });
});
