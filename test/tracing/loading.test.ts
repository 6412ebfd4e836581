import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { SmallModel } from '../packaging/small-model.ts';
import { Collector, treeOf } from './a-collector.ts';

const door = (path: string) => JSON.stringify(pathToFileURL(join('dist/src', path)).href);

/** A process with a charm of one question, as it is built. */
const program = `
import { defineCharm, vocabulary } from ${door('index.js')};
import { dispatchCharm } from ${door('juju/index.js')};
const words = vocabulary({ learned: {} });
const { terminal, question, asks, returns, fails, onFailure, nothingLearned } = words;
const bell = words.hook.createMachine({
  id: 'bell',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: { meta: terminal('bell'), on: { start: { target: 'rings', actions: 'learn' } } },
    rings: { meta: question('Rings?'), entry: asks(() => ({ _tag: 'Rings' })), on: { yes: 'rtn', no: 'rtn' } },
    rtn: returns,
    failed: fails,
  },
});
const charm = defineCharm({
  name: 'bell',
  machines: { bell },
  events: { start: 'bell' },
  endpoints: { tracing: 'charm-tracing' },
  learned: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
  perform: { Rings: () => true },
});
process.exitCode = await dispatchCharm({ charm }, process.env, { out: console.log, error: console.error });
`;

let model: SmallModel;
let collector: Collector;
let folder: string;
beforeEach(async () => {
  [model, collector] = await Promise.all([SmallModel.start(), Collector.start()]);
  folder = mkdtempSync(join(tmpdir(), 'hookchart-loaded-'));
  return async () => {
    await Promise.all([model.stop(), collector.stop()]);
    rmSync(folder, { recursive: true });
  };
});

const run = (name: string, variables: Record<string, string> = {}, relation?: number) =>
  model.hook(
    [process.execPath, '--input-type=module', '-e', program],
    { name, ...(relation === undefined ? {} : { relation, remoteApplication: 'tempo' }) },
    variables,
  );

/** What the process loaded, by Node's own account. */
const loaded = (): string =>
  readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('');

const ofTempo = 5;
const relate = () => {
  model.relations[ofTempo] = {
    endpoint: 'charm-tracing',
    application: 'tempo',
    remote: collector.receivers,
    own: {},
  };
};

describe('the process of a hook', { timeout: 60_000 }, () => {
  it('loads nothing of OpenTelemetry, nor what makes traces, where nobody asks for one', async () => {
    expect(await run('start', { NODE_V8_COVERAGE: folder })).toMatchObject({ code: 0, error: '' });
    expect(loaded()).toContain('src/juju/dispatch.js');
    expect(loaded()).not.toMatch(/@opentelemetry|src\/tracing/);
  });

  it('loads it where the environment names a collector, which it tells', async () => {
    const told = await run('start', {
      NODE_V8_COVERAGE: folder,
      HOOKCHART_OTLP: collector.url,
    });
    expect(told).toMatchObject({ code: 0, error: '' });
    expect(loaded()).toContain('@opentelemetry/exporter-trace-otlp-http');
    expect(collector.traces.map(({ root }) => treeOf(root))).toEqual([
      'start: Committed\n  bell: Returned\n    rings: yes',
    ]);
  });
});

describe('a collector that is related', { timeout: 60_000 }, () => {
  const calls = async (name: string, relation?: number) => {
    const { code, error, calls } = await run(name, {}, relation);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    return calls.map(({ tool }) => tool);
  };

  it('is asked for OTLP over HTTP by the leader, and is told of each hook from then on', async () => {
    await calls('start');
    relate();
    await calls('charm-tracing-relation-created', ofTempo);
    expect(model.relations[ofTempo]?.own).toEqual({ receivers: '["otlp_http"]' });
    await calls('charm-tracing-relation-changed', ofTempo);
    expect(collector.text).toBe('');
    await run('start');
    expect(collector.traces.map(({ resource }) => resource)).toEqual([
      {
        'service.name': 'a-website',
        'service.namespace': 'test',
        'service.instance.id': 'a-website/0',
        juju_application: 'a-website',
        juju_unit: 'a-website/0',
        juju_model: 'test',
        juju_model_uuid: '5e1f3c7a-0000-4000-8000-000000000001',
      },
    ]);
  });

  it('costs a hook no call more', async () => {
    await calls('start');
    const before = await calls('start');
    relate();
    await calls('charm-tracing-relation-changed', ofTempo);
    expect(await calls('start')).toEqual(before);
    expect(collector.traces).toHaveLength(1);
  });

  it('is asked by a new leader where nobody has, and is not told any more once it is gone', async () => {
    relate();
    model.isLeader = false;
    await calls('charm-tracing-relation-created', ofTempo);
    await calls('charm-tracing-relation-changed', ofTempo);
    expect(model.relations[ofTempo]?.own).toEqual({});
    model.isLeader = true;
    await calls('leader-elected');
    expect(model.relations[ofTempo]?.own).toEqual({ receivers: '["otlp_http"]' });
    expect(await calls('leader-elected')).not.toContain('relation-set');

    await calls('charm-tracing-relation-broken', ofTempo);
    await calls('start');
    expect(collector.text).toBe('');
  });

  it('that went without a word is forgotten when the charm is upgraded', async () => {
    relate();
    await calls('charm-tracing-relation-changed', ofTempo);
    delete model.relations[ofTempo];
    await calls('upgrade-charm');
    expect(model.state.tracing).toBe('');
  });

  it.each([
    ['has not answered', {}],
    [
      'takes other protocols alone',
      { receivers: '[{"protocol":{"name":"otlp_grpc","type":"grpc"},"url":"x:4317"}]' },
    ],
    ['says what nobody can read', { receivers: '{"url":' }],
  ])('that %s is told nothing', async (_, remote) => {
    relate();
    Object.assign(model.relations[ofTempo] ?? {}, { remote });
    await calls('charm-tracing-relation-changed', ofTempo);
    await calls('start');
    expect(collector.text).toBe('');
  });
});
