import { createServer } from 'node:http';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { dispatch, halt, render } from 'hookchart';
import { type TraceOptions, traced } from 'hookchart/inspect';
import { MemoryJuju } from 'hookchart/juju';
import { beforeEach, describe, expect, it } from 'vitest';
import { charm as ingress } from '../../docs/ingress/charm/charm.ts';
import { inMemory } from '../ingress/deployment.ts';
import { charm as lock, password } from './a-charm.ts';
import { Collector, isInTime, treeOf } from './a-collector.ts';

let collector: Collector;
let said: string[];
beforeEach(async () => {
  collector = await Collector.start();
  said = [];
  return () => collector.stop();
});

const options = (given: Partial<TraceOptions> = {}): TraceOptions => ({
  url: collector.url,
  resource: { 'service.name': 'lock', 'service.instance.id': 'lock/0' },
  hook: { name: 'start', attributes: { 'juju.hook': 'start' } },
  tell: (problem) => said.push(problem),
  render,
  ...given,
});

const ofLock = () => {
  const [application, leader] = ['lock', 'lock/0'];
  const juju = new MemoryJuju({
    ...{ application, leader, units: [leader] },
    endpoint: () => null,
  });
  return juju.hook(leader);
};

/** One `start` of the lock, whose last step does this. */
const started = (
  give: () => Promise<void> | void = () => {},
  given: Partial<TraceOptions> = {},
) => {
  return traced(options(given), (watch) =>
    dispatch(lock, { juju: ofLock(), door: { give } }, { watch })({ hook: 'start' })(),
  );
};

const only = () => {
  expect(collector.traces).toHaveLength(1);
  const [trace] = collector.traces;
  if (trace === undefined) throw new Error('nothing was told');
  return trace;
};

describe('a hook that a collector is told of', () => {
  it('is a trace: each chart a span in it, each node a span in its chart, with what was asked and answered', async () => {
    const outcome = await started();
    expect(outcome).toMatchObject({ _tag: 'Right', right: { charts: [{ hook: 'lock' }] } });
    expect(said).toEqual([]);
    const { resource, root } = only();
    expect(resource).toEqual({ 'service.name': 'lock', 'service.instance.id': 'lock/0' });
    expect(treeOf(root)).toBe(
      [
        'start: Committed',
        '  lock: Returned',
        '    is_open: no',
        '    make_key: done',
        '    give_key: done',
      ].join('\n'),
    );
    expect(root.attributes).toEqual({ 'juju.hook': 'start', 'hookchart.end': 'Committed' });
    const [chart] = root.spans;
    expect(chart?.attributes).toEqual({
      'hookchart.chart': 'lock',
      'hookchart.event': '{"hook":"start"}',
      'hookchart.end': 'Returned',
    });
    expect(chart?.spans[0]?.attributes).toEqual({
      'hookchart.node': 'is_open',
      'hookchart.label': 'Is the door open?',
      'hookchart.request': '{"_tag":"Open"}',
      'hookchart.answer': 'no',
      'hookchart.to': 'make_key',
    });
  });

  it('shows no secret, and says which fields were masked', async () => {
    await started();
    const [, make, give] = only().root.spans[0]?.spans ?? [];
    expect(make?.attributes).toMatchObject({
      'hookchart.learned': '{"key":"********"}',
      'hookchart.masked': ['learned.key'],
    });
    expect(give?.attributes).toMatchObject({
      'hookchart.request': '{"_tag":"GiveKey","to":{"name":"ann","key":"********"}}',
      'hookchart.masked': ['request.to.key'],
    });
    expect(collector.text).not.toContain(password);
  });

  it('took as long as it took', async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const began = performance.timeOrigin + performance.now();
    let opened = (): void => {};
    const gate = new Promise<void>((resolve) => {
      opened = resolve;
    });
    await started(
      () => {
        setTimeout(opened, 40);
        return gate;
      },
      { hook: { name: 'start', began } },
    );
    const { root } = only();
    expect(isInTime(root)).toBe(true);
    const give = root.spans[0]?.spans[2];
    const milliseconds = (span = root) => Number(span.ended - span.began) / 1e6;
    expect(milliseconds(give)).toBeGreaterThanOrEqual(39);
    expect(milliseconds(root.spans[0]?.spans[0])).toBeLessThan(milliseconds(give));
    expect(Number(root.began - BigInt(Math.round(began * 1e6))) / 1e6).toBeCloseTo(0, 0);
    // Clocks of the system may differ by what they round off.
    expect(root.began + 50_000_000n).toBeGreaterThan(before);
  });

  it('is told for a charm of anybody, as its own charts have it', async () => {
    const deployment = inMemory(['ingress/0']);
    deployment.ask(4, { model: 'shop', name: 'web', port: 8080 });
    deployment.ask(7, { model: 'shop', name: 'x;}', port: 8080 });
    const proxy = { serve: async () => {} };
    for (const relation of [4, 7]) {
      const hook = { hook: 'ingress-relation-changed', relation };
      await traced(options({ hook: { name: hook.hook } }), (watch) =>
        dispatch(ingress, { juju: deployment.juju.hook('ingress/0'), proxy }, { watch })(hook)(),
      );
    }
    expect(collector.traces.map(({ root }) => treeOf(root))).toEqual([
      [
        'ingress-relation-changed: Committed',
        '  ingress-requested: Returned',
        '    is_leader: yes',
        '    request: a route',
        '    record: done',
        '    serve: done',
        '    publish: done',
      ].join('\n'),
      expect.stringContaining('    request: what is refused\n'),
    ]);
  });

  it('is marked where a request was not answered, and deferred all the same', async () => {
    await started(() => halt({ _tag: 'DoorStuck', class: 'unavailable', why: 'it is frozen' }));
    expect(treeOf(only().root)).toBe(
      [
        'start: Committed',
        '  lock: Deferred',
        '    is_open: no',
        '    make_key: done',
        '    give_key: failed ! DoorStuck: it is frozen',
      ].join('\n'),
    );
    expect(only().root.spans[0]?.attributes).toMatchObject({
      'error.type': 'DoorStuck',
      'hookchart.class': 'unavailable',
      'hookchart.why': 'DoorStuck: it is frozen',
    });
  });

  it('is marked as a whole where it fails, and its chart where it is refused', async () => {
    await started(() => halt({ _tag: 'NoSuchAnn', class: 'refused', why: 'nobody is called so' }));
    const left = await started(() =>
      halt({ _tag: 'KeyBroke', class: 'broken', why: 'cheap iron' }),
    );
    expect(left).toMatchObject({ _tag: 'Left', left: { _tag: 'KeyBroke' } });
    const [refused, failed] = collector.traces.map(({ root }) => root);
    expect([refused?.error, refused?.spans[0]?.error]).toEqual([
      null,
      'NoSuchAnn: nobody is called so',
    ]);
    expect([failed?.error, failed?.spans[0]?.error]).toEqual([
      'KeyBroke: cheap iron',
      'KeyBroke: cheap iron',
    ]);
    expect(failed?.attributes).toMatchObject({ 'hookchart.end': 'Failed' });
  });

  it('ends in the node where a defect was thrown, whose words stay at home', async () => {
    const thrown = started(() => {
      throw new Error(`no door for ${password}`);
    });
    await expect(thrown).rejects.toThrow('no door');
    expect(treeOf(only().root)).toBe(
      [
        'start: Failed ! Defect',
        '  lock ! it came to no end',
        '    is_open: no',
        '    make_key: done',
        '    give_key ! it was not answered',
      ].join('\n'),
    );
    expect(collector.text).not.toContain(password);
  });

  it('is none where it goes through no chart', async () => {
    const given = { juju: ofLock(), door: { give: () => {} } };
    await traced(options(), (watch) => dispatch(lock, given, { watch })({ hook: 'stop' })());
    expect(collector.text).toBe('');
  });

  it('tells of a bounded number of nodes, and how many there were beyond', async () => {
    await traced(options(), async (watch) => {
      const machine = { id: 'long', config: {} };
      const [node, request] = ['again', { _tag: 'Again' }];
      watch({ _tag: 'Begun', machine, event: {}, from: 'hook_fired' });
      for (let step = 0; step < 4_009; step++) {
        watch({ _tag: 'Asked', node, request });
        watch({ _tag: 'Answered', node, request, answer: { label: 'done' }, to: node });
      }
      watch({ _tag: 'Ended', end: { _tag: 'Returned' } });
      return { _tag: 'Right', right: null };
    });
    const { root } = only();
    expect(root.attributes['hookchart.untold']).toBe(10);
    expect(root.spans[0]?.spans).toHaveLength(3_999);
  });
});

