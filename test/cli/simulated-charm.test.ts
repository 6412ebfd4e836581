import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';

// Within the package, so that the charm finds it by its name.
const folder = mkdtempSync(resolve('dist/lighthouse-'));
afterAll(() => rmSync(folder, { recursive: true }));

const source = readFileSync('test/testing/lighthouse.ts', 'utf8')
  .replace("'../../src/index.ts'", "'hookchart'")
  .replace("'../../src/testing/index.ts'", "'hookchart/testing'");

/** The lighthouse as its author has it built: `charm.mjs`, and one that forgets nothing. */
function built(name: string, text: string): void {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  writeFileSync(resolve(folder, name), outputText);
}
built('charm.mjs', source);
built(
  'careless.mjs',
  source.replace('simulated = lighthouseThat(true)', 'simulated = lighthouseThat(false)'),
);
// Only the endpoint, which is misspelt, is asked.
built(
  'misspelt.mjs',
  source
    .replace("endpoints: ['ships']", "endpoints: ['shps']")
    .replace('lighthouseThat(true);', '{ ...lighthouseThat(true), invariants: [] };'),
);
writeFileSync(resolve(folder, 'nothing.mjs'), 'export const other = 1;\n');
const running = (name: string, run: string) =>
  writeFileSync(
    resolve(folder, name),
    `import { simulated as other } from './charm.mjs';\nexport const simulated = { ...other, run: ${run} };\n`,
  );
running('throwing.mjs', "() => { throw new TypeError('no oil'); }");
running('waiting.mjs', '() => new Promise(() => {})');
writeFileSync(resolve(folder, 'unread.mjs'), 'export const simulated = {;\n');

const hookchart = (...args: string[]) =>
  spawnSync(process.execPath, [resolve('dist/src/cli/main.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
  });

const small = '--units 2 --relations 1 --crashes 0 --leader-changes 0'.split(' ');
const calm = [...small, '--bound', 'droughts=0', 'storms=0'];

describe('hookchart verify --charm', () => {
  it('explores another charm, within its own bounds as well', () => {
    const { status, stdout, stderr } = hookchart('verify', '--charm', './charm.mjs', ...small);
    // How far it is may be told there, where the machine has much else to do.
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('2 units, 1 relation, 2 operations, 1 drought, 1 storm\n');
    expect(stdout).toContain('holds ShipsSeeLight, NoGhostShips, HooksEnd, and every fair end');
  });

  it('takes the charm that a module exports by another name', () => {
    const bounds = ['--units', '1', '--relations', '1', '--operations', '1', '--crashes', '0'];
    const of = (charm: string) =>
      hookchart('verify', '--charm', charm, ...bounds, '--leader-changes', '0').stdout;
    expect(of('#simulatedInSlices')).toContain('holds I1 to I8');
    expect(hookchart('verify', '--charm', './charm.mjs#other').stderr).toContain(
      'exports no charm to simulate as "other"',
    );
  });

  it('writes what it finds to a file that names the charm, and runs that again', () => {
    const found = hookchart('verify', '--charm', './careless.mjs', ...calm, '--save', 'found.json');
    expect(found.status).toBe(1);
    expect(found.stdout).toContain('NoGhostShips is violated: the log keeps ship-1');
    const replay = JSON.parse(readFileSync(resolve(folder, 'found.json'), 'utf8'));
    expect(replay.charm).toBe('./careless.mjs');
    const again = hookchart('verify', '--replay', 'found.json');
    expect(again.status).toBe(1);
    expect(again.stdout).toContain('at rest it violates NoGhostShips: the log keeps ship-1');
    // Both begin with what is wrong and what that claims; the history comes after it.
    const told = /^NoGhostShips is violated: .*\nNoGhostShips claims: .*\nafter\n/;
    expect(again.stdout).toMatch(told);
    expect(found.stdout.split('\n\n')[1]).toMatch(told);
    expect(again.stdout.match(/claims:/g)).toHaveLength(1);
    const coloured = spawnSync(
      process.execPath,
      [resolve('dist/src/cli/main.js'), 'verify', '--replay', 'found.json'],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '1' } },
    );
    expect(coloured.stdout).toContain('\u001b[31mNoGhostShips is violated');
    expect(hookchart('inspect', 'found.json', '--text').stdout).toContain('TellShips');
    expect(found.stdout).toContain('Look at it:   hookchart inspect hookchart-failure.json\n');
    expect(hookchart('inspect', 'hookchart-failure.json', '--text').stdout).toContain('TellShips');
    const inspected = (file: string, charm: string) =>
      hookchart('inspect', file, '--text', '--charm', charm);
    expect(inspected('found.json', './careless.mjs').stdout).toContain('NoGhostShips');
    const mended = inspected('found.json', './charm.mjs').stdout;
    expect(mended).toContain('TellShips');
    expect(mended).not.toContain('NoGhostShips');
    expect(inspected('hookchart-failure.json', './charm.mjs')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('hookchart-failure.json is a recording'),
    });
  });

  it('says with which relations a history begins', () => {
    const { charm, bounds } = JSON.parse(readFileSync(resolve(folder, 'found.json'), 'utf8'));
    const actions = [{ _tag: 'RemoveRelation', relation: 1 }];
    const text = JSON.stringify({ charm, bounds, served: 1, actions });
    writeFileSync(resolve(folder, 'served.json'), text);
    expect(hookchart('verify', '--replay', 'served.json').stdout).toMatch(
      /\nafter\n {4}relation 1 is made, and all comes to rest\nrelation 1 is removed\n/,
    );
  });

  it.each([
    [['verify', '--charm', './missing.mjs'], 'there is no file'],
    [['verify', '--charm', './nothing.mjs'], 'exports no charm to simulate'],
    [['verify', '--charm', './charm.mjs', '--outages', '1'], 'lighthouse has no bound outages'],
    [['verify', '--bound', 'droughts=1'], 'pgbouncer has no bound droughts'],
    [['verify', '--bound', 'droughts'], 'a name and a whole number'],
    [['soak', '--charm', './nothing.mjs'], 'exports no charm to simulate'],
    [['soak', '--charm', '#simulatedInSlice'], '\nDid you mean #simulatedInSlices?\n'],
    [['verify', '--charm', './charm.mjs#simulatd'], '\nDid you mean ./charm.mjs#simulated?\n'],
  ])('%j is wrong use', (args, why) => {
    const { status, stderr } = hookchart(...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
  });
});

