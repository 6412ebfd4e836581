import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly bin?: Readonly<Record<string, string>>;
}

describe.each([
  'package-lock.json',
  'src/packaging/pinned-bun/package-lock.json',
  'src/packaging/pinned-node/package-lock.json',
])('%s', (file) => {
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
    packages: Readonly<Record<string, Entry>>;
  };
  const installed = Object.entries(packages).filter(([folder]) => folder !== '');

  it('knows the content of every package, whatever the platform', () => {
    expect(installed.length).toBeGreaterThan(0);
    const open = installed.filter(
      ([, { integrity }]) => !/^sha512-\S{86}==$/.test(integrity ?? ''),
    );
    expect(open.map(([folder]) => folder)).toEqual([]);
  });

  it('leaves it to whoever installs which registry is asked', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });
});

describe('the packages of the project', () => {
  it('bring no Node of their own, which the scripts of npm would run instead', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Readonly<Record<string, Entry>>;
    };
    expect(Object.keys(packages).filter((folder) => packages[folder]?.bin?.node)).toEqual([]);
  });
});
