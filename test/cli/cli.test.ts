import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { databaseRelationBroken, hooks } from '../../machines/index.ts';
import { chartOf, print } from '../../src/chart/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hookchart = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['dist/src/cli/main.js', ...args],
    {
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
};

const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe('hookchart chart', () => {
  it('prints the Mermaid of a machine', () => {
    const { status, stdout } = hookchart('chart', 'database-relation-broken');
    expect(status).toBe(0);
    expect(stdout).toBe(print(chartOf(databaseRelationBroken)));
  });

  it('prints all of them where none is named', () => {
    const { stdout } = hookchart('chart');
    expect(stdout.match(/^flowchart TD$/gm)?.length).toBe(Object.keys(hooks).length);
    expect(JSON.parse(hookchart('chart', '--json').stdout)).toEqual({ chart: stdout });
    // What it prints it reads.
    const printed = file('all.mmd', stdout);
    const checked = JSON.parse(hookchart('chart', '--check', printed, '--json').stdout);
    expect(checked.charts.map(({ hook }: { hook: string }) => hook)).toEqual(Object.keys(hooks));
    expect(checked.ok).toBe(true);
    const made = hookchart('new', printed, '--out', join(folder, 'all'), '--json');
    expect([made.stderr, made.status]).toEqual(['', 0]);
    const files: readonly string[] = JSON.parse(made.stdout).files;
    for (const hook of Object.keys(hooks)) expect(files).toContain(`charts/${hook}.mmd`);
  });

  it('agrees with the project’s own page', () => {
    const { status, stdout } = hookchart('chart', '--check', 'docs/hooks/database.md');
    expect(stdout).toMatch(/(?:docs\/hooks\/database\.md:\d+ database-\S+: agrees\n){3}/);
    expect(status).toBe(0);
  });

  it('names each node and edge that differs, and the line', () => {
    const chart = print(chartOf(databaseRelationBroken))
      .replace('Delete user from backend charm', 'Drop it')
      .replace('is_departing -- no -->', 'is_departing -- maybe -->');
    const page = file('page.md', `# A page\n\n\`\`\`mermaid\n${chart}\`\`\`\n`);
    const { status, stdout } = hookchart('chart', '--check', page);
    expect(status).toBe(1);
    const title = `${page}:4 database-relation-broken: `;
    expect(stdout.split('\n')).toEqual([
      `${title}node delete_user: the label is "Drop it" in the chart and "Delete user from backend charm" in the machine`,
      `${title}edge is_departing -- maybe --> remove_data is missing from the machine`,
      `${title}edge is_departing -- no --> remove_data is missing from the chart`,
      '',
    ]);
    expect(JSON.parse(hookchart('chart', '--check', page, '--json').stdout)).toMatchObject({
      ok: false,
      charts: [{ file: page, line: 4, hook: 'database-relation-broken' }],
    });
  });

  it('tells which hook is meant where the first node’s label has changed', () => {
    const chart = print(chartOf(databaseRelationBroken)).replace(
      'database-relation-broken Hook',
      'some Hook',
    );
    const { stdout } = hookchart('chart', '--check', file('x.mmd', chart));
    expect(stdout).toContain('database-relation-broken: node hook_fired: the label is "some Hook"');
  });

  it('says of a chart of a hook that the charm has not that it has none', () => {
    const chart =
      'flowchart TD\n fired([lamp-oiled Hook]) --> light[Light it]\n light --> done([Return])';
    const { status, stdout } = hookchart('chart', '--check', file('own.mmd', chart));
    expect(status).toBe(1);
    expect(stdout).toContain(
      'own.mmd:1 chart: it draws the hook lamp-oiled, which the charm has not; it has database-requested,',
    );
  });

  it('names the line that cannot be read', () => {
    const { status, stdout } = hookchart(
      'chart',
      '--check',
      file('bad.mmd', 'flowchart TD\n a ==> b'),
    );
    expect(status).toBe(1);
    expect(stdout).toContain('bad.mmd:2 chart: expected an arrow');
  });

  it.each([
    [['chart', 'nothing'], 'there is no hook "nothing"; there are database-requested'],
    [['chart', 'toString'], 'there is no hook "toString"'],
    [['chart', '--check', '/no/such/file.md'], '/no/such/file.md cannot be read (ENOENT)'],
    [['chart', '--check', 'LICENSE.md'], 'LICENSE.md cannot be read'],
    [['chart', '--check', 'CHANGELOG.md'], 'there is no chart in CHANGELOG.md'],
    [['chart', 'database-requested', '--check', 'README.md'], 'not both'],
  ])('exits 2 on wrong use: %j', (args, message) => {
    const { status, stderr, stdout } = hookchart(...args);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

describe('hookchart plan', () => {
  it('says in its help what is required', () => {
    const { stdout } = hookchart('plan', '--help');
    expect(stdout).toMatch(/^Usage: hookchart plan <hook> --answers <json> \[options\]$/m);
    expect(stdout).toMatch(/--answers <json> +required: /);
  });

  it('prints path, commands and end', () => {
    const { status, stdout } = hookchart(
      'plan',
      'database-relation-departed',
      '--relation',
      '4',
      '--answers',
      '{"is_departing":"yes"}',
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      path: ['hook_fired', 'update_connection_info', 'is_departing', 'add_flag', 'rtn'],
      commands: [
        { _tag: 'UpdateConnectionInfo', relation: 4 },
        { _tag: 'AddDepartingFlag', relation: 4 },
      ],
      end: { _tag: 'Return' },
    });
  });

  it.each([
    [
      ['plan', 'database-requested'],
      `--answers is required: say --answers '{"is_backend_ready":"no","is_leader":"no"}'`,
    ],
    [['plan', 'no'], 'there is no hook "no"; there are database-requested, database-relation-'],
    [['plan'], 'name a hook: there are database-requested, database-relation-'],
    [
      ['plan', 'database-relation-changed'],
      "database-relation-changed is a hook of Juju's, which goes through database-requested: say plan database-requested",
    ],
    [['plan', 'update-status', '--answers', '{}', '--event', '[]'], 'an object: the event'],
    [
      ['plan', 'update-status', '--answers', '{}', '--event', '{}', '--relation', '4'],
      'name the relation or the whole event, not both',
    ],
    [
      ['plan', 'update-status', '--answers', '{}', '--event', '{"relation":"4"}'],
      /--event does not start a hook of this charm: relation: .*; say --event '{"relation":0}'/,
    ],
    [['plan', 'database-requested', '--answers', '{'], 'It is not JSON.'],
    [['plan', 'database-requested', '--answers', '[]'], 'It is to be an object'],
    [['plan', 'database-requested', '--answers', '{}'], 'is_backend_ready is a question'],
    [['plan', 'database-requested', '--answers', '{}', '--relation', 'x'], 'a whole number'],
    [['plan', 'no', '--answers', '{}'], 'there is no hook "no"'],
    [['frobnicate'], "unknown command 'frobnicate'"],
  ])('exits 2 on wrong use: %j', (args, message) => {
    const { status, stderr } = hookchart(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

describe('hookchart', () => {
  it('helps', () => {
    const { status, stdout } = hookchart('--help');
    expect(status).toBe(0);
    for (const command of ['chart', 'plan', 'demo']) expect(stdout).toContain(command);
  });

  it('is of the version that its package says', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(hookchart('--version').stdout).toBe(`${version}\n`);
  });
});

describe('hookchart dispatch', () => {
  it('says which variable of the agent is missing', () => {
    const { status, stdout, stderr } = hookchart('dispatch');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^the environment variable JUJU_DISPATCH_PATH is not set: /);
  });

  it('is in the help, and takes nothing', () => {
    expect(hookchart('--help').stdout).toContain('dispatch');
    expect(hookchart('dispatch', '--relation', '4').status).toBe(2);
  });

  it('ends at once in a hook that nobody handles', () => {
    writeFileSync(join(folder, 'state-get'), `#!/bin/sh\necho '""'\n`, { mode: 0o755 });
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['dist/src/cli/main.js', 'dispatch'],
      {
        encoding: 'utf8',
        env: {
          PATH: `${folder}:/bin:/usr/bin`,
          JUJU_DISPATCH_PATH: 'hooks/database-relation-joined',
        },
      },
    );
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });
});
