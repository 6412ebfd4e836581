/** The examples in docstrings: compiled as an author's TypeScript, run, and what they print compared. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** What is looked for first at each door, and so has an example. */
const wanted = {
  hookchart: [
    ...['vocabulary', 'begin', 'advance', 'restore', 'plan', 'take', 'halt', 'mask', 'render'],
    ...['attempt', 'drive', 'resume', 'isEnd', 'pending', 'shapeAt', 'nodesOf', 'relationOf'],
  ],
  'hookchart, of charms': ['defineCharm', 'dispatch', 'handlers', 'statusOf'],
  'hookchart/juju': [
    ...['MemoryJuju', 'parseEnvironment', 'renderEnvironment', 'act', 'refuseAction'],
  ],
  'hookchart/chart': ['parse', 'print', 'chartOf', 'chartsIn', 'compare', 'dot', 'svg'],
  'hookchart/machines': ['hooks'],
  'hookchart/pgbouncer': ['pgbouncerCharm', 'MemoryPostgres'],
  'hookchart/pgbouncer/testing': ['simulated', 'simulatedWithTls', 'backendConformance'],
  'hookchart/testing': [
    ...[
      'Simulation',
      'step',
      'explore',
      'randomHistory',
      'historiesHold',
      'histories',
      'topologies',
    ],
    ...['worldOf', 'viewOf', 'hooksOf', 'dueHooks', 'actionsOf', 'kindsOf', 'runnerOf'],
    ...['tell', 'rest', 'violationsOf', 'violationsAtRest'],
  ],
  'hookchart/testing, for searches': [
    ...['defaultBounds', 'checkBounds', 'verify', 'loadCharm', 'soak', 'replay', 'parseReplay'],
    'charmOfReplay',
  ],
  'hookchart/testing, for suites': ['jujuConformance', 'cases', 'done', 'refused'],
  'hookchart/inspect': ['Recorder', 'recordReplay', 'recordingPage', 'sequenceOf', 'openHub'],
} as const;

interface Example {
  /** Of what it is one. */
  readonly of: string;
  readonly code: string;
  /** What it prints, by the comments below what prints it. */
  readonly prints: string;
}

function examplesIn(file: string): readonly Example[] {
  const found = readFileSync(file, 'utf8').matchAll(
    /^ \* @example\n \* ```ts\n((?: \*.*\n)*?) \* ```\n \*\/\n(?:\/\/.*\n)*export (?:async )?(?:function|const|class) (\w+)/gm,
  );
  return [...found].map(([, quoted = '', of = '']) => {
    const code = quoted.replaceAll(/^ \* ?/gm, '');
    const told = [...code.matchAll(/console\.log\(.*\n *\/\/ (.*)\n/g)];
    return { of, code, prints: told.map(([, line]) => `${line}\n`).join('') };
  });
}

const sources = ['src', 'machines'].flatMap((room) =>
  readdirSync(room, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(room, name)),
);
const examples = sources.flatMap(examplesIn);

// Inside the package, so that its own name resolves.
const folder = mkdtempSync('dist/api-examples-');
mkdirSync(join(folder, 'run'));
for (const { of, code } of examples) writeFileSync(join(folder, `${of}.mts`), code);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the examples of the packages', () => {
  it('are there for what is looked for first at each door, and each is found', () => {
    expect(examples.map(({ of }) => of).sort()).toEqual(Object.values(wanted).flat().sort());
    const all = sources.map((file) => readFileSync(file, 'utf8')).join('');
    expect(all.match(/@example/g)?.length).toBe(examples.length);
  });

  it('compile as an author’s TypeScript', { timeout: 120_000 }, () => {
    const strict =
      '--strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck';
    const places = `--rootDir ${folder} --outDir ${join(folder, 'run')}`;
    const { status, stdout } = spawnSync(process.execPath, [
      'node_modules/typescript/bin/tsc',
      ...`--ignoreConfig --module nodenext --target es2023 --types node ${strict} ${places}`.split(
        ' ',
      ),
      ...examples.map(({ of }) => join(folder, `${of}.mts`)),
    ]);
    expect([status, String(stdout)]).toEqual([0, '']);
  });

  it.each(examples)('$of prints what it says', { timeout: 60_000 }, ({ of, prints }) => {
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
    const script = join(folder, 'run', `${of}.mjs`);
    expect(execFileSync(process.execPath, [script], { encoding: 'utf8', env })).toBe(prints);
  });
});
