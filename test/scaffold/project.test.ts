/** Projects for real: written, compiled, tested, and held to their drawings by the program. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { chartOf, compare, parse, print } from '../../src/chart/index.ts';
import { type Charm, dispatch, MemoryJuju, render } from '../../src/juju/index.ts';
import { pageOf, wellFormed } from './drawings.ts';
import { drawing, hookchart, install, run, tsc, vitest } from './written.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-new-'));
afterAll(() => rmSync(folder, { recursive: true }));

const small = `flowchart TD
  %% What the keeper does every evening.
  hook_fired([dusk Hook]) --> weather{"How is the\\nweather, #quot;keeper's#quot; \`own\`?"}
  weather -- clear --> rtn([Return])
  weather -->|"too foggy, #quot;they#quot; say"| defer>come back]
  weather -- 嵐 --> light[Light the lamp]
  light --> rtn
  light -- out of oil --> defer
`;

/** Writes a project into a folder where its packages are installed. */
function made(name: string, file: string): string {
  expect(hookchart(folder, 'new', file, '--out', name)).toMatchObject({ status: 0, stderr: '' });
  const project = join(folder, name);
  install(project);
  return project;
}

/** Its tests pass; gives what they say. */
function tested(project: string): string {
  const { status, stdout, stderr } = run(project, vitest, 'run');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

it('a small chart becomes a project that compiles, is tested, and is its drawing', async () => {
  const file = drawing(folder, 'dusk.mmd', small);
  const project = made('light', file);
  expect(run(project, tsc, '--noEmit')).toMatchObject({ status: 0, stdout: '' });
  expect(run(project, tsc, '-p', 'tsconfig.build.json')).toMatchObject({ status: 0, stdout: '' });
  expect(tested(project)).toMatch(/Tests {2}7 passed \(7\)/);
  const checked = hookchart(project, 'chart', '--check', file, '--charm', 'dist/charm.js');
  expect(checked).toMatchObject({ status: 0, stderr: '' });
  expect(checked.stdout).toMatch(/dusk\.mmd:1 dusk: agrees\n$/);
  expect(readFileSync(join(project, 'charts/dusk.mmd'), 'utf8')).toBe(small);
  const packed = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const { version, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(packed).toMatchObject({
    ...{ name: 'light', dependencies: { hookchart: version } },
    devDependencies: { typescript: devDependencies.typescript, vitest: devDependencies.vitest },
  });

  // It is searched and soaked as it is written.
  const verified = hookchart(project, 'verify', '--charm', 'dist/simulated.js');
  expect(verified).toMatchObject({ status: 0, stderr: '' });
  expect(verified.stdout).toContain('No violation: every state within the bounds holds SaysWhy,');
  const soaked = hookchart(project, 'soak', '--charm', 'dist/simulated.js', '--hooks', '100');
  expect(soaked).toMatchObject({ status: 0, stderr: '' });

  // Run as it is, it says what is still to be written.
  const { charm } = (await import(pathToFileURL(join(project, 'dist/charm.js')).href)) as {
    charm: Charm;
  };
  const juju = new MemoryJuju({
    ...{ application: 'light', units: ['light/0'], leader: null },
    endpoint: () => null,
  });
  const called = { ...charm, chartOf: () => 'dusk' };
  const ran = await dispatch(called, { juju: juju.hook('light/0') })({ hook: 'start' })();
  if (E.isLeft(ran)) throw new Error(render(ran.left));
  expect(ran.right.charts[0]?.end).toMatchObject({ _tag: 'Deferred', why: { _tag: 'NotWritten' } });
  expect(juju.status('light/0')).toEqual({
    name: 'waiting',
    message:
      'NotWritten: Weather of src/charm.ts is still to be written: answer "clear" or "too foggy, "they" say" or "嵐"',
  });

  // A machine that is not the drawing any more is told by the project's own test, and by the program.
  for (const machine of ['src/machines/dusk.ts', 'dist/machines/dusk.js']) {
    const text = readFileSync(join(project, machine), 'utf8');
    writeFileSync(join(project, machine), text.replace("'out of oil'", "'out of wick'"));
  }
  const failing = run(project, vitest, 'run');
  expect(failing.stdout, failing.stderr).toContain('2 failed');
  const differs = hookchart(project, 'chart', '--check', 'charts/dusk.mmd', '--charm', 'light');
  expect(differs.status).toBe(1);
  expect(differs.stdout).toContain(
    'edge light -- out of oil --> defer is missing from the machine',
  );
}, 120_000);

it('what a question finds out, a command of the same project carries', async () => {
  const named = small
    .replace('([dusk Hook])', '([dusk])')
    .replace('  light -- out of oil --> defer\n', '');
  const file = drawing(folder, 'wind.mmd', named);
  const project = made('wind', file);
  const edit = (path: string, ...edits: readonly (readonly [string, string])[]) => {
    const text = readFileSync(join(project, path), 'utf8');
    for (const [from] of edits) expect(text).toContain(from);
    const edited = edits.reduce((done, [from, to]) => done.replace(from, to), text);
    writeFileSync(join(project, path), edited);
  };
  edit(
    'src/words.ts',
    ['Learned = object', 'Learned = { readonly wind: number | null }'],
    ['learned: {}', 'learned: { wind: null }'],
    ["{ readonly _tag: 'Light' }", "{ readonly _tag: 'Light'; readonly wind: number | null }"],
  );
  edit('src/machines/dusk.ts', [
    "'Light', ",
    "({ learned }) => ({ _tag: 'Light', wind: learned.wind }), ",
  ]);
  edit(
    'src/charm.ts',
    ['value: {}', 'value: { wind: null }'],
    [
      'Weather: () => notWritten(',
      "Weather: ({ juju }) => juju.name !== '' ? { label: '嵐', learned: { wind: 9 } } : notWritten(",
    ],
    ['Light: () => notWritten(', 'Light: (_, { wind }) => wind === 9 ? undefined : notWritten('],
  );
  expect(run(project, tsc, '-p', 'tsconfig.build.json')).toMatchObject({ status: 0, stdout: '' });
  const checked = hookchart(project, 'chart', '--check', file, '--charm', 'dist/charm.js');
  expect(checked.stdout).toMatch(/dusk: agrees\n$/);
  const { charm } = (await import(pathToFileURL(join(project, 'dist/charm.js')).href)) as {
    charm: Charm;
  };
  const juju = new MemoryJuju({
    ...{ application: 'wind', units: ['wind/0'], leader: null },
    endpoint: () => null,
  });
  const called = { ...charm, chartOf: () => 'dusk' };
  const ran = await dispatch(called, { juju: juju.hook('wind/0') })({ hook: 'start' })();
  if (E.isLeft(ran)) throw new Error(render(ran.left));
  const [chart] = ran.right.charts;
  expect(chart).toMatchObject({
    commands: [{ _tag: 'Light', wind: 9 }],
    end: { _tag: 'Returned' },
  });
}, 120_000);

it('the charts of PgBouncer’s page become one project', () => {
  cpSync('docs/hooks/database.md', join(folder, 'database.md'));
  const project = made('database', join(folder, 'database.md'));
  // Tests included, and compiled at once.
  const compiled = run(project, tsc, '--noEmit', 'false', '--outDir', 'built');
  expect(compiled).toMatchObject({ status: 0, stdout: '' });
  const checking = ['--check', '../database.md', '--charm', './built/src/charm.js'];
  const checked = hookchart(project, 'chart', ...checking);
  expect(checked.stdout.match(/: agrees$/gm)).toHaveLength(4);
  expect(checked.status).toBe(0);
  rmSync(join(project, 'built'), { recursive: true });
  expect(tested(project)).toMatch(/Test Files {2}5 passed \(5\)/);
  const charm = readFileSync(join(project, 'src/charm.ts'), 'utf8');
  expect(charm).toContain(`  events: {
    // Juju has no hook database-requested: name the one that is to go through this chart, as
    // 'config-changed': 'database-requested',
    'database-relation-departed': 'database-relation-departed',
    'database-relation-broken': 'database-relation-broken',
    // Juju has no hook database-password-renewed: name the one that is to go through this chart, as
    // 'config-changed': 'database-password-renewed',
  },`);
  // The same node in two charts is one command; two questions of one name are two.
  expect(charm.match(/^ {4}UpdateConnectionInfo: /gm)).toHaveLength(1);
  expect(charm).toContain('DatabaseRelationBrokenIsDeparting: () => notWritten(');
}, 120_000);

it('property: well-formed drawings become projects that compile, and whose machines are the drawings', async () => {
  const hooks = ['dusk', 'delete', 'then', 'step', 'web-relation-changed', 'a-1', 'a1'];
  const pages = fc.sample(fc.tuple(...hooks.map((hook) => wellFormed(hook))), { numRuns: 6 });
  install(folder);
  for (const [index, charts] of pages.entries()) {
    const file = drawing(folder, `page-${index}.md`, pageOf(charts));
    const written = hookchart(folder, 'new', file, '--out', `batch/p${index}`);
    expect(written.stderr, pageOf(charts)).toBe('');
  }
  const { compilerOptions } = JSON.parse(
    readFileSync(join(folder, 'batch/p0/tsconfig.json'), 'utf8'),
  );
  const outDir = join(folder, 'out');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, noEmit: false, rootDir: 'batch', outDir },
      include: ['batch'],
    }),
  );
  const compiled = run(folder, tsc);
  expect(compiled.stdout).toBe('');
  for (const [index, charts] of pages.entries()) {
    const module = pathToFileURL(join(outDir, `p${index}/src/charm.js`)).href;
    const { charm } = (await import(module)) as { charm: Charm };
    for (const [at, hook] of hooks.entries()) {
      const machine = charm.machines[hook];
      const drawn = parse(print(charts[at] ?? expect.unreachable()));
      expect(machine && E.isRight(drawn) && compare(drawn.right, machine)).toEqual([]);
      expect(machine && chartOf(machine).nodes.length).toBe(charts[at]?.nodes.length);
    }
  }
}, 120_000);

