import { describe, expect, it } from 'vitest';
import { Deployment, inMemory } from './deployment.ts';

const shop = { model: 'shop', name: 'web', port: 8080 };
const blog = { model: 'blog', name: 'web', port: 80 };

describe('an application that asks', () => {
  it('gets its URL when every unit serves it, and not before', async () => {
    const deployment = inMemory(['ingress/0', 'ingress/1']);
    deployment.ask(4, shop);
    const run = await deployment.hook('ingress/0', {
      ...{ hook: 'ingress-relation-changed', relation: 4, remoteUnit: 'web/0' },
    });
    expect(run.charts.map(({ hook, path }) => [hook, path.join(' ')])).toEqual([
      ['ingress-requested', 'hook_fired is_leader request record serve publish rtn2'],
    ]);
    expect(deployment.paths('ingress/0')).toEqual(['/shop-web']);
    expect(deployment.url(4)).toBe(null);

    await deployment.hook('ingress/1', { hook: 'ingress-peers-relation-changed', relation: 0 });
    expect(deployment.paths('ingress/1')).toEqual(['/shop-web']);
    expect(deployment.url(4)).toBe(null);
    await deployment.hook('ingress/0', { hook: 'ingress-peers-relation-changed', relation: 0 });
    expect(deployment.url(4)).toBe('http://10.0.0.0:80/shop-web');
  });

  it('gets its URL at once where there is one unit, under the name that the operator gave', async () => {
    const deployment = inMemory(['ingress/0'], { 'external-hostname': 'apps.example:8443' });
    deployment.ask(4, shop);
    await deployment.hook('ingress/0', { hook: 'ingress-relation-changed', relation: 4 });
    expect(deployment.url(4)).toBe('http://apps.example:8443/shop-web');
    expect(deployment.juju.status('ingress/0')).toEqual({ name: 'active', message: '' });
  });

  it('keeps its URL while a new unit does not serve it yet', async () => {
    const deployment = new Deployment(
      new Map([...inMemory(['ingress/0', 'ingress/1']).proxies].slice(0, 2)),
    );
    deployment.juju.dying.add('ingress/1');
    deployment.ask(4, shop);
    await deployment.hook('ingress/0', { hook: 'ingress-relation-changed', relation: 4 });
    const url = deployment.url(4);
    expect(url).not.toBe(null);
    deployment.juju.dying.clear();
    await deployment.hook('ingress/0', { hook: 'update-status' });
    expect(deployment.url(4)).toBe(url);
  });

  it('has its units followed: who comes is served, who departs is not', async () => {
    const deployment = inMemory(['ingress/0']);
    const upstreams = () => deployment.proxies.get('ingress/0')?.routes.get(4)?.upstreams;
    deployment.ask(4, shop, ['10.1.0.7', '10.1.0.8']);
    await deployment.settle('ingress-relation-joined', 4);
    expect(upstreams()).toEqual(['10.1.0.7:8080', '10.1.0.8:8080']);
    deployment.ask(4, shop, ['10.1.0.8']);
    await deployment.settle('ingress-relation-departed', 4);
    expect(upstreams()).toEqual(['10.1.0.8:8080']);
  });

  it('is served from its first unit on, and keeps what it had under a leader that knows none of them', async () => {
    const deployment = inMemory(['ingress/0', 'ingress/1']);
    deployment.ask(4, shop, []);
    await deployment.settle('ingress-relation-changed', 4);
    expect([deployment.url(4), deployment.paths('ingress/0')]).toEqual([null, []]);
    deployment.ask(4, shop, ['10.1.0.7']);
    await deployment.settle('ingress-relation-joined', 4);
    const record = deployment.juju.databag({ _tag: 'PeerApp' });
    expect(deployment.url(4)).not.toBe(null);
    deployment.ask(4, shop, []);
    deployment.juju.leader = 'ingress/1';
    await deployment.settle('leader-elected');
    await deployment.settle('ingress-relation-changed', 4);
    expect(deployment.juju.databag({ _tag: 'PeerApp' })).toEqual(record);
    expect(deployment.url(4)).not.toBe(null);
  });

  it('has another path under another name', async () => {
    const deployment = inMemory(['ingress/0', 'ingress/1']);
    deployment.ask(4, shop);
    await deployment.settle('ingress-relation-changed', 4);
    deployment.ask(4, { ...shop, name: 'new' });
    await deployment.hook('ingress/0', { hook: 'ingress-relation-changed', relation: 4 });
    // The other unit does not serve it yet.
    expect(deployment.url(4)).toBe(null);
    await deployment.hear();
    expect(deployment.url(4)).toBe('http://10.0.0.0:80/shop-new');
    expect(deployment.paths('ingress/1')).toEqual(['/shop-new']);
  });
});

