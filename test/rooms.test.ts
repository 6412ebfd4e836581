import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const sources = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(tsx?|css)$/.test(name))
    .map((name) => join(folder, name));

/** Of what rooms, or which files there, and of which packages a room is made. */
type Made = readonly [rooms: readonly string[], packages?: readonly string[]];

const ofCharm = (...files: readonly string[]) => files.map((file) => `src/pgbouncer/${file}.ts`);
const ofJuju = (...files: readonly string[]) => files.map((file) => `src/juju/${file}.ts`);
const kit = ['src/hook/index.ts'];
const words = [...kit, 'machines/index.ts'];

/** The arrows of the house, as docs/design.md tells them; `biome.json` has the lists. */
const arrows: Readonly<Record<string, Made>> = {
  machines: [['src/hook']],
  'src/index.ts': [['src/hook/index.ts', 'src/juju/*']],
  'src/misuse': [[]],
  'src/hook': [['src/misuse'], ['xstate', 'fp-ts']],
  'src/chart': [
    ['src/hook', 'src/misuse'],
    ['fp-ts', '@dagrejs/dagre'],
  ],
  'src/scaffold': [
    ['src/chart', 'src/hook', 'src/juju/hook-tools/hook-names.ts'],
    ['fp-ts', 'yaml'],
  ],
  'src/playground': [
    [
      ...['src/chart', 'src/hook', 'src/scaffold', 'machines', 'src/inspector/page'],
      'src/inspector/definition.ts',
    ],
    ['fp-ts', 'preact'],
  ],
  'src/tracing': [
    ['src/hook', 'src/misuse'],
    ['fp-ts', '@opentelemetry', 'node'],
  ],
  'src/contract': [[...kit, ...ofJuju('errors', 'hook-tools/hook-names', 'port')], ['fp-ts']],
  'src/shown': [[...kit, ...ofJuju('errors', 'port')], ['fp-ts']],
  'src/juju': [
    ['src/contract', 'src/hook', 'src/juju/hook-tools', 'src/shown'],
    ['fp-ts', 'valibot', 'node'],
  ],
  'src/juju/index.ts': [['src/juju', 'src/process/for-authors.ts', 'src/shown/shown.ts']],
  'src/process': [
    ['src/contract', 'src/hook', 'src/juju', 'src/shown', 'src/tracing'],
    ['fp-ts', 'valibot', 'node'],
  ],
  'src/testing': [
    [
      ...['src/hook', 'src/juju', 'src/misuse', 'src/shown'],
      ...['src/testing/explore', 'src/testing/conformance'],
    ],
    ['fp-ts', 'valibot', 'fast-check', 'node'],
  ],
  'src/foreign': [
    [
      ...['src/hook', 'src/juju', 'src/testing', 'src/inspector'],
      ...['src/foreign/agent', 'src/foreign/by-hand', 'src/foreign/pebble'],
    ],
    ['fp-ts', 'valibot', 'esbuild', 'yaml', 'node'],
  ],
  'src/packaging': [
    [
      ...['src/hook', 'src/juju', 'src/process'],
      ...['src/packaging/pinned-bun', 'src/packaging/pinned-node'],
    ],
    ['esbuild', 'yaml', 'node'],
  ],
  'src/inspector': [
    [
      ...[...kit, 'src/juju', 'src/shown', 'src/chart/of-machine.ts'],
      ...['src/testing/index.ts', 'src/tracing/index.ts'],
    ],
    ['fp-ts', 'valibot', 'ws', 'node'],
  ],
  'src/inspector/page': [
    [
      ...[
        'causes',
        'collect',
        'lanes',
        'packed',
        'recording',
        'sequence',
        'timeline',
        'trouble',
        'words',
      ].map((file) => `src/inspector/${file}.ts`),
      ...['chart', 'layout', 'of-machine', 'picture'].map((file) => `src/chart/${file}.ts`),
    ],
    ['diff', 'preact'],
  ],
  'src/pgbouncer': [
    [
      ...[...words, ...ofJuju('deferral', 'dispatch', 'errors')],
      ...['charm', 'commands', 'demo', 'memory', 'packaging', 'pooler', 'postgres', 'relation'].map(
        (room) => `src/pgbouncer/${room}`,
      ),
      ...['testing', 'wire', 'workload'].map((room) => `src/pgbouncer/${room}`),
    ],
    ['fp-ts', 'node:crypto'],
  ],
  ...Object.fromEntries(
    ofCharm('errors', 'keys', 'ports', 'run').map((file): [string, Made] => [
      file,
      [
        [
          ...[...words, ...ofJuju('deferral', 'dispatch', 'errors'), 'src/pgbouncer/relation'],
          ...ofCharm('errors', 'ports', 'pooler/configuration'),
        ],
        ['fp-ts'],
      ],
    ]),
  ),
  'src/pgbouncer/relation': [
    [
      ...[...words, ...ofCharm('keys'), ...ofJuju('databag', 'port')],
      ...ofJuju('hook-tools/fingerprint', 'hook-tools/printable'),
      'src/shown/masking.ts',
    ],
    ['fp-ts', 'valibot'],
  ],
  'src/pgbouncer/commands': [
    [
      ...[...words, ...ofCharm('errors', 'keys', 'ports', 'run'), 'src/pgbouncer/relation'],
      ...ofCharm('pooler/configuration', 'pooler/pgbouncer-files'),
      ...ofJuju('charm', 'databag', 'port', 'unit'),
      ...['src/process/action.ts', 'src/shown/shown.ts', 'src/shown/watched.ts'],
    ],
    ['fp-ts', 'valibot'],
  ],
  'src/pgbouncer/wire': [[], ['pg', 'node']],
  'src/pgbouncer/postgres': [
    [
      ...[...words, ...ofCharm('errors', 'ports'), 'src/pgbouncer/relation', 'src/pgbouncer/wire'],
      'src/pgbouncer/postgres/statements',
    ],
    ['fp-ts', 'node'],
  ],
  'src/pgbouncer/postgres/statements': [[], ['pg']],
  'src/pgbouncer/workload': [
    [
      ...[...kit, ...ofCharm('relation/masking')],
      ...ofJuju('hook-tools/index', 'hook-tools/printable'),
    ],
    ['valibot', 'node'],
  ],
  'src/pgbouncer/pooler': [
    [
      ...[...words, ...ofCharm('errors', 'ports'), 'src/pgbouncer/relation', 'src/pgbouncer/wire'],
      ...['src/pgbouncer/workload', ...ofJuju('hook-tools/printable')],
    ],
    ['fp-ts', 'node'],
  ],
  'src/pgbouncer/memory': [
    [
      ...[...words, ...ofCharm('errors', 'ports', 'pooler/configuration')],
      ...['src/pgbouncer/relation', ...ofJuju('memory', 'hook-tools/fingerprint')],
    ],
    ['fp-ts', 'valibot'],
  ],
  'src/pgbouncer/charm': [
    [
      ...[...kit, ...ofCharm('entropy', 'errors', 'keys', 'ports', 'run')],
      ...['commands', 'pooler', 'postgres', 'relation', 'wire', 'workload'].map(
        (room) => `src/pgbouncer/${room}`,
      ),
      ...ofJuju('databag', 'deferral-key', 'dispatch', 'port'),
      ...ofJuju('hook-tools/index', 'hook-tools/printable'),
      ...['hook-process', 'index', 'tracing-hooks'].map((file) => `src/process/${file}.ts`),
      ...['src/inspector/recorder.ts', 'src/inspector/socket.ts'],
    ],
    ['fp-ts', 'valibot', '@peculiar', 'node'],
  ],
  'src/pgbouncer/testing': [
    [
      ...[...kit, ...ofCharm('errors', 'keys', 'ports'), ...ofJuju('hook-tools/fingerprint')],
      ...['commands', 'memory', 'relation', 'testing/conformance'].map(
        (room) => `src/pgbouncer/${room}`,
      ),
      'src/testing/index.ts',
    ],
    ['fast-check', 'fp-ts'],
  ],
  'src/pgbouncer/testing/conformance': [
    [...ofCharm('ports', 'pooler/configuration'), 'machines/index.ts', 'src/testing/index.ts'],
    ['node:assert'],
  ],
  'src/pgbouncer/demo': [
    [
      ...[...ofCharm('entropy', 'errors', 'keys', 'ports', 'run'), 'src/inspector/recorder.ts'],
      'src/process/action.ts',
      ...['commands', 'demo/servers', 'memory', 'pooler', 'postgres', 'relation', 'workload'].map(
        (room) => `src/pgbouncer/${room}`,
      ),
      ...[...ofCharm('charm/identity'), ...ofJuju('dispatch', 'memory', 'port')],
    ],
    ['fp-ts', 'valibot', 'pg', '@peculiar', 'node'],
  ],
  'src/pgbouncer/demo/servers': [ofCharm('pooler/configuration', 'pooler/index'), ['pg', 'node']],
  'src/pgbouncer/packaging': [[]],
  'src/cli': [
    [
      ...[
        'chart',
        'cli/juju',
        'foreign',
        'hook',
        'inspector',
        'juju',
        'packaging',
        'pgbouncer',
      ].map((room) => `src/${room}`),
      ...['misuse', 'process', 'scaffold', 'testing'].map((room) => `src/${room}`),
      'machines',
    ],
    ['fp-ts', 'commander', 'node'],
  ],
};

