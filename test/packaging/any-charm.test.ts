import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anyCharm } from '../../src/packaging/any-charm.ts';
import { packCharm } from '../../src/packaging/pack.ts';
import { charmRuntime } from '../charm-runtime.ts';
import { SmallModel } from './small-model.ts';

const module = resolve('test/packaging/website/charm.ts');

describe('a charm of anybody, packed', () => {
  let folder: string;
  let dispatch: string;
  let model: SmallModel;
  let pages: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hookchart-any-charm-'));
    const runtime = charmRuntime();
    await packCharm(await anyCharm(module), join(folder, 'charm'), { runtime, copying: 'link' });
    dispatch = join(folder, 'charm', 'dispatch');
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    pages = mkdtempSync(join(folder, 'pages-'));
    rmSync(pages, { recursive: true });
    model = await SmallModel.start();
    model.config = { greeting: 'Welcome to' };
    return () => model.stop();
  });
  const run = (name: string, hook: { relation?: number; remoteApplication?: string } = {}) =>
    model.hook([dispatch], { name, ...hook }, { PAGES: pages });
  const shop = { relation: 3, remoteApplication: 'shop' };
  const relate = (remote: Record<string, string>) => {
    model.relations[3] = { endpoint: 'page', application: 'shop', remote, own: {} };
  };
  const page = () => readFileSync(join(pages, '3.html'), 'utf8');

  it('goes through its hooks as a process, and tells which way each chart went', async () => {
    const installed = await run('install');
    expect(installed).toMatchObject({ code: 0, error: '' });
    expect(installed.out).toMatch(
      /^install: hook_fired > make_folder \(\d+ ms\) > rtn, returned\n$/,
    );
    expect(readdirSync(pages)).toEqual([]);
    expect(model.status).toBe('active: ');

    relate({ title: 'the shop' });
    const changed = await run('page-relation-changed', shop);
    expect(changed).toMatchObject({ code: 0, error: '' });
    expect(changed.out).toMatch(/^page-asked of relation 3: .* > publish \(\d+ ms\) > rtn2, ret/);
    expect(page()).toBe('Welcome to the shop\n');
    expect(model.relations[3]?.own).toEqual({ url: 'http://192.0.2.5:8080/3' });

    const broken = await run('page-relation-broken', shop);
    expect(broken).toMatchObject({ code: 0, error: '' });
    expect(readdirSync(pages)).toEqual([]);
    expect(existsSync(`${pages}.lock`)).toBe(false);
  });

  it('delivers a deferred hook at the next occasion, be it one that nobody handles', async () => {
    await run('install');
    relate({});
    expect((await run('page-relation-changed', shop)).out).toContain('> defer, deferred\n');
    expect(model.status).toBe('waiting: page-asked waits');
    relate({ title: 'the shop' });
    expect(await run('update-status')).toMatchObject({
      out: expect.stringMatching(/^page-asked of relation 3: /),
    });
    expect(page()).toBe('Welcome to the shop\n');
    expect(model.state.deferred).toBe('');
  });

  it('ends at once in a hook that nobody handles, and asks for nothing but what waits', async () => {
    for (const name of ['update-status', 'leader-elected', 'page-relation-joined']) {
      const { code, out, error, calls } = await run(name, name.startsWith('page') ? shop : {});
      expect({ code, out, error }, name).toEqual({ code: 0, out: '', error: '' });
      expect(calls.map(({ tool }) => tool)).toEqual(['state-get']);
    }
    expect(existsSync(`${pages}.opened`)).toBe(false);
    await run('install');
    const { calls } = await run('start');
    expect(calls.map(({ tool }) => tool)).toEqual(['state-get']);
    expect(readFileSync(`${pages}.opened`, 'utf8')).toBe('once\n');
  });

  // Bun has compiled everything when the charm is packed; with HOOKCHART_RUNTIME=node this one runs.
  it.runIf(charmRuntime().name === 'Node')(
    'keeps what Node has compiled, and goes without where that cannot be kept',
    async () => {
      const compiled = join(folder, 'charm', 'compiled');
      await run('install');
      expect(readdirSync(compiled)).not.toEqual([]);
      rmSync(compiled, { recursive: true });
      writeFileSync(compiled, 'no folder');
      relate({ title: 'the shop' });
      expect(await run('page-relation-changed', shop)).toMatchObject({ code: 0, error: '' });
      rmSync(compiled);
    },
  );

  it('reads the options anew after a config-changed that nobody handles', async () => {
    await run('install');
    relate({ title: 'the shop' });
    await run('page-relation-changed', shop);
    model.config = { greeting: 'This is' };
    await run('page-relation-changed', shop);
    expect(page()).toBe('Welcome to the shop\n');
    const { calls } = await run('config-changed');
    expect(calls.map(({ tool }) => tool)).toEqual(['state-get', 'state-set']);
    await run('page-relation-changed', shop);
    expect(page()).toBe('This is the shop\n');
  });

  it('blocks for what it refuses', async () => {
    relate({ title: 'x'.repeat(41) });
    expect(await run('page-relation-changed', shop)).toMatchObject({ code: 0, error: '' });
    expect(model.status).toBe('blocked: TitleTooLong: say it in 40');
  });

  it('fails with a sentence where the system refuses, and with a stack where it is defect', async () => {
    relate({ title: 'the shop' });
    const refused = await run('page-relation-changed', shop);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.error).toBe(
      `the system refuses open ${join(pages, '3.html')} (ENOENT); nothing was committed\n`,
    );
    expect(existsSync(`${pages}.lock`)).toBe(false);
    relate({ title: 'a defect' });
    const defect = await run('page-relation-changed', shop);
    expect(defect).toMatchObject({ code: 1, out: '' });
    expect(defect.error).toMatch(/^defect: a title of two words\nat /);
    expect(model.status).toBe('');
  });

  it('fails in a sentence where its environment or its tools are not Juju’s', async () => {
    const { code, error } = await model.hook([dispatch], { name: 'install' }, { JUJU_VERSION: '' });
    expect(code).toBe(1);
    expect(error).toMatch(/^the environment variable JUJU_VERSION is not set: /);
    const missing = await model.hook([dispatch], { name: 'install' }, { PATH: folder });
    expect(missing.code).toBe(1);
    expect(missing.error).toMatch(
      /^install: state-get could not be used: there is no such program/,
    );
  });
});
