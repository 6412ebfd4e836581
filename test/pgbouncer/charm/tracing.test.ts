import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Collector, isInTime, treeOf } from '../../tracing/a-collector.ts';
import { RealCharm } from './charm.ts';
import type { Instead } from './stand-in.ts';

const leader = 'pgbouncer/0';
const relation = 77;

let charm: RealCharm;
let collector: Collector;
beforeAll(async () => {
  charm = await RealCharm.start({
    units: 1,
    hasSecrets: true,
    requirers: { application: { units: 1, request: { database: 'app' } } },
  });
}, 60_000);
beforeEach(async () => {
  collector = await Collector.start();
  return () => collector.stop();
});
afterAll(() => charm?.stop());

const named = () => ({ variables: { HOOKCHART_OTLP: collector.url } });

describe('a dispatch with HOOKCHART_OTLP', () => {
  it('is a trace: its chart, its nodes with what was asked and answered, and no password', async () => {
    await charm.settle();
    await charm.take({ _tag: 'Relate', application: 'application' });
    const hook = await charm.until(leader, 'database-relation-changed');
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook }, named());
    expect(ended).toMatchObject({ code: 0, error: '' });
    const [trace, ...others] = collector.traces;
    expect(others).toEqual([]);
    if (trace === undefined) throw new Error('nothing was told');
    const { resource, root } = trace;
    expect(readFileSync('docs/tracing.md', 'utf8')).toContain(`\n${treeOf(root)}\n`);
    expect(isInTime(root)).toBe(true);
    expect(Number(root.ended - root.began) / 1e6).toBeLessThanOrEqual(ended?.milliseconds ?? 0);
    expect(resource).toMatchObject({ 'service.name': 'pgbouncer', 'service.instance.id': leader });
    expect(root.attributes).toMatchObject({
      'juju.hook': 'database-relation-changed',
      'juju.relation': 'database:1',
      'juju.remote.application': 'application',
    });
    const nodes = root.spans[0]?.spans ?? [];
    const create = nodes.find(({ name }) => name === 'create_user_and_db');
    expect(create?.attributes['hookchart.request']).toContain('"password":"********"');
    expect(create?.attributes['hookchart.masked']).toEqual([
      'request.granted.grant.password',
      'learned.granted.grant.password',
      'learned.granted.grant.verifier',
    ]);

    const passwords = Object.values(charm.world.secrets).flatMap(({ revisions }) =>
      revisions.flatMap(({ password }) => password ?? []),
    );
    expect(passwords.length).toBeGreaterThanOrEqual(1);
    const { password: mighty, login } = charm.backend.primary;
    for (const password of [...passwords, mighty, login.password])
      expect(collector.text).not.toContain(password);
  });

  it('is marked where it fails', async () => {
    await charm.settle();
    const failed = await charm.hook(
      leader,
      { name: 'update-status' },
      {
        ...named(),
        instead: ({ tool }) => (tool === 'status-set' ? { code: 1, out: '', error: 'no' } : null),
      },
    );
    expect(failed.code).toBe(1);
    expect(collector.traces.map(({ root }) => [root.name, root.error])).toEqual([
      ['update-status', 'Juju refused status-set: no'],
    ]);
  });

  it('is told of an action that runs a hook, too', async () => {
    await charm.settle();
    const ended = await charm.hook(
      leader,
      { name: 'actions/resync' },
      {
        variables: { ...named().variables, JUJU_DISPATCH_PATH: 'actions/resync' },
        instead: ({ tool }) =>
          tool.startsWith('action-') ? { code: 0, out: '{}\n', error: '' } : null,
      },
    );
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(collector.traces.map(({ root }) => [root.name, root.spans.length > 0])).toEqual([
      ['actions/resync', true],
    ]);
  });

  it('goes on where the collector hangs, and says so', async () => {
    const server = createServer((line) => line.resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const ended = await charm.hook(
        leader,
        { name: 'update-status' },
        { variables: { HOOKCHART_OTLP: url } },
      );
      expect(ended.code).toBe(0);
      expect(ended.error).toBe(
        `the collector of traces at ${url}/v1/traces did not answer within 750 ms; this hook has no trace\n`,
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('a collector that is related to charm-tracing', () => {
  const own: Record<string, string> = {};
  /** The simulated model has no such relation; this one has. */
  const related: Instead = ({ tool, args, input }) => {
    const answered = (value: unknown) => ({
      code: 0,
      out: `${JSON.stringify(value)}\n`,
      error: '',
    });
    if (tool === 'relation-ids' && args.at(-1) === 'charm-tracing')
      return answered([`charm-tracing:${relation}`]);
    if (!args.includes(`charm-tracing:${relation}`)) return null;
    if (tool === 'relation-set') Object.assign(own, JSON.parse(input));
    if (tool === 'relation-get')
      return answered(args.at(-1) === 'tempo' ? collector.receivers : own);
    return { code: 0, out: '', error: '' };
  };
  const run = (name: string) =>
    charm.hook(
      leader,
      {
        name,
        ...(name.startsWith('charm-tracing') ? { relation, remoteApplication: 'tempo' } : {}),
      },
      { instead: related },
    );

  it('is asked once by the leader, is told of hooks then, and of none when it is gone', async () => {
    expect(await run('charm-tracing-relation-created')).toMatchObject({ code: 0, error: '' });
    expect(own).toEqual({ receivers: '["otlp_http"]' });
    const changed = await run('charm-tracing-relation-changed');
    expect(changed).toMatchObject({ code: 0, error: '' });
    expect(changed.calls.map(({ tool }) => tool)).not.toContain('relation-set');
    expect(collector.traces).toEqual([]);

    const before = await charm.hook(leader, { name: 'update-status' });
    expect(before).toMatchObject({ code: 0, error: '' });
    expect(collector.traces.map(({ root }) => root.name)).toEqual(['update-status']);
    expect(before.calls.map(({ args }) => args.join(' ')).join('\n')).not.toContain('tracing');

    expect(await run('charm-tracing-relation-broken')).toMatchObject({ code: 0, error: '' });
    expect(await run('update-status')).toMatchObject({ code: 0, error: '' });
    expect(collector.traces).toHaveLength(1);
  });
});