describe('a collector', () => {
  const place = async (server: ReturnType<typeof createPlainServer>) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const milliseconds = async (url: string) => {
    const began = performance.now();
    expect(await started(undefined, { url })).toMatchObject({ _tag: 'Right' });
    return performance.now() - began;
  };

  it('that is not there fails no hook, and is said in one line', async () => {
    await milliseconds('http://user:hunter2@127.0.0.1:9');
    expect(said).toEqual([
      'the collector of traces at http://127.0.0.1:9/v1/traces did not take it (ECONNREFUSED connect ECONNREFUSED 127.0.0.1:9); this hook has no trace',
    ]);
  });

  it.each([
    ['never answers', () => createPlainServer((line) => line.resume())],
    [
      'answers a word at a time',
      () =>
        createServer((request, response) => {
          request.resume();
          const timer = setInterval(() => response.write('wait '), 50);
          response.on('close', () => clearInterval(timer));
        }),
    ],
  ])(
    'that %s holds a hook for less than a second, and no line to it stays open',
    async (_, make) => {
      const server = make();
      const url = await place(server);
      let open = 0;
      const closed = new Promise<void>((resolve) =>
        server.on('connection', (line) => {
          open += 1;
          line.on('error', () => {}).on('close', resolve);
        }),
      );
      try {
        await started(undefined, { url: collector.url });
        expect(await milliseconds(url)).toBeLessThan(5_000);
        await closed;
        expect(open).toBe(1);
        expect(said).toEqual([
          `the collector of traces at ${url}/v1/traces did not answer within 750 ms; this hook has no trace`,
        ]);
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    },
  );

  it('is not waited for longer than the hook has left', async () => {
    const server = createPlainServer((line) => line.resume());
    const url = await place(server);
    try {
      await started(undefined, { url, remaining: () => 120 });
      await started(undefined, { url, remaining: () => 0 });
      expect(said).toEqual([
        expect.stringContaining('did not answer within 120 ms;'),
        `the collector of traces at ${url}/v1/traces was not told of this hook, whose time was up`,
      ]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('that refuses is said with its reason', async () => {
    collector.status = 401;
    await started();
    expect(said).toEqual([expect.stringMatching(/ did not take it \(401 Unauthorized\); /)]);
  });

  it('may be below a path of its own, and is to be an address', async () => {
    await started(undefined, { url: `${collector.url}/v1/traces/` });
    only();
    await started(undefined, { url: 'tempo:4318' });
    expect(said).toEqual([
      '"tempo:4318" is no address of a collector of traces; it is to be like http://127.0.0.1:4318',
    ]);
  });
});