describe('what is refused', () => {
  it('is said by name, and another application is served meanwhile', async () => {
    const deployment = inMemory(['ingress/0', 'ingress/1']);
    deployment.ask(4, { ...shop, name: 'x;}' });
    deployment.ask(7, blog);
    for (const relation of [4, 7]) await deployment.settle('ingress-relation-changed', relation);
    const message = 'relation 4: name is "x;}": it may be 63 of a-z, 0-9 and inner hyphens';
    for (const unit of deployment.juju.units)
      expect(deployment.juju.status(unit)).toEqual({ name: 'blocked', message });
    expect([deployment.url(4), deployment.url(7)]).toEqual([null, 'http://10.0.0.0:80/blog-web']);

    deployment.ask(4, shop);
    await deployment.settle('ingress-relation-changed', 4);
    expect(deployment.url(4)).toBe('http://10.0.0.0:80/shop-web');
    expect(deployment.juju.status('ingress/1')).toEqual({ name: 'active', message: '' });
  });

  it('costs the route that was there', async () => {
    const deployment = inMemory(['ingress/0']);
    deployment.ask(4, shop);
    await deployment.settle('ingress-relation-changed', 4);
    deployment.ask(4, { ...shop, port: 0 });
    await deployment.settle('ingress-relation-changed', 4);
    expect([deployment.url(4), deployment.paths('ingress/0')]).toEqual([null, []]);
  });

  it('is a path that another has, under whatever names, until that one leaves', async () => {
    const deployment = inMemory(['ingress/0', 'ingress/1']);
    deployment.ask(4, { ...shop, model: 'a', name: 'b-c' });
    deployment.ask(7, { ...shop, model: 'a-b', name: 'c' });
    for (const relation of [4, 7]) await deployment.settle('ingress-relation-changed', relation);
    expect([deployment.url(4), deployment.url(7)]).toEqual(['http://10.0.0.0:80/a-b-c', null]);
    expect(deployment.juju.status('ingress/0')?.message).toBe(
      'relation 7: /a-b-c is the path of another application',
    );
    deployment.juju.breaking(4);
    await deployment.settle('ingress-relation-broken', 4);
    deployment.juju.forget(4);
    expect(deployment.url(7)).toBe('http://10.0.0.0:80/a-b-c');
  });

  it('is an external-hostname that is none', async () => {
    const deployment = inMemory(['ingress/0'], { 'external-hostname': 'a b' });
    deployment.ask(4, shop);
    await deployment.hook('ingress/0', { hook: 'ingress-relation-changed', relation: 4 });
    expect(deployment.juju.status('ingress/0')).toEqual({
      name: 'blocked',
      message: 'ConfigRefused: config external-hostname is "a b": set it to NAME or NAME:PORT',
    });
    expect(deployment.url(4)).toBe(null);
  });
});

describe('an application that leaves', () => {
  it('leaves nothing', async () => {
    const deployment = inMemory(['ingress/0', 'ingress/1']);
    deployment.ask(4, shop);
    deployment.ask(7, blog);
    for (const relation of [4, 7]) await deployment.settle('ingress-relation-changed', relation);
    deployment.juju.breaking(4);
    await deployment.hook('ingress/1', { hook: 'ingress-relation-broken', relation: 4 });
    expect(deployment.paths('ingress/1')).toEqual(['/blog-web']);
    // Its record stands still, and this unit is told of its peers.
    await deployment.hook('ingress/1', { hook: 'ingress-peers-relation-changed', relation: 0 });
    expect(deployment.paths('ingress/1')).toEqual(['/blog-web']);
    await deployment.hook('ingress/0', { hook: 'ingress-relation-broken', relation: 4 });
    expect(deployment.url(4)).toBe(null);
    deployment.juju.forget(4);
    expect(deployment.paths('ingress/0')).toEqual(['/blog-web']);
    expect(Object.keys(deployment.juju.databag({ _tag: 'PeerApp' }))).toEqual(['relation-7']);
  });

  it('is forgotten by the next leader where the one before died without a word', async () => {
    const deployment = inMemory(['ingress/0', 'ingress/1']);
    deployment.ask(4, shop);
    await deployment.settle('ingress-relation-changed', 4);
    deployment.juju.breaking(4);
    await deployment.hook('ingress/1', { hook: 'ingress-relation-broken', relation: 4 });
    deployment.juju.forget(4);
    deployment.juju.removeUnit('ingress/0');
    deployment.juju.leader = 'ingress/1';
    await deployment.hook('ingress/1', { hook: 'leader-elected' });
    expect(deployment.juju.databag({ _tag: 'PeerApp' })).toEqual({});
  });

  it('is not taken for gone where a leader goes, or where others know it already', async () => {
    const deployment = inMemory(['ingress/0', 'ingress/1']);
    deployment.ask(4, shop);
    await deployment.settle('ingress-relation-changed', 4);
    const url = deployment.url(4);
    const record = deployment.juju.databag({ _tag: 'PeerApp' });
    expect(Object.keys(record)).toEqual(['relation-4']);
    deployment.juju.dying.add('ingress/0');
    deployment.juju.breaking(4);
    await deployment.hook('ingress/0', { hook: 'ingress-relation-broken', relation: 4 });
    expect(deployment.paths('ingress/0')).toEqual([]);
    expect(deployment.juju.databag({ _tag: 'PeerApp' })).toEqual(record);
    // Its successor has not entered the relation, which the first unit said that it serves.
    deployment.juju.leader = 'ingress/1';
    await deployment.hook('ingress/1', { hook: 'leader-elected' });
    expect(deployment.juju.databag({ _tag: 'PeerApp' })).toEqual(record);
    deployment.ask(4, shop);
    await deployment.hook('ingress/1', { hook: 'ingress-relation-created', relation: 4 });
    expect(deployment.url(4)).toBe(url?.replace('10.0.0.0', '10.0.0.1'));
  });
});