describe('hookchart soak --charm', () => {
  it('wanders through another charm', () => {
    const run = (charm: string) => hookchart('soak', '--charm', charm, '--hooks', '1500', '--json');
    expect(JSON.parse(run('./charm.mjs').stdout)).toMatchObject({ failure: null });
    const { failure } = JSON.parse(run('./careless.mjs').stdout);
    expect(failure.violations[0].invariant).toBe('NoGhostShips');
    expect(failure.story.length).toBeGreaterThan(1);
  });

  it('says that nothing was looked at where no event is about an endpoint', () => {
    const args = ['--charm', './misspelt.mjs', '--hooks', '200'];
    const unheard = 'No hook of a relation at shps leads to a chart, so none was looked at';
    expect(hookchart('soak', ...args).stdout).toContain(`${unheard}: endpoints of`);
    expect(JSON.parse(hookchart('soak', ...args, '--json').stdout).unheard).toEqual(['shps']);
    expect(hookchart('verify', ...args.slice(0, 2), ...calm).stdout).toContain(unheard);
    const well = hookchart('soak', '--charm', './charm.mjs', '--hooks', '200').stdout;
    expect(well).toContain('No violation.');
    expect(well).not.toContain('leads to a chart');
  });

  it('records what it finds, to be opened without the charm', () => {
    const record = ['--record', 'soaked.json'];
    const found = hookchart('soak', '--charm', './careless.mjs', '--hooks', '1500', ...record);
    expect(found.status).toBe(1);
    expect(found.stdout).toMatch(/\nLook at it: {3}hookchart inspect soaked\.json\n$/);
    const { entries, clock } = JSON.parse(readFileSync(resolve(folder, 'soaked.json'), 'utf8'));
    expect(clock).toBe('model');
    const violated = entries.filter(({ violated }: { violated?: object }) => violated);
    expect(violated[0].violated.invariant).toBe('NoGhostShips');
    // What was chosen is few, and told apart from what came about by itself.
    const chosen = entries.filter((entry: { chosen?: boolean }) => entry.chosen);
    expect(chosen.length).toBeGreaterThan(0);
    expect(chosen.length).toBeLessThan(6);
    const { stdout } = hookchart('inspect', 'soaked.json', '--text');
    expect(stdout).toContain('at rest it violates NoGhostShips: the log keeps ship-1');
    const page = hookchart(
      ...['soak', '--charm', './careless.mjs', '--hooks', '1500', '--record', 'soaked.html'],
    );
    expect(page.stdout).toContain('Look at it:   open soaked.html in a browser\n');
    expect(readFileSync(resolve(folder, 'soaked.html'), 'utf8')).toContain('id="recording"');
  });

  it('says what threw, where, and in which history', () => {
    const { status, stderr } = hookchart('soak', '--charm', './throwing.mjs', '--seed', '7');
    expect(stderr).toMatch(
      /^hookchart: lighthouse\/\d runs .+, which throws TypeError: no oil, at \S+throwing\.mjs:2:\d+\nIt is the history of seed 7: hookchart soak --seed 7 --hooks 1 --charm \.\/throwing\.mjs\n$/,
    );
    expect(status).toBe(1);
  });

  it.each([
    ['soak', 'hookchart soak waits for what never comes'],
    ['verify', 'searches ended without a result: a handler, a port or a script may wait'],
  ])('says of %s that a handler never ends', (command, words) => {
    const { status, stderr } = hookchart(command, '--charm', './waiting.mjs');
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
  });

  it('says where a module cannot be read', () => {
    const { status, stderr } = hookchart('soak', '--charm', './unread.mjs');
    expect(stderr).toMatch(/--charm \.\/unread\.mjs: it cannot be read: .+unread\.mjs:1\)\nMend/);
    expect(status).toBe(2);
  });

  it('records nothing where nothing is violated', () => {
    const record = ['--record', 'clean.json'];
    const { status } = hookchart(...['soak', '--charm', './charm.mjs', '--hooks', '50', ...record]);
    expect([status, existsSync(resolve(folder, 'clean.json'))]).toEqual([0, false]);
  });
});
