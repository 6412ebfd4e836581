import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createWebSocketReceiver } from '@statelyai/inspect';
import { describe, expect, it } from 'vitest';
import { recordingIn } from '../inspector/recording-in.ts';

const run = promisify(execFile);
const main = 'dist/src/cli/main.js';

/** The processes whose arguments name a folder. */
function servers(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
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
    expect(outcome.checks.map(({ name }: { name: string }) => name)).toContain(
      'clients come by TLS, and verify every unit',
    );
  });

  it('feeds the page while it is told, and keeps it until Ctrl-C', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'demo-'));
    chmodSync(folder, 0o711);
    const file = join(folder, 'demo.html');
    const child = spawn(
      process.execPath,
      [main, 'demo', '--inspect', '--no-open', '--record', file],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: folder } },
    );
    const hooks = new Set<string>();
    let isStillTold = true;
    let isLive = false;
    let output = '';
    child.stdout.on('data', (chunk) => {
      if (output === '') {
        const feed = /Feed: +(\S+)/.exec(String(chunk))?.[1] ?? '';
        createWebSocketReceiver({ server: feed }).subscribe((event) => {
          if (event.type !== '@xstate.actor' || event.parentId !== undefined) return;
          hooks.add(event.name ?? '');
          if (isStillTold) isLive ||= hooks.size > 1;
        });
      }
      output += chunk;
      if (output.includes('checks hold')) isStillTold = false;
      if (output.includes('until Ctrl-C')) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(0);
    expect(isLive).toBe(true);
    expect(hooks).toContain('pgbouncer-k8s/1 database-relation-changed');
    expect(hooks).toContain('pgbouncer-k8s/0 leader-elected');
    const recorded = recordingIn(readFileSync(file, 'utf8')).entries.flatMap((entry) =>
      entry._tag === 'Hook' ? [`${entry.unit} ${entry.event.hook}`] : [],
    );
    expect(recorded).toContain('pgbouncer-k8s/0 leader-elected');
    rmSync(file);
    expect(servers(folder)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('cleans up after itself on %s', async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'demo-'));
    chmodSync(folder, 0o711);
    const child = spawn(process.execPath, [main, 'demo'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: folder },
    });
    let output = '';
    let started = 0;
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (started > 0 || !output.includes('The client, with nothing but')) return;
      started = servers(folder).length;
      child.kill(signal);
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(signal === 'SIGINT' ? 130 : 1);
    expect(started).toBeGreaterThanOrEqual(5);
    expect(servers(folder)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