it('metadata.yaml has the endpoints, containers and storages whose hooks are drawn', () => {
  const hooks = [
    ...['web-relation-joined', 'web-relation-broken', 'web-peers-relation-changed'],
    ...['true-relation-changed', 'nginx-pebble-ready', 'cache-storage-attached', 'dusk'],
  ];
  const page = hooks.map(
    (hook) =>
      `\`\`\`mermaid\nflowchart TD\n hook_fired([${hook} Hook]) --> rtn([Return])\n\`\`\`\n`,
  );
  const project = made('metadata', drawing(folder, 'metadata.md', page.join('\n')));
  expect(parseYaml(readFileSync(join(project, 'metadata.yaml'), 'utf8'))).toEqual({
    name: 'metadata',
    summary: 'The charm metadata',
    description: 'Say here what it is for.',
    provides: { web: { interface: 'web' }, true: { interface: 'true' } },
    peers: { 'web-peers': { interface: 'web_peers' } },
    containers: { nginx: {} },
    storage: { cache: { type: 'filesystem' } },
  });
  const charm = readFileSync(join(project, 'src/charm.ts'), 'utf8');
  expect(charm).toContain("  endpoints: { peers: 'web-peers' },\n");
  expect(readFileSync(join(project, 'src/simulated.ts'), 'utf8')).toContain("['web', 'true']");
  expect(run(project, tsc, '--noEmit')).toMatchObject({ status: 0, stdout: '' });
});
