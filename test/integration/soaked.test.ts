/**
 * PgBouncer's charm as it is packed, through `hookchart soak` and its oracles: a process for each hook,
 * a real PostgreSQL behind `backend-database`, a real PgBouncer for each unit.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packCharm } from '../../src/packaging/pack.ts';
import { packedOf } from '../../src/pgbouncer/charm/packed.ts';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import { findPgbouncer } from '../../src/pgbouncer/demo/servers/pgbouncer.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import { charmRuntime } from '../charm-runtime.ts';

/** `HOOKCHART_HOOKS=100000` runs as many, and `HOOKCHART_SEED` begins elsewhere. */
const { HOOKCHART_HOOKS: hooks = '250', HOOKCHART_SEED: seed = '1' } = process.env;

const workspace = new Workspace();
const at = (...names: readonly string[]) => join(workspace.path, ...names);
let postgres: PostgresServer;

/**
 * A unit on a machine that is new: what it found there of another history would be none of its own.
 * What is `before` comes first, in the shell.
 */
const dispatch = (before = '') => `#!/bin/sh
${before}
home=${at('homes')}/$(echo "$JUJU_UNIT_NAME" | tr / -)
if [ "$JUJU_DISPATCH_PATH" = hooks/install ]; then
  for file in "$home"/*.pid; do [ -e "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null; done
  rm -rf "$home"
fi
export HOOKCHART_WORKLOAD=child HOOKCHART_HOME="$home" HOOKCHART_PGBOUNCER=${findPgbouncer()}
PATH=${at('tools')}:$PATH
exec "\${0%/*}/dispatch.packed"
`;

/** Whoever is related to \`backend-database\` is told of the server, and its login is in a secret. */
const backend = ({ host, port, login }: PostgresServer) => `
const [endpoints, username, password] = ${JSON.stringify([`${host}:${port}`, login.user, login.password])};
const labelOf = (relation) => \`backend-database.\${relation}.user.secret\`;
const labelled = (tools, relation) =>
  Object.entries(tools.secrets.infos()).find(([, { label }]) => label === labelOf(relation))?.[0];
export const script = {
  hook(tools, { name, relation }) {
    if (relation === undefined || !tools.isLeader()) return [];
    const known = labelled(tools, relation);
    if (/-relation-(created|changed)$/.test(name)) {
      const id = known ?? tools.secrets.add('application', { username, password }, labelOf(relation));
      tools.secrets.grant(id, relation);
      const told = { database: 'postgres', endpoints, version: '18.4', 'secret-user': id };
      tools.relationSet(relation, 'application', told);
    }
    if (name.endsWith('-relation-broken') && known !== undefined) tools.secrets.remove(known);
    return [];
  },
  ask() {},
};
export const requests = [{}];
`;

beforeAll(async () => {
  postgres = await startPostgres(workspace, 'of-the-superuser', { settings: ['fsync=off'] });
  const options = { runtime: charmRuntime(), copying: 'link' } as const;
  await packCharm(packedOf('machine'), at('charm'), options);
  await rename(at('charm', 'dispatch'), at('charm', 'dispatch.packed'));
  for (const folder of ['homes', 'tools']) await mkdir(at(folder), { mode: 0o755 });
  const copied = { 'network-get': 'tools', 'hookchart-soak.yaml': 'charm' };
  for (const [name, folder] of Object.entries(copied))
    await copyFile(resolve('test/integration/soaked', name), at(folder, name));
  await chmod(at('tools', 'network-get'), 0o755);
  await writeFile(at('backend.mjs'), backend(postgres));
});

afterAll(async () => {
  for (const home of readdirSync(at('homes')))
    for (const name of readdirSync(at('homes', home)))
      if (name.endsWith('.pid')) end(at('homes', home), name);
  await postgres.stop();
  workspace.remove();
});

/** By now the number may be that of a process of somebody else. */
function end(home: string, name: string): void {
  const pid = readFileSync(join(home, name), 'utf8').trim();
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(home)) process.kill(Number(pid));
  } catch {
    // It does not run any more.
  }
}

/** What the soak says of the charm with this `dispatch`, and how it ends. */
async function soaked(program: string, ...more: readonly string[]) {
  await writeFile(at('charm', 'dispatch'), program, { mode: 0o755 });
  return await new Promise<readonly [code: unknown, said: string]>((done) => {
    const own = (name: string) => resolve('test/integration/soaked', name);
    const args = [
      ...[resolve('dist/src/cli/main.js'), 'soak', '--charm', at('charm'), '--seed', seed],
      ...['--relate', `backend-database=${at('backend.mjs')}`],
      ...['--relate', `database=${own('requirer.mjs')}`, '--oracle', own('records.mjs')],
      ...[
        '--without',
        'certificates',
        '--without',
        'charm-tracing',
        '--without',
        'metrics-endpoint',
      ],
      ...['--record', at('failure.json'), ...more],
    ];
    execFile(process.execPath, args, { encoding: 'utf8' }, (error, out, wrong) =>
      done([error?.code ?? 0, error === null ? out : `${out}${wrong}`]),
    );
  });
}

it('violates no oracle about charms of which nothing is known', {
  timeout: 86_400_000,
}, async () => {
  const [code, said] = await soaked(dispatch(), '--hooks', hooks, '--json');
  expect([code, said]).toEqual([0, expect.stringContaining('"failure": null')]);
  const { hooks: run, answers, oracles } = JSON.parse(said);
  expect(run).toBeGreaterThanOrEqual(Number(hooks));
  expect(answers).toEqual(expect.arrayContaining(['database', 'endpoints', 'secret-user']));
  expect(oracles).toContain('RecordsGo');
});

it('is found out where a unit that does not lead writes', { timeout: 600_000 }, async () => {
  const bold =
    '[ "$JUJU_HOOK_NAME" != update-status ] || relation-set -r "$(relation-ids pgb-peers)" --app seen=yes || true';
  const [code, said] = await soaked(dispatch(bold), '--hooks', '300');
  expect([code, said]).toEqual([1, expect.stringMatching(/^FollowersDoNotWrite is violated/m)]);
});
