import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anyCharm } from '../../src/packaging/any-charm.ts';
import { packCharm } from '../../src/packaging/pack.ts';
import { charmRuntime } from '../charm-runtime.ts';
import { Nginx } from '../ingress/nginx-process.ts';
import { SmallModel } from '../packaging/small-model.ts';
import { Collector, treeOf } from '../tracing/a-collector.ts';

const relation = 3;
const folder = mkdtempSync(join(tmpdir(), 'hookchart-ingress-'));
let nginx: Nginx;
let model: SmallModel;

beforeAll(async () => {
  const source = await anyCharm(resolve('docs/ingress/charm/main.ts'));
  await packCharm(source, join(folder, 'charm'), { runtime: charmRuntime(), copying: 'link' });
  nginx = await Nginx.make(join(folder, 'nginx'));
  model = await SmallModel.start();
});
afterAll(async () => {
  await nginx.stop();
  await model.stop();
  rmSync(folder, { recursive: true });
});

const run = (name: string, about: { relation?: number; remoteApplication?: string } = {}) =>
  model.hook(
    [join(folder, 'charm', 'dispatch')],
    { name, ...about },
    { INGRESS_NGINX: nginx.program, INGRESS_FOLDER: nginx.folder, INGRESS_LISTEN: nginx.listen },
  );

it('serves an application as a packed charm does, and takes all back when it leaves', async () => {
  const peers = {};
  model.relations[0] = {
    ...{ endpoint: 'ingress-peers', application: 'a-website', remote: peers, own: peers },
    unit: {},
  };
  model.relations[relation] = {
    endpoint: 'ingress',
    application: 'shop',
    remote: { model: '"m"', name: '"shop"', port: '8080' },
    own: {},
    units: { 'shop/0': { host: '"shop"', ip: '"127.0.0.1"' } },
  };
  const shop = { relation, remoteApplication: 'shop' };
  const asked = await run('ingress-relation-changed', shop);
  expect(asked).toMatchObject({ code: 0, error: '' });
  expect(asked.out).toContain('ingress-requested');
  const { own } = model.relations[relation];
  expect(JSON.parse(own.ingress ?? '')).toEqual({ url: 'http://192.0.2.5:80/m-shop' });
  expect(nginx.text).toContain('location = /m-shop ');

  const left = await run('ingress-relation-broken', shop);
  expect(left).toMatchObject({ code: 0, error: '' });
  expect(nginx.text).not.toContain('m-shop');
  expect(peers).toEqual({});
});

it('tells a collector of traces that is related, by its own nodes and words', async () => {
  const collector = await Collector.start();
  try {
    const tempo = { relation: 9, remoteApplication: 'tempo' };
    const own: Record<string, string> = {};
    const { receivers: remote } = collector;
    model.relations[9] = { endpoint: 'charm-tracing', application: 'tempo', remote, own };
    await run('charm-tracing-relation-created', tempo);
    await run('charm-tracing-relation-changed', tempo);
    expect(own).toEqual({ receivers: '["otlp_http"]' });

    const { code, error } = await run('update-status');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(collector.traces.map(({ root }) => treeOf(root))).toMatchInlineSnapshot(`
      [
        "update-status: Committed
        refresh: Returned
          is_leader: yes
          review: done
          serve_too: done
          publish: done",
      ]
    `);
    expect(collector.traces[0]?.resource).toMatchObject({ 'service.instance.id': 'a-website/0' });

    expect((await run('charm-tracing-relation-broken', tempo)).code).toBe(0);
    await run('update-status');
    expect(collector.traces).toHaveLength(1);
  } finally {
    await collector.stop();
  }
});
