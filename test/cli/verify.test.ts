import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import { defaultBounds } from '../../src/testing/explore/bounds.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hookchart = (...args: string[]) =>
  spawnSync(process.execPath, ['dist/src/cli/main.js', ...args], { encoding: 'utf8' });

const none = '--crashes 0 --leader-changes 0 --outages 0'.split(' ');
const small = ['--units', '2', '--relations', '1', ...none];

describe('hookchart verify', () => {
  it('explores within bounds, and says how much that was', () => {
    const { status, stdout } = hookchart('verify', ...small, '--crashes', '1');
    expect(status).toBe(0);
    expect(stdout).toMatch(/2 units, 1 relation, 2 operations, 1 crash\n/);
    expect(stdout).toMatch(/[\d.]+ s: [\d,]+ states \([\d,]+ with .*\), [\d,]+ transitions/);
    expect(stdout).toContain('No violation');
  });

  it('prints one JSON document, with the counts of each beginning', () => {
    const { status, stdout } = hookchart('verify', ...small, '--json');
    const { bounds, searches, counterexample, file } = JSON.parse(stdout);
    expect([status, counterexample, file]).toEqual([0, null, null]);
    expect(bounds).toMatchObject({ units: 2, relations: 1, lags: 0 });
    expect(searches.map(({ served }: { served: number }) => served)).toEqual([0, 1]);
  });

  it('takes a bound by the name of its option as by its key', () => {
    const given = ['crashes=0', 'leader-changes=0', 'outages=0', 'half-loads=0'];
    const { status, stdout, stderr } = hookchart(
      ...['verify', '--units', '2', '--relations', '1', '--leader-changes', '1'],
      ...['--bound', ...given, '--json'],
    );
    expect([status, stderr]).toEqual([0, '']);
    const { bounds } = JSON.parse(stdout);
    expect(bounds).toMatchObject({ crashes: 0, leaderChanges: 0, outages: 0, halfLoads: 0 });
    expect(Object.keys(bounds).sort()).toEqual(Object.keys(defaultBounds(simulated)).sort());
  });

  it('has an option for every bound, with the default that is documented', () => {
    const { stdout } = hookchart('verify', '--help');
    for (const [key, value] of Object.entries(defaultBounds(simulated))) {
      const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(stdout.replace(/\s+/g, ' '), key).toMatch(
        new RegExp(`--${flag} <n> [^<]*\\(default: ${value}\\)`),
      );
    }
  });

  it.each([
    [['--units', '0'], 'units are to be 1 to 5'],
    [['--units', 'x'], 'It is to be a whole number'],
    [['--endings', '1'], 'endings are explored without'],
    [['--replay', '/no/such/file'], '/no/such/file cannot be read'],
  ])('%j is wrong use', (args, why) => {
    const { status, stderr } = hookchart('verify', ...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
  });

  it('runs a stored history again, and says what each hook did', () => {
    const actions = [{ _tag: 'RemoveRelation', relation: 1 }, { _tag: 'StopPostgres' }];
    const bounds = { ...defaultBounds(simulated), units: 2, relations: 1 };
    const path = join(folder, 'replay.json');
    writeFileSync(path, JSON.stringify({ bounds, served: 1, actions }));
    const { status, stdout } = hookchart('verify', '--replay', path);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^relation 1 is removed\nPostgreSQL goes down\n/);
    expect(stdout).toContain('— database-relation-broken returned');
    expect(stdout).toContain('Nothing is violated.');
    const { story, violations } = JSON.parse(
      hookchart('verify', '--replay', path, '--json').stdout,
    );
    expect(violations).toEqual([]);
    expect(stdout.startsWith(story.join('\n'))).toBe(true);
  });

  it('runs a stored history with the charm that is named, where its own has moved', () => {
    const path = join(folder, 'moved.json');
    const bounds = { ...defaultBounds(simulated), units: 1, relations: 1 };
    writeFileSync(path, JSON.stringify({ charm: './gone.mjs', bounds, served: 0, actions: [] }));
    const { status, stderr } = hookchart('verify', '--replay', path);
    const hint = `hookchart verify --replay ${path} --charm MODULE runs it`;
    expect([status, stderr]).toEqual([2, expect.stringContaining(`there is no file`)]);
    expect(stderr).toContain(`${path} names the charm ./gone.mjs`);
    expect(stderr).toContain(hint);
    const module = resolve('dist/src/pgbouncer/testing/index.js');
    expect(hookchart('verify', '--replay', path, '--charm', module).status).toBe(0);
  });

  it('says where a stored history cannot be gone', () => {
    const path = join(folder, 'impossible.json');
    const actions = [{ _tag: 'LosePod', unit: 'pgbouncer/9' }];
    writeFileSync(path, JSON.stringify({ bounds: defaultBounds(simulated), served: 0, actions }));
    const { status, stderr } = hookchart('verify', '--replay', path);
    expect([status, stderr]).toEqual([2, expect.stringContaining('there is no unit pgbouncer/9')]);
  });
});

describe('hookchart soak', () => {
  it('runs random histories until enough hooks have run', () => {
    const { status, stdout } = hookchart('soak', '--hooks', '500', '--seed', '5');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /\d+ histories, \d+ steps, \d+ hooks of the provider\nNo violation\.\n$/,
    );
    expect(hookchart('soak', '--hooks', '1').stdout).toContain(' s: 1 history, ');
  });

  it('prints one JSON document', () => {
    const { stdout } = hookchart('soak', '--hooks', '100', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ failure: null });
  });
});
