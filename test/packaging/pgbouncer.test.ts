import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packCharm } from '../../src/packaging/pack.ts';
import { runtimeFor } from '../../src/packaging/runtimes.ts';
import { options } from '../../src/pgbouncer/charm/config.ts';
import { packedOf, substrates } from '../../src/pgbouncer/charm/packed.ts';
import { container } from '../../src/pgbouncer/charm/place.ts';
import { endpoints } from '../../src/pgbouncer/keys.ts';
import { chartNameOf } from '../../src/pgbouncer/relation/events.ts';

describe.each(substrates)('the charm for %s', (substrate) => {
  let folder: string;
  let bytes: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hookchart-charm-'));
    ({ bytes } = await packCharm(packedOf(substrate), folder, {
      runtime: runtimeFor(),
      copying: 'link',
    }));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const text = (name: string) => readFile(join(folder, name), 'utf8');

  it('is one program of the Bun that is pinned, and Juju can run it', async () => {
    expect(bytes).toBeLessThan(620_000);
    expect(statSync(join(folder, 'dispatch')).mode & 0o111).toBe(0o111);
    const version = execFileSync(join(folder, 'hookchart'), ['--version'], {
      encoding: 'utf8',
      env: { BUN_BE_BUN: '1' },
    });
    expect(version).toBe(`${runtimeFor().version}\n`);
  });

  it('ends its dispatch with the name of a program, where charmcraft looks for it', async () => {
    const program = (await text('dispatch')).trimEnd().split(' ').at(-1) ?? '';
    expect(statSync(join(folder, program)).isFile()).toBe(true);
    expect(statSync(join(folder, program)).mode & 0o111).toBe(0o111);
  });

  it('is packed for the bases and the architecture of the machine that builds', async () => {
    const yaml = await text('charmcraft.yaml');
    const { architecture } = runtimeFor();
    const { platforms, bases } = parse(yaml);
    expect(bases).toBeUndefined();
    expect(platforms).toEqual(
      Object.fromEntries(
        ['22.04', '24.04'].map((base) => [
          `ubuntu-${base}-${architecture}`,
          {
            'build-on': [`ubuntu@${base}:amd64`, `ubuntu@${base}:arm64`],
            'build-for': [`ubuntu@${base}:${architecture}`],
          },
        ]),
      ),
    );
    const [, primed = ''] = yaml.split('    prime:\n');
    const files = primed
      .trimEnd()
      .split('\n')
      .flatMap((line) => /^ {6}- (.*)/.exec(line)?.[1] ?? []);
    const generated = ['actions.yaml', 'charmcraft.yaml', 'config.yaml', 'metadata.yaml'];
    expect([...files, ...generated].sort()).toEqual((await readdir(folder)).sort());
  });

  it('says whose it is and where it is spoken of, to charmcraft and to Charmhub', async () => {
    const [yaml, metadata] = [await text('charmcraft.yaml'), await text('metadata.yaml')];
    expect(/^title: (.{2,40})$/m.exec(yaml)?.[1]).toBe(/^display-name: (.*)$/m.exec(metadata)?.[1]);
    const address = /^https:\/\/\S+$/;
    for (const [link, key] of [
      ['documentation', 'docs'],
      ['source', 'source'],
      ['issues', 'issues'],
      ['website', 'website'],
    ]) {
      const target = new RegExp(`^  ${link}: (.*)$`, 'm').exec(yaml)?.[1];
      expect(target, link).toMatch(address);
      expect(metadata).toContain(`\n${key}: ${target}\n`);
    }
    const { author, bugs, homepage, repository } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(parse(metadata)).toMatchObject({
      docs: new URL('charm.html', homepage).href,
      source: String(repository.url).replace(/^git\+|\.git$/g, ''),
      issues: bugs.url,
      website: homepage,
      maintainers: [author],
    });
    expect(metadata).toMatch(/^maintainers:\n {2}- .+ <\S+@\S+>$/m);
    expect(await text('README.md')).toMatch(
      /^# PgBouncer.*\n\n[\s\S]*juju deploy .*hookchart-pgbouncer/,
    );
    expect(await text('icon.svg')).toMatch(/^<svg [^>]*width="100" height="100"/);
  });

  it('states the terms of what is in it, each with its text', async () => {
    expect(await text('LICENSE')).toContain('Apache License');
    const [own, ...others] = (await text('licenses.txt')).split(`\n${'-'.repeat(72)}\n\n`);
    const bun = others.pop();
    expect(own).toMatch(/^hookchart [\d.]+, Apache-2\.0\n\nApache License/);
    expect(bun).toMatch(/^Bun [\d.]+\n\n[\s\S]*\nPermission[\s\S]*LESSER GENERAL PUBLIC LICENSE/);
    for (const name of ['pg', 'pg-types', 'pgpass', 'split2', 'ws', 'xstate', 'fp-ts', 'valibot'])
      expect(
        others.some((one) => one.startsWith(`${name} `)),
        name,
      ).toBe(true);
    for (const one of others)
      expect(one).toMatch(
        /^\S+ [\d.]+, ((MIT|ISC|0BSD|BSD-3-Clause)\n\n[\s\S]*Copyright[\s\S]*[Pp]ermi|Apache-2\.0\n\n\s*Apache License)/,
      );
  });

  it('ends early only in hooks that nobody handles', async () => {
    const [, names = ''] = (await text('dispatch'))
      .split('\n')
      .slice(1, 4)
      .join('\n')
      .split(' in\n');
    const early = names.replace(')', '').trim().split(' | ');
    expect(early).toContain('database-relation-joined');
    for (const hook of early) expect(chartNameOf(hook), hook).toBeNull();
    expect(early).toContain('charm-tracing-relation-joined');
    for (const taught of ['database', 'charm-tracing'])
      expect(early).not.toContain(`${taught}-relation-created`);
  });

  it('says what it provides, requires and takes', async () => {
    const metadata = parse(await text('metadata.yaml'));
    expect(metadata).toMatchObject({
      peers: { [endpoints.peers]: { interface: 'pgb_peers' } },
      provides: { [endpoints.database]: { interface: 'postgresql_client', optional: true } },
      requires: {
        [endpoints.backend]: { interface: 'postgresql_client', optional: false },
        [endpoints.tracing]: { interface: 'tracing', optional: true, limit: 1 },
        [endpoints.certificates]: { interface: 'tls-certificates', optional: true, limit: 1 },
      },
    });
    const isKubernetes = substrate === 'kubernetes';
    const image = metadata.resources?.['pgbouncer-image']['upstream-source'];
    expect(Object.keys(metadata.containers ?? {})).toEqual(isKubernetes ? [container] : []);
    expect(/^\S+@sha256:[0-9a-f]{64}$/.test(image)).toBe(isKubernetes);
    expect(parse(await text('charmcraft.yaml')).type).toBe('charm');
  });

  it('takes the options that the charm reads, with what each may be', async () => {
    expect(parse(await text('config.yaml'))).toEqual({
      options: Object.fromEntries(
        Object.entries(options).map(([name, { byDefault, description, may }]) => [
          name,
          {
            type: typeof byDefault === 'number' ? 'int' : 'string',
            default: byDefault,
            description: `${description} ${may[0]?.toUpperCase()}${may.slice(1)}.\n`,
          },
        ]),
      ),
    });
  });
});
