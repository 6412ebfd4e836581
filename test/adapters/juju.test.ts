import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { parseEnvironment, renderEnvironment } from '../../src/adapters/juju/index.ts';
import { parseKnown } from '../../src/adapters/juju/known.ts';

const variables = {
  JUJU_DISPATCH_PATH: 'hooks/database-relation-departed',
  JUJU_UNIT_NAME: 'pgbouncer-k8s/12',
  JUJU_MODEL_NAME: 'test',
  JUJU_MODEL_UUID: 'uuid',
  JUJU_VERSION: '3.6.9',
  JUJU_CHARM_DIR: '/charm',
  JUJU_MACHINE_ID: '',
  JUJU_RELATION: 'database',
  JUJU_RELATION_ID: 'database:4',
  JUJU_REMOTE_APP: 'application',
  JUJU_REMOTE_UNIT: 'application/0',
  JUJU_DEPARTING_UNIT: 'application/0',
};

const parsed = (change: Record<string, string | undefined> = {}) => {
  const read = parseEnvironment({ ...variables, ...change });
  if (E.isLeft(read)) throw new Error(renderEnvironment(read.left));
  return read.right;
};

describe('the environment of a hook', () => {
  it('is parsed once, whole', () => {
    expect(parsed()).toEqual({
      event: 'database-relation-departed',
      unit: 'pgbouncer-k8s/12',
      application: 'pgbouncer-k8s',
      number: 12,
      model: { name: 'test', uuid: 'uuid' },
      version: [3, 6],
      charmFolder: '/charm',
      machine: null,
      relation: { endpoint: 'database', id: 4, remoteApplication: 'application' },
      departingUnit: 'application/0',
    });
  });

  it('reads what is set and empty as absent', () => {
    expect(parsed({ JUJU_DEPARTING_UNIT: '' }).departingUnit).toBeNull();
    expect(parsed({ JUJU_MACHINE_ID: '3' }).machine).toBe('3');
  });

  it('takes the remote application from the remote unit where Juju names that alone', () => {
    expect(parsed({ JUJU_REMOTE_APP: '' }).relation?.remoteApplication).toBe('application');
    const neither = { JUJU_REMOTE_APP: '', JUJU_REMOTE_UNIT: '' };
    expect(parsed(neither).relation?.remoteApplication).toBeNull();
  });

  it.each([
    ['4.0.0', [4, 0]],
    ['3.5-beta1', [3, 5]],
    ['2.9.50.1', [2, 9]],
  ])('reads the version %s', (version, numbers) => {
    expect(parsed({ JUJU_VERSION: version }).version).toEqual(numbers);
  });

  it('names an action by its folder, and asks for no relation where the hook has none', () => {
    const free = { JUJU_RELATION_ID: undefined };
    expect(parsed({ ...free, JUJU_DISPATCH_PATH: 'actions/backup' }).event).toBe('actions/backup');
    expect(parsed({ ...free, JUJU_DISPATCH_PATH: 'hooks/start' }).relation).toBeNull();
  });

  it.each([
    ['JUJU_DISPATCH_PATH', 'hooks/', 'is "hooks/"'],
    ['JUJU_UNIT_NAME', 'Pgbouncer/0', 'is "Pgbouncer/0"'],
    ['JUJU_UNIT_NAME', `a/${'0'.repeat(100)}x`, 'is "a/000'],
    ['JUJU_VERSION', '3', 'is "3"'],
    ['JUJU_RELATION_ID', '4', 'is "4"'],
    ['JUJU_RELATION_ID', 'database:-1', 'is "database:-1"'],
    ['JUJU_MODEL_NAME', undefined, 'is not set'],
  ])('says what is wrong with %s = %j', (variable, value, why) => {
    const read = parseEnvironment({ ...variables, [variable]: value });
    expect(read).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'EnvironmentInvalid', variable, why: expect.stringContaining(why) },
    });
    if (E.isLeft(read)) expect(renderEnvironment(read.left).length).toBeLessThan(240);
  });
});

describe('what a unit remembers of its model', () => {
  const known = {
    peers: 'pgb-peers:0',
    backend: { relation: 'backend-database:1', application: 'postgresql' },
    applications: { 4: 'application' },
    address: { bind: '10.0.0.1', ingress: '1.2.3.4' },
    config: { listen_port: 6432 },
  };
  const nothing = { peers: null, backend: null, applications: {}, address: null, config: null };

  it('is read back', () => {
    expect(parseKnown({ known: JSON.stringify(known) })).toEqual(known);
  });

  it.each(['', 'x', '{}', '[]', JSON.stringify({ ...known, peers: 1 })])(
    'is forgotten where it cannot be read: %j',
    (text) => {
      expect(parseKnown({ known: text })).toEqual(nothing);
    },
  );
});