describe('a proxy that does not run', () => {
  it('keeps the URL back, and the hook waits as one however often it was called', async () => {
    const deployment = inMemory(['ingress/0']);
    const proxy = deployment.proxies.get('ingress/0');
    if (proxy === undefined) throw new Error('no proxy');
    proxy.isDown = true;
    deployment.ask(4, shop);
    for (const hook of ['ingress-relation-joined', 'ingress-relation-changed'])
      await deployment.hook('ingress/0', { hook, relation: 4, remoteUnit: 'web/0' });
    for (const hook of ['update-status', 'config-changed'])
      await deployment.hook('ingress/0', { hook });
    expect(deployment.url(4)).toBe(null);
    expect(deployment.juju.status('ingress/0')).toEqual({
      name: 'waiting',
      message: 'ProxyUnavailable: it does not run',
    });
    proxy.isDown = false;
    const run = await deployment.hook('ingress/0', { hook: 'update-status' });
    expect(run.charts.map(({ hook }) => hook)).toEqual(['ingress-requested', 'refresh']);
    expect(deployment.url(4)).toBe('http://10.0.0.0:80/shop-web');
  });

  it('takes back what its unit has said of it, so that no URL is published on that', async () => {
    const deployment = inMemory(['ingress/0', 'ingress/1']);
    deployment.ask(4, shop);
    await deployment.settle('ingress-relation-changed', 4);
    const proxy = deployment.proxies.get('ingress/1');
    if (proxy !== undefined) proxy.isDown = true;
    await deployment.hook('ingress/1', { hook: 'update-status' });
    expect(deployment.juju.databag({ _tag: 'PeerUnit', unit: 'ingress/1' })).toEqual({
      serving: '{}',
    });
    // Who has the URL keeps it; who asks now waits.
    deployment.ask(7, blog);
    await deployment.settle('ingress-relation-changed', 7);
    expect([deployment.url(4), deployment.url(7)]).toEqual(['http://10.0.0.0:80/shop-web', null]);
  });

  it('does not keep an application that has left on record', async () => {
    const deployment = inMemory(['ingress/0']);
    deployment.ask(4, shop);
    await deployment.settle('ingress-relation-changed', 4);
    const proxy = deployment.proxies.get('ingress/0');
    if (proxy !== undefined) proxy.isDown = true;
    deployment.juju.breaking(4);
    await deployment.hook('ingress/0', { hook: 'ingress-relation-broken', relation: 4 });
    deployment.juju.forget(4);
    expect(deployment.juju.databag({ _tag: 'PeerApp' })).toEqual({});
    if (proxy !== undefined) proxy.isDown = false;
    await deployment.hook('ingress/0', { hook: 'update-status' });
    expect(deployment.paths('ingress/0')).toEqual([]);
  });
});

it('keeps no record, and serves nobody, once it has left its peers', async () => {
  const deployment = inMemory(['ingress/0']);
  deployment.ask(4, shop);
  await deployment.settle('ingress-relation-changed', 4);
  const record = deployment.juju.databag({ _tag: 'PeerApp' });
  deployment.juju.left.add('ingress/0');
  deployment.ask(4, { ...shop, name: 'other' });
  const run = await deployment.hook('ingress/0', {
    hook: 'ingress-relation-departed',
    relation: 4,
  });
  expect(run.charts.map(({ path }) => path.join(' '))).toEqual(['hook_fired is_leader rtn']);
  expect(deployment.juju.databag({ _tag: 'PeerApp' })).toEqual(record);
});

it('reads nothing from the record that it would not write', async () => {
  const deployment = inMemory(['ingress/0']);
  deployment.ask(4, shop);
  const spoiled = { path: '/x { }', upstreams: ['10.0.0.1:80'], strip: false };
  const forged = deployment.juju.hook('ingress/0').commit({
    bags: [{ bag: { _tag: 'PeerApp' }, values: { 'relation-4': JSON.stringify(spoiled) } }],
    ...{ state: {}, status: { name: 'active', message: '' } },
  });
  await forged();
  deployment.ask(4, {});
  await deployment.settle('update-status');
  expect(deployment.paths('ingress/0')).toEqual([]);
});
