import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderOf } from '../foreign/tiny-charms.ts';

const work = mkdtempSync(join(tmpdir(), 'hookchart-juju-test-'));
afterAll(() => rmSync(work, { recursive: true }));
const clerk = resolve('test/foreign/charms/clerk');

const juju = (...args: string[]) =>
  spawnSync(process.execPath, [resolve('dist/src/cli/main.js'), 'juju', ...args], {
    cwd: work,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
/** What a command says that does what it is to do. */
function said(...args: string[]): string {
  const { status, stdout, stderr } = juju(...args);
  expect([args, status, stderr]).toEqual([args, 0, '']);
  return stdout;
}

describe('hookchart juju', { timeout: 60_000 }, () => {
  it('says where there is no model yet', () => {
    const { status, stderr } = juju('status');
    expect([status, stderr.split('\n')]).toEqual([
      2,
      [
        `hookchart: there is no model in ${join(work, '.hookchart-juju')}: "deploy FOLDER" begins one`,
        'hookchart juju status --help says what there is',
        '',
      ],
    ]);
    expect(existsSync(join(work, '.hookchart-juju'))).toBe(false);
    expect(juju('deploy', 'nowhere').stderr).toContain('nowhere has neither a metadata.yaml');
    expect(existsSync(join(work, '.hookchart-juju'))).toBe(false);
  });

  it('deploys, relates, and shows what came of it', () => {
    expect(said('deploy', folderOf('bash'))).toMatch(/^keeper\/0 runs install\n.*start\n$/s);
    said(
      'deploy',
      clerk,
      'office',
      '-n',
      '2',
      '--config',
      'database=ships',
      '--config',
      'copies=3',
    );
    expect(said('integrate', 'keeper', 'office:store')).toContain(
      'keeper/0 runs database-relation-changed of database:2\n',
    );
    expect(said('status')).toBe(readFileSync('test/cli/juju-status.txt', 'utf8'));
    const status = JSON.parse(said('status', '--format', 'json'));
    expect(status.applications.office.units['office/1']['workload-status']).toEqual({
      current: 'active',
      message: 'it has ships',
    });
    expect(said('show-unit', 'office/0')).toContain('        database: ships\n');
    expect(said('config', 'office', 'copies')).toBe('3\n');
    expect(
      JSON.parse(said('config', 'office', '--format', 'json')).settings.database,
    ).toMatchObject({ default: 'ledger', source: 'user', value: 'ships' });
    expect(said('secrets')).toMatch(/^ID +Name .*\nc0{18}1 +database.2 +keeper +never +1\n$/);
    expect(said('show-secret', 'database.2')).not.toContain('content:');
    expect(said('show-secret', 'database.2', '--reveal')).toContain('content:\n    password:');
  });

  it('logs what hooks have logged, by the units that are asked for', () => {
    const log = said('debug-log', '--include', 'office/0', '--lines', '2');
    expect(log.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(
        /^unit-office-0: \d+ INFO unit.office\/0.juju-log store:2: there is a password$/,
      ),
      expect.stringMatching(
        /^unit-office-0: \d+ INFO juju.worker.uniter.operation ran "store-relation-changed" hook/,
      ),
    ]);
    const whole = JSON.parse(said('debug-log', '--format', 'json'));
    expect(whole[0]).toMatchObject({ at: 1, message: `deploy ${folderOf('bash')}` });
    expect(said('debug-log', '--level', 'ERROR')).toBe('');
  });

  it('holds hooks, and runs them in the order that is asked for', () => {
    expect(said('config', 'office', 'database=boats', '--hold')).toBe(
      '2 hooks may come next: hookchart juju step\n',
    );
    expect(said('status')).toContain('Waiting   Hook\noffice/0  config-changed\n');
    said('crash', 'office/0', '--at', '2', '--hold');
    const { hooks, isAtRest } = JSON.parse(said('step', 'office/0', '--json'));
    expect([hooks[0].failure, isAtRest]).toEqual(['killed before: status-set', false]);
    expect(said('step', 'office/1', 'config-changed')).toContain('office/1 runs config-changed\n');
    const wrong = juju('step', 'office/0', 'config-chnged');
    expect(wrong.stderr).toContain('config-chnged cannot come next; config-changed can\nDid you');
    const rest = said('elect', 'office/1');
    expect(rest).toContain('office/0 runs config-changed\n');
    expect(rest).toContain('office/1 runs leader-elected\n');
    expect(said('update-status', 'keeper/0')).toBe('keeper/0 runs update-status\n');
  });

  it.each([
    [['remove-unit', 'ofice/1'], 'there is no unit ofice/1; there are', 'Did you mean office/1?'],
    [['add-unit', 'keepr'], 'there is no application keepr', 'Did you mean keeper?'],
    [['integrate', 'keeper', 'office:stor'], 'office has no endpoint stor', 'mean office:store?'],
    [['integrate', 'keeper', 'office'], 'office:store keeper:database already exists', '--help'],
    [['integrate', 'keeper', 'keeper'], 'no relations found', 'juju integrate --help'],
    [['relate', 'keeper', 'keeper'], 'no relations found', 'juju integrate --help'],
    [['debug-log', '-i', 'ofice/1'], 'there is no unit ofice/1; there are', 'mean office/1?'],
    [['remove-relation', 'keeper'], 'name both ends of the relation, or its number', '--help'],
    [['config', 'office', 'copies=x'], 'option "copies" expected int, got "x"', 'config --help'],
    [['config', 'office', 'copys=1'], 'unknown option "copys"', 'Did you mean copies?'],
    [['elect', 'office/1'], 'office/1 leads office already', 'juju elect --help'],
    [['resolved', 'office/1'], 'unit "office/1" is not in an error state', 'resolved --help'],
    [['crash', 'office/1', '--how', 'hok'], "'hok' is invalid", 'Did you mean hook?'],
    [['deplyo', '.'], "unknown command 'deplyo'", 'Did you mean deploy?'],
    [['deploy', clerk, 'Office'], 'invalid application name "Office"', 'juju deploy --help'],
    [['deploy', clerk, 'office'], 'application office already exists', 'juju deploy --help'],
    [['deploy', clerk, 'c', '--image', 'lamp=.'], 'there is no container lamp', 'deploy --help'],
    [['deploy', clerk, 'c', '--image', 'lamp'], 'write --image CONTAINER=FOLDER', 'deploy --help'],
    [['recover', 'office/1'], 'office/1 has no check that is down', 'juju recover --help'],
    [['crash', 'office/1', '--how', 'checks'], 'office/1 has no check that is up', 'crash --help'],
    [['notify', 'office/1', 'example.com/a'], 'office/1 has no container', 'notify --help'],
    [['show-secret', 'nothing'], 'there is no secret nothing: "secrets" lists them', '--help'],
    [['step'], 'no hook of any unit waits', 'juju step --help'],
  ])('says what is wrong with %j, in two lines', (args, what, next) => {
    const { status, stderr } = juju(...args);
    const [first, second, ...more] = stderr.split('\n');
    expect([status, first, second, more]).toEqual([
      2,
      expect.stringContaining(what),
      expect.stringContaining(next),
      [''],
    ]);
  });

  it('runs an action, and tells what came of it', () => {
    const greeter = join(work, 'greeter');
    for (const folder of ['hooks', 'actions'])
      mkdirSync(join(greeter, folder), { recursive: true });
    writeFileSync(join(greeter, 'metadata.yaml'), 'name: greeter\nsummary: .\ndescription: .\n');
    const parameters = { params: { whom: { type: 'string', default: 'all' } } };
    writeFileSync(join(greeter, 'actions.yaml'), JSON.stringify({ greet: parameters, sulk: {} }));
    const scripts = {
      greet: 'action-log "to $JUJU_UNIT_NAME"; action-set said.first="hello $(action-get whom)"',
      sulk: 'action-fail "not today"',
    };
    for (const [name, script] of Object.entries(scripts))
      writeFileSync(join(greeter, 'actions', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    said('deploy', greeter);
    const told = 'greeter/0 runs greet\nto greeter/0\nsaid:\n  first: hello ';
    expect(said('run', 'greeter/0', 'greet')).toBe(`${told}all\n`);
    expect(said('run', 'greeter/leader', 'greet')).toBe(`${told}all\n`);
    expect(said('run', 'greeter/0', 'greet', 'whom=Ada')).toBe(`${told}Ada\n`);
    const { status, stdout } = juju('run', 'greeter/0', 'sulk', '--json');
    expect([status, JSON.parse(stdout)]).toMatchObject([
      1,
      { action: { results: {}, failure: 'not today' }, isAtRest: true },
    ]);
    const refused = (...given: readonly string[]) => {
      const { status, stderr } = juju('run', 'greeter/0', 'greet', ...given);
      return [status, stderr.split('\n')[0]?.replace(/^\S+ /, '')];
    };
    const failed = 'greet: validation failed: (root)';
    expect(refused('whom=5')).toEqual([
      2,
      expect.stringContaining(`${failed}.whom : must be of type string, given 5`),
    ]);
    expect(refused('Whom=Ada')).toEqual([
      2,
      expect.stringContaining('key "Whom" must start and end with lowercase alphanumeric'),
    ]);
    const unknown = juju('run', 'greeter/0', 'great');
    expect([unknown.status, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('unknown action "great"'),
    ]);
    expect(unknown.stderr).toContain('Did you mean greet?');
    expect(said('debug-log')).toContain('ran action "greet"');
    said('remove-application', 'greeter');
  });

  it('takes down what is removed, and at last the model', () => {
    expect(said('remove-relation', 'keeper', 'office', '--json')).toContain(
      '"hook": "store-relation-broken"',
    );
    said('remove-unit', 'office/0');
    said('remove-application', 'office');
    expect(said('status')).not.toContain('office');
    writeFileSync(
      join(work, '.hookchart-juju/model.json'),
      readFileSync(join(work, '.hookchart-juju/model.json'), 'utf8').replace(
        /"by":"[^"]*"/,
        '"by":"0.0.1"',
      ),
    );
    const { status, stderr } = juju('add-unit', 'keeper');
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('is one of hookchart 0.0.1, and'),
    ]);
    said('destroy-model');
    expect(existsSync(join(work, '.hookchart-juju'))).toBe(false);
  });
});
