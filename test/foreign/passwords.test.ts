import { describe, expect, it } from 'vitest';
import type { HookRecord, MadeCall } from '../../src/foreign/hook-run.ts';
import { sensitiveIn, withPasswordsIn } from '../../src/foreign/passwords.ts';
import { Pod } from '../../src/foreign/pod.ts';
import { Files } from '../../src/foreign/unit-files.ts';
import type { World } from '../../src/testing/index.ts';

/** A world in which one secret holds this. */
const holding = (content: Readonly<Record<string, string>>): World<null, Pod> => ({
  ...{ seconds: 0, tested: 'a', applications: {}, units: {}, relations: {}, hasSecrets: true },
  secrets: {
    'secret:c1': { owner: 'a', label: null, revisions: [content], grants: [], tracked: {} },
  },
  outside: { shared: null, units: { 'a/0': new Pod() } },
  made: { relations: 0, secrets: 1 },
});

const record = (parts: Partial<HookRecord>): HookRecord => ({
  ...{ exit: 0, stdout: '', stderr: '', environment: {}, calls: [], deferred: [] },
  ...{ files: new Files(), containers: {}, action: null },
  ...parts,
});

const calls = (tool: string, args: readonly string[], input = ''): readonly MadeCall[] => [
  { tool, args, input, files: {}, exit: 0, stdout: '', stderr: '' },
];

const shownOf = (content: Readonly<Record<string, string>>, parts: Partial<HookRecord>) =>
  withPasswordsIn(sensitiveIn(holding(content), null), record(parts), []);

describe('what counts as a password', () => {
  it.each([
    ['password', 'hunter2hunter2'],
    ['api-token', 'abcdefgh12'],
    ['private-key', 'MIIEvgIBADAN'],
    ['uris', 'postgresql://me:hunter2hunter2@10.0.0.1/db'],
    ['dsn', 'mysql://:hunter2@10.0.0.1/db'],
  ])('%s does: %s', (key, value) => {
    expect(shownOf({ [key]: value }, { stdout: `with ${value}\n` })).toEqual([
      `a password (${key}) in the output`,
    ]);
  });

  it.each([
    ['uri', 'http://10.0.0.1:8080/path'],
    ['token-url', 'https://auth.example.com/token'],
    ['token-endpoint', 'https://auth.example.com/token'],
    ['private-address', '10.152.183.27'],
    ['secret-id', 'c0000000000000000001'],
    ['password-file', '/etc/app/password'],
  ])('%s does not: %s', (key, value) => {
    expect(shownOf({ [key]: value }, { stdout: `with ${value}\n` })).toEqual([]);
  });
});

describe('where a password is looked for', () => {
  const content = { password: 'hunter2hunter2' };
  const layer = `services:
  app:
    override: replace
    command: app --password hunter2hunter2
`;
  it.each([
    ['the arguments of relation-set', { calls: calls('relation-set', ['x=hunter2hunter2']) }],
    ['the arguments of pebble', { calls: calls('pebble', ['app', 'exec', 'a', 'hunter2hunter2']) }],
    ["the arguments of a layer's command", { calls: calls('pebble', ['app', 'add-layer'], layer) }],
    ['the arguments of openssl', { programs: [['openssl', '-passin', 'pass:hunter2hunter2']] }],
    ['the output', { stderr: 'no hunter2hunter2' }],
  ])('%s', (where, parts) => {
    expect(shownOf(content, parts)).toEqual([`a password (password) in ${where}`]);
  });

  it('not in what a container is given otherwise', () => {
    const environment = layer
      .replace(' --password hunter2hunter2', '')
      .replace('command:', 'environment: {PASSWORD: hunter2hunter2}\n    command:');
    expect(shownOf(content, { calls: calls('pebble', ['app', 'add-layer'], environment) })).toEqual(
      [],
    );
  });
});
