/** The tutorial's charm before real nginxes, one for each unit. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispatch } from 'hookchart';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { charm, type ReverseProxy } from '../../docs/ingress/charm/charm.ts';
import { nginx } from '../../docs/ingress/charm/nginx.ts';
import type { Route } from '../../docs/ingress/charm/words.ts';
import { Deployment } from '../ingress/deployment.ts';
import { Nginx } from '../ingress/nginx-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-ingress-'));
chmodSync(folder, 0o711);

/** An application that tells what it was asked for. */
const applications = new Map<string, HttpServer>();
async function application(name: string): Promise<number> {
  const server = createServer(({ url, headers }, response) => {
    response.end(JSON.stringify({ name, url, host: headers['x-forwarded-host'] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  applications.set(name, server);
  return (server.address() as AddressInfo).port;
}

const told = async (url: string) => {
  const response = await fetch(url, { redirect: 'manual' });
  return response.ok ? response.json() : response.status;
};

let one: Nginx;
let other: Nginx;
let deployment: Deployment<ReverseProxy>;
let shop: { model: string; name: string; port: number };
let blog: typeof shop;

beforeAll(async () => {
  shop = { model: 'shop', name: 'web', port: await application('shop') };
  blog = { model: 'blog', name: 'web', port: await application('blog') };
  one = await Nginx.make(join(folder, 'one'));
  other = await Nginx.make(join(folder, 'other'));
});
beforeEach(async () => {
  const nginxes = new Map([
    ['ingress/0', one],
    ['ingress/1', other],
  ]);
  const proxies = new Map([...nginxes].map(([unit, { proxy }]) => [unit, proxy]));
  deployment = new Deployment(proxies, {}, (unit) => nginxes.get(unit)?.listen ?? '');
  await deployment.settle('update-status');
});
afterAll(async () => {
  await one.stop();
  await other.stop();
  for (const server of applications.values()) server.close();
  rmSync(folder, { recursive: true });
});

const relate = async (relation: number, asking: object) => {
  deployment.ask(relation, asking, ['127.0.0.1']);
  await deployment.settle('ingress-relation-changed', relation);
};
const leave = async (relation: number) => {
  deployment.juju.breaking(relation);
  await deployment.settle('ingress-relation-broken', relation);
  deployment.juju.forget(relation);
};

describe('an application', () => {
  it('is served where its URL says, by every unit and on every connection', async () => {
    await relate(4, shop);
    await relate(7, { ...blog, 'strip-prefix': true });
    const url = `http://${one.listen}`;
    expect(deployment.url(4)).toBe(`${url}/shop-web`);
    for (const at of [one.listen, other.listen]) {
      const asked = (path: string) => told(`http://${at}${path}`);
      expect(await asked('/shop-web')).toEqual({ name: 'shop', url: '/shop-web', host: at });
      expect(await asked('/shop-web/a%20b?c=/../d')).toMatchObject({
        url: '/shop-web/a%20b?c=/../d',
      });
      expect(await asked('/blog-web')).toEqual({ name: 'blog', url: '/', host: at });
      expect(await asked('/blog-web/a?b')).toMatchObject({ name: 'blog', url: '/a?b' });
      for (const path of ['/', '/shop-webs', '/shop-web%0a', '/blog', '/x/../shop-web2'])
        expect(await asked(path), path).toBe(404);
    }
    const many = await Promise.all(Array.from({ length: 50 }, () => told(`${url}/shop-web`)));
    expect(new Set(many.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it('has its new URL served at the moment that it is published, and the old one no more', async () => {
    await relate(4, shop);
    for (const name of ['b', 'c', 'd']) {
      const before = deployment.url(4) ?? '';
      await relate(4, { ...shop, name });
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => told(deployment.url(4) ?? '')),
      );
      for (const answer of answers) expect(answer).toMatchObject({ url: `/shop-${name}` });
      expect(await told(before)).toBe(404);
    }
  });

  it('leaves neither URL nor block, and others as they are', async () => {
    await relate(4, shop);
    await relate(7, blog);
    const url = deployment.url(4) ?? '';
    await leave(4);
    expect(await told(url)).toBe(404);
    expect(await told(deployment.url(7) ?? '')).toMatchObject({ name: 'blog' });
    for (const { text } of [one, other]) expect(text).not.toContain('shop');
  });

  it.each([
    [{ name: 'web { return 200 owned; } location /x' }],
    [{ model: 'a;}\nserver { listen 1; }' }],
    [{ name: '"' }],
    [{ name: '$host' }],
    [{ port: '80; include /etc/passwd' }],
  ])('cannot write configuration: %j', async (part) => {
    await relate(7, blog);
    const before = one.text;
    await relate(4, { ...shop, ...part });
    expect(deployment.url(4)).toBe(null);
    expect(deployment.juju.status('ingress/0')?.message).toMatch(
      /^relation 4: (name|model|port) is /,
    );
    expect(one.text).toBe(before);
    expect(await told(deployment.url(7) ?? '')).toMatchObject({ name: 'blog' });
  });
});

const route = (path: string): ReadonlyMap<number, Route> =>
  new Map([[9, { path, upstreams: [`127.0.0.1:${blog.port}`], strip: false }]]);
const outcomeOf = (attempt: Promise<void>) =>
  attempt.then(
    () => null,
    ({ left }) => left,
  );

describe('nginx', () => {
  it('takes no configuration that it finds wrong, and serves the one before', async () => {
    await relate(4, shop);
    const before = one.text;
    const why = await outcomeOf(one.proxy.serve(route('/x { broken')));
    expect(why).toMatchObject({ _tag: 'ConfigRejected', class: 'broken' });
    expect(why.why).toContain('nginx.conf.checked');
    expect(one.text).toBe(before);
    expect(await told(deployment.url(4) ?? '')).toMatchObject({ name: 'shop' });
  });

  it('serves the one before where it cannot reload', async () => {
    await relate(4, shop);
    const before = one.text;
    // Somebody else listens there, which `nginx -t` does not mind.
    const taken = createTcpServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const listen = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    const moved = nginx({ program: one.program, folder: one.folder, listen });
    expect(await outcomeOf(moved.serve(route('/moved')))).toEqual({
      ...{ _tag: 'NginxUnavailable', class: 'unavailable', why: 'it did not reload' },
    });
    taken.close();
    expect(one.text).toBe(before);
    expect(await told(deployment.url(4) ?? '')).toMatchObject({ name: 'shop' });
    expect(await told(`http://${one.listen}/moved`)).toBe(404);
  });

  it('that does not run keeps the URL back; it is served when it is there again', async () => {
    await other.stop();
    try {
      await relate(4, shop);
      expect(deployment.url(4)).toBe(null);
      expect(deployment.juju.status('ingress/1')?.message).toMatch(/^NginxUnavailable: /);
    } finally {
      await other.start();
    }
    await deployment.settle('update-status');
    expect(await told(deployment.url(4) ?? '')).toMatchObject({ name: 'shop' });
    expect(await told(`http://${other.listen}/shop-web`)).toMatchObject({ name: 'shop' });
  });
});

describe('a hook that is killed', () => {
  it('after the reload and before its commit is made good by its repetition', async () => {
    deployment.ask(4, shop, ['127.0.0.1']);
    const killed = new Error('killed');
    const juju = {
      ...deployment.juju.hook('ingress/0'),
      commit: () => () => Promise.reject(killed),
    };
    const event = { hook: 'ingress-relation-changed', relation: 4 };
    await expect(dispatch(charm, { juju, proxy: one.proxy })(event)()).rejects.toBe(killed);
    expect(deployment.url(4)).toBe(null);
    await deployment.settle('ingress-relation-changed', 4);
    expect(await told(deployment.url(4) ?? '')).toMatchObject({ name: 'shop' });
  });

  it('with the file written and not reloaded is made good by the next one', async () => {
    await relate(4, shop);
    const { text } = one;
    await leave(4);
    writeFileSync(one.file, text);
    deployment.ask(4, shop, ['127.0.0.1']);
    await deployment.settle('ingress-relation-changed', 4);
    expect(await told(deployment.url(4) ?? '')).toMatchObject({ name: 'shop' });
  });
});
