import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judge } from './recordings/judge.ts';
import { type Mutant, mistakes, mutantsOf } from './recordings/mutants.ts';
import { NotARecording, parseRecording, type Scenario } from './recordings/recording.ts';

const path = 'test/testing/juju-agent/hooks.json';
const text = readFileSync(path, 'utf8');
const scenarios = parseRecording(text);

describe('what real agents ran', () => {
  it('the simulation can run, and says the same', () => {
    expect(judge(scenarios)).toEqual({ scenarios: 47, fit: 47, differs: [] });
  });

  it.each([
    ['other names', text.replaceAll('pgbouncer', 'bouncer-k8s').replaceAll('postgresql', 'pg14')],
    [
      'other names, in another order',
      text.replaceAll('plainapp', 'aardvark').replaceAll('opsapp', 'zebra'),
    ],
  ])('with %s as well', (_, renamed) => {
    expect(judge(parseRecording(renamed)).differs).toEqual([]);
  });

  it.each([
    ['nothing', []],
    ['nothing that anybody knows', ['something happens']],
  ])('with %s told of what was done as well', (_, actions) => {
    expect(judge(scenarios.map((one) => ({ ...one, actions }))).differs).toEqual([]);
  });
});

/**
 * Nobody can tell these from what real agents might have run: two hooks that are alike, and what
 * was read but once of a databag or of a leader of whom nobody else tells.
 */
const undecided = [
  'remove before stop: resolve-pgbouncer-',
  'remote databag otherwise: ',
  'a databag empty: ',
  'no leader: remove-leader-unit 12 ',
  'no leader: ops-requirer 1 ',
];

/** Each so many-th mutant of a kind, and at least some of each. */
function chosen(kind: string): readonly Mutant[] {
  const all = [...mutantsOf(scenarios, [kind])];
  const step = Math.max(1, Math.floor(all.length / 3));
  return all.filter((_, number) => number % step === Math.floor(step / 2));
}

describe('what no real agent runs', () => {
  it.each(Object.keys(mistakes))('is told: %s', (kind) => {
    const mutants = chosen(kind);
    expect(mutants.length).toBeGreaterThan(0);
    const alive = mutants.filter(({ scenarios: wrong }) => judge(wrong).differs.length === 0);
    const missed = alive
      .map(({ where }) => `${kind}: ${where}`)
      .filter((one) => !undecided.some((known) => one.startsWith(known)));
    expect(missed).toEqual([]);
    expect(alive.length).toBeLessThan(mutants.length / 2);
  });

  it('is told by unit, hook and what differs', () => {
    const wrong = ({ kind, scenarios: all }: Mutant, whole: readonly Scenario[]) => [
      kind,
      judge(all.length === 0 ? whole : all).differs[0],
    ];
    const of = (kind: string) =>
      wrong([...mutantsOf(scenarios, [kind])][0] as Mutant, scenarios)[1];
    expect(of('two leaders')).toEqual({
      scenario: 'deploy',
      why: expect.stringMatching(
        /^pgbouncer\/\d, hook \d+, [a-z-]+.*: call \d+, is-leader --format=json: the simulation has false\n, recorded is true\n$/,
      ),
    });
    expect(of('a unit in broken')).toMatchObject({
      why: expect.stringMatching(
        /JUJU_REMOTE_UNIT: the simulation has "", recorded is "pgbouncer\/0"/,
      ),
    });
    expect(of('joined before created')).toMatchObject({
      why: expect.stringMatching(
        /(Juju would not run .* now; next is |there is no relation \d yet)/,
      ),
    });
  });
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-recordings-'));
  // Of its own, for other tests run what is built while this one builds; inside, for its packages.
  const built = 'dist/of-recordings';
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(
      'node',
      [join(built, 'test/tools/recordings.js'), ...args],
      { encoding: 'utf8' },
    );
    return { status, stdout, stderr };
  };
  const written = (name: string, content: unknown) => {
    const file = join(folder, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };

  it('says by its exit code what came of it, and in JSON what differs', () => {
    execFileSync('node', [
      'node_modules/typescript/bin/tsc',
      '-p',
      'test/tools',
      '--outDir',
      built,
    ]);
    expect(run(path)).toEqual({
      status: 0,
      stdout: '47 scenarios, 47 fit, 0 differ\n',
      stderr: '',
    });
    const [mutant] = mutantsOf(scenarios, ['created twice']);
    const wrong = written('wrong.json', { scenarios: mutant?.scenarios });
    const { status, stdout } = run('--json', wrong);
    expect(status).toBe(1);
    const verdict = JSON.parse(stdout);
    expect(verdict.scenarios).toBe(mutant?.scenarios.length);
    expect(verdict.fit + verdict.differs.length).toBe(verdict.scenarios);
    expect(verdict.differs[0]).toMatchObject({ scenario: 'deploy' });
    expect(run(wrong).stdout).toMatch(/^deploy: pgbouncer\/\d, hook \d+, /);
    expect(run()).toMatchObject({ status: 2, stderr: expect.stringContaining('FILE…') });
    expect(run('--yaml', path)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--yaml'),
    });
    expect(run(join(folder, 'none.json'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no such file'),
    });
    expect(run(path, written('other.json', { tools: {} }))).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/other\.json: no recording of hooks: scenarios: /),
    });
    rmSync(folder, { recursive: true });
  }, 180_000);

  it('a file that is no recording is named with the place', () => {
    expect(() => parseRecording('[')).toThrow(NotARecording);
    expect(() =>
      parseRecording(
        '{"scenarios":[{"run":"a","scenario":"b","actions":[],"hooks":[{"unit":"x"}]}]}',
      ),
    ).toThrow(/scenarios\.0\.hooks\.0\.unit: /);
  });
});