/** What is imported of each package, to see whether it may be. */
const packages: Readonly<Record<string, readonly string[]>> = {
  node: ['node:net', 'node:fs/promises'],
  'node:assert': ['node:assert/strict'],
  'node:crypto': ['node:crypto'],
  'fp-ts': ['fp-ts/lib/Either.js'],
  preact: ['preact', 'preact/hooks'],
  '@peculiar': ['@peculiar/asn1-csr'],
  '@opentelemetry': ['@opentelemetry/api'],
  ...Object.fromEntries(
    [
      ...['xstate', '@dagrejs/dagre', 'yaml', 'valibot', 'fast-check', 'esbuild', 'pg', 'ws'],
      ...['diff', 'commander', 'nobody-has-listed-this'],
    ].map((name) => [name, [name]]),
  ),
};

const folders = [
  'machines',
  ...readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name)),
];
const isFile = (path: string) => path.endsWith('.ts');
const planted = (room: string) => (isFile(room) ? room : join(room, 'planted.ts'));
const targets = [
  ...new Set([
    ...folders.map(planted),
    ...Object.values(arrows).flatMap(([made]) => made.filter(isFile)),
  ]),
];

/** Whether a room may import that file. */
const isListed = (room: string, target: string): boolean =>
  room === dirname(target) ||
  (arrows[room]?.[0] ?? []).some((made) =>
    made.endsWith('/*') ? dirname(made) === dirname(target) : `${target}/`.startsWith(`${made}/`),
  );

