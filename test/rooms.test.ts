import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const sources = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(tsx?|css)$/.test(name))
    .map((name) => join(folder, name));

describe('rooms', () => {
  it.each([...sources('src'), ...sources('machines')])(
    '%s can be read in a few minutes',
    (file) => {
      expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThanOrEqual(300);
      expect(file).not.toMatch(/util|helper|common|shared|misc/);
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