/** Each import that is planted in a room, and whether it is on the room's list. */
function importsOf(room: string): readonly (readonly [specifier: string, isListed: boolean])[] {
  const from = dirname(planted(room));
  const ofPackages = arrows[room]?.[1] ?? [];
  return [
    ...targets
      .filter((target) => target !== planted(room))
      .map((target) => {
        const path = relative(from, target);
        return [path.startsWith('.') ? path : `./${path}`, isListed(room, target)] as const;
      }),
    ...Object.entries(packages).flatMap(([name, imported]) =>
      imported.map(
        (one) =>
          [one, ofPackages.some((listed) => [name, name.split(':')[0]].includes(listed))] as const,
      ),
    ),
  ];
}

/** What Biome refuses of imports that stand in files, one a line: the lines, by file. */
function refusedOf(files: Readonly<Record<string, readonly string[]>>): Map<string, Set<number>> {
  const house = mkdtempSync(join(tmpdir(), 'hookchart-rooms-'));
  try {
    const { vcs: _, ...lists } = JSON.parse(readFileSync('biome.json', 'utf8'));
    writeFileSync(join(house, 'biome.json'), JSON.stringify(lists));
    for (const [file, imported] of Object.entries(files)) {
      mkdirSync(join(house, dirname(file)), { recursive: true });
      const text = imported.map((specifier) => `import '${specifier}';\n`).join('');
      writeFileSync(join(house, file), text);
    }
    const { stdout } = spawnSync(
      process.execPath,
      [
        join(process.cwd(), 'node_modules/@biomejs/biome/bin/biome'),
        ...['lint', '--only=style/noRestrictedImports', '--reporter=github'],
        ...['--max-diagnostics=none', '.'],
      ],
      { cwd: house, encoding: 'utf8', maxBuffer: 2 ** 26 },
    );
    const refused = new Map<string, Set<number>>();
    for (const [, file = '', line] of stdout.matchAll(/,file=([^,]+),line=(\d+),/g)) {
      const name = Object.keys(files).find((one) => file.endsWith(one)) ?? file;
      refused.set(name, (refused.get(name) ?? new Set()).add(Number(line)));
    }
    return refused;
  } finally {
    rmSync(house, { recursive: true });
  }
}

/** The lines of a file that are neither blank nor comment. */
function codeIn(path: string): number {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  const lines = new Set<number>();
  const lineAt = (position: number) => file.getLineAndCharacterOfPosition(position).line;
  const look = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const parts = node.getChildren(file);
    for (const part of parts) look(part);
    const [start, end] = [node.getStart(file), node.getEnd()];
    if (parts.length > 0 || start === end) return;
    for (let line = lineAt(start); line <= lineAt(end); line++) lines.add(line);
  };
  look(file);
  return lines.size;
}

describe('rooms', () => {
  it.each([...sources('src'), ...sources('machines')])(
    '%s can be read in a few minutes',
    (file) => {
      expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThanOrEqual(300);
      expect(file).not.toMatch(/util|helper|common|shared|misc/);
    },
  );

  it('let the way of a hook be read in an hour', () => {
    const read = ['machines', 'src/hook', 'src/juju'].flatMap((room) =>
      sources(room).filter((file) => !/^src\/juju\/(?:hook-tools\/|memory)/.test(file)),
    );
    // What this counts by, held against a file whose lines anybody can count.
    expect(codeIn('src/juju/deferral-key.ts')).toBe(1);
    expect(read.length).toBeGreaterThan(30);
    expect(read.map(codeIn).reduce((all, lines) => all + lines)).toBeLessThanOrEqual(2_500);
  });

  it('let a second charm be as short as it is said to be', () => {
    expect(codeIn('docs/ingress/charm/charm.ts')).toBeLessThanOrEqual(150);
  });

  it.each([...sources('src'), ...sources('machines')])('%s hands on no left by hand', (file) => {
    expect(readFileSync(file, 'utf8')).not.toMatch(
      /E\.isLeft\((\w+)\)\)?\s*(?:return|\?) \1\b(?!\.)/,
    );
  });

  // The kit's words for the machines of a charm are the same words.
  it.each(['Answer', 'Known', 'Model', 'Place', 'Request', 'View', 'World'])(
    'call one type %s, and no other',
    (name) => {
      const defined = new RegExp(
        `^ *(?:export )?(?:interface ${name}\\b|type ${name}(?:<| = (?!kit\\.)))`,
        'm',
      );
      const files = [...sources('src'), ...sources('machines')];
      const found = files.filter((file) => defined.test(readFileSync(file, 'utf8')));
      expect(found.slice(1)).toEqual([]);
    },
  );

  it.each(
    [
      'machines',
      'src/chart',
      'src/hook',
      'src/pgbouncer/commands',
      'src/pgbouncer/relation',
    ].flatMap(sources),
  )('%s leaves nothing to chance or to the clock', (file) => {
    expect(readFileSync(file, 'utf8')).not.toMatch(/Math\.random|new Date|Date\.now/);
  });

  const { mutate } = JSON.parse(readFileSync('test/stryker.json', 'utf8'));
  it.each<string>(mutate)('%s, of which mutants are made, is there', (pattern) => {
    const [, stem = '', names = '', rest = ''] = /^([^*{]*)(?:\{(.*)\})?(.*)$/.exec(pattern) ?? [];
    for (const name of names.split(',')) {
      const [path = ''] = `${stem}${name}${rest}`.split('/*');
      expect(existsSync(path), path).toBe(true);
    }
  });

  it('may import what is on their lists, and nothing else', { timeout: 60_000 }, () => {
    const rooms = [...new Set([...folders, ...Object.keys(arrows)])];
    const plants = rooms.map((room) => [room, importsOf(room)] as const);
    const refused = refusedOf(
      Object.fromEntries(plants.map(([room, all]) => [planted(room), all.map(([one]) => one)])),
    );
    const wrong = plants.flatMap(([room, all]) => {
      const lines = refused.get(planted(room)) ?? new Set();
      return all.flatMap(([specifier, listed], index) => {
        const passes = !lines.has(index + 1);
        // A folder without a list of its own has that of the room in which it is.
        if (passes === listed || (!(room in arrows) && specifier !== 'nobody-has-listed-this'))
          return [];
        return [`${room} ${passes ? 'may' : 'may not'} import ${specifier}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  // By a detour anything would be on a list.
  it.each([...sources('src'), ...sources('machines')])('%s imports by the straight way', (file) => {
    const imported = readFileSync(file, 'utf8').matchAll(/\b(?:from|import) *\(?'(\.[^']*)'/g);
    for (const [, way] of imported) expect(way).not.toMatch(/^\.\/\.\.|[^./]\/\.\./);
  });

  it("give PgBouncer's charm beyond the doors what the design says, and nothing else", async () => {
    const [, told = ''] = /\n### Beyond the doors\n(.*?)\n#/s.exec(
      readFileSync('docs/design.md', 'utf8'),
    ) ?? [''];
    const listed = [...told.matchAll(/^- .*$/gm)].flatMap(([line]) =>
      [...line.matchAll(/`(\w+)`/g)].flatMap(([, name = '']) => name),
    );
    const given = new Set<string>();
    const doors = ['index.ts', 'juju/index.ts', 'testing/index.ts', 'inspector/index.ts'];
    for (const door of doors.map((path) => `../src/${path}`))
      for (const name of Object.keys(await import(door))) given.add(name);
    const used = new Set<string>();
    for (const file of sources('src/pgbouncer')) {
      const text = readFileSync(file, 'utf8');
      const imports = text.matchAll(
        /^(?:import|export) \{([^}]*)\} from '(\.[^']*)'|\{([^}]*)\} = await import\('(\.[^']*)'\)/gm,
      );
      for (const [, names, from, lateNames = '', lateFrom = ''] of imports) {
        const made = join(dirname(file), from ?? lateFrom);
        if (/^(?:src\/pgbouncer|machines)\//.test(made)) continue;
        for (const one of (names ?? lateNames).split(',')) {
          const [name = ''] = one.trim().split(' as ');
          if (name !== '' && !name.startsWith('type ') && !given.has(name)) used.add(name);
        }
      }
    }
    expect([...used].sort()).toEqual(listed.filter((name) => name !== 'dispatchCharm').sort());
  });

  it('gives away what it promises, and nothing by accident', async () => {
    const doors: Record<string, readonly string[]> = {
      '../src/index.ts': [
        'HookMisuse',
        'advance',
        'attempt',
        'begin',
        'charmOf',
        'defineCharm',
        'dispatch',
        'drive',
        'halt',
        'handlers',
        'isEnd',
        'mask',
        'nodesOf',
        'pending',
        'plan',
        'relationOf',
        'render',
        'restore',
        'resume',
        'shapeAt',
        'statusOf',
        'take',
        'vocabulary',
      ],
      '../src/juju/index.ts': [
        'MemoryJuju',
        'act',
        'charmOf',
        'defineCharm',
        'dispatch',
        'dispatchCharm',
        'handlers',
        'juju',
        'parseEnvironment',
        'refuseAction',
        'render',
        'renderEnvironment',
        'statusOf',
      ],
      '../src/pgbouncer/index.ts': [
        'MemoryIdentity',
        'MemoryPgbouncer',
        'MemoryPostgres',
        'childProcess',
        'cryptoEntropy',
        'defaultPolicy',
        'emptyConfiguration',
        'emptyIdentity',
        'emptyPgbouncer',
        'emptyPostgres',
        'memoryAuthority',
        'pebble',
        'pgbouncer',
        'pgbouncerCharm',
        'postgres',
        'prepare',
        'render',
        'seededEntropy',
        'stateSchemas',
        'systemd',
      ],
      '../src/testing/index.ts': [
        'HookTools',
        'Misuse',
        'Simulation',
        'ToolError',
        'Violated',
        'actionsOf',
        'asking',
        'cases',
        'charmOfReplay',
        'checkBounds',
        'defaultBounds',
        'done',
        'dueHooks',
        'dueSecrets',
        'eventOf',
        'explore',
        'histories',
        'historiesHold',
        'hooksEnd',
        'hooksOf',
        'isHook',
        'isOperation',
        'isPeer',
        'jujuConformance',
        'kindsOf',
        'loadCharm',
        'parseReplay',
        'peerRelation',
        'randomHistory',
        'refused',
        'replay',
        'rest',
        'runnerOf',
        'shortStory',
        'shortest',
        'simulatedCharm',
        'simulatedJuju',
        'soak',
        'step',
        'tell',
        'topologies',
        'unitsOf',
        'updateStatus',
        'verify',
        'viewOf',
        'violationsAtRest',
        'violationsOf',
        'worldOf',
      ],
      '../src/pgbouncer/testing/index.ts': [
        'backendConformance',
        'certificatesVerify',
        'credentialsWork',
        'databags',
        'endpointsServe',
        'entriesBelong',
        'entropyConformance',
        'grantsEnd',
        'hooksRepeat',
        'identityConformance',
        'invariants',
        'nothingIsLost',
        'poolerConformance',
        'provider',
        'requests',
        'rolesBelong',
        'secretsGo',
        'simulated',
        'simulatedInSlices',
        'simulatedWithTls',
        'topologies',
      ],
      '../src/chart/index.ts': [
        'chartOf',
        'chartsIn',
        'compare',
        'describe',
        'dot',
        'layout',
        'parse',
        'print',
        'svg',
      ],
      '../src/inspector/index.ts': [
        'Collector',
        'Recorder',
        'definitionOf',
        'emptyRecording',
        'feedOf',
        'mermaidOf',
        'openHub',
        'parseRecording',
        'protocolVersion',
        'recordReplay',
        'recordedCharm',
        'recordingPage',
        'relationsIn',
        'sequenceOf',
        'socketFeed',
        'tellEntry',
        'traced',
      ],
    };
    for (const [door, names] of Object.entries(doors))
      expect(Object.keys(await import(door)).sort(), door).toEqual(names);
  });
});
