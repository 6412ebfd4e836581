import { expect, it } from 'vitest';
import { take } from '../../src/hook/index.ts';
import { MemoryJuju } from '../../src/juju/index.ts';
import type { Juju } from '../../src/juju/port.ts';
import { openUnit } from '../../src/juju/unit.ts';

const deployed = () => {
  const juju = new MemoryJuju({
    application: 'p',
    units: ['p/0', 'p/1'],
    leader: 'p/0',
    endpoint: () => null,
  });
  juju.request(4, { port: '80' });
  return juju;
};
const open = (juju: Juju) => openUnit(juju, () => false);
const active = { name: 'active', message: '' } as const;

it('shows a databag with what the hook has written to it', async () => {
  const juju = deployed();
  const before = open(juju.hook('p/0'));
  before.write({ _tag: 'PeerApp' }, { kept: 'yes', gone: 'soon' });
  await before.commit(active);

  const unit = open(juju.hook('p/0'));
  unit.write({ _tag: 'PeerApp' }, { gone: '', new: '1' });
  unit.publish(4, { url: 'here' });
  expect(await unit.read({ _tag: 'PeerApp' })).toEqual({ kept: 'yes', new: '1' });
  expect(await unit.own(4)).toEqual({ url: 'here' });
  expect(await unit.readAll([{ _tag: 'PeerApp' }, { _tag: 'PeerUnit', unit: 'p/1' }])).toEqual([
    { kept: 'yes', new: '1' },
    {},
  ]);
  expect(juju.databag({ _tag: 'PeerApp' })).toEqual({ kept: 'yes', gone: 'soon' });
  await unit.commit(active);
  expect(juju.databag({ _tag: 'PeerApp' })).toEqual({ kept: 'yes', new: '1' });
});

it('commits what differs from what Juju holds, though it was read in between', async () => {
  const juju = deployed();
  const model = juju.hook('p/0');
  const written: unknown[] = [];
  const unit = open({
    ...model,
    commit: (changes) => {
      written.push(changes.bags);
      return model.commit(changes);
    },
  });
  unit.write({ _tag: 'PeerApp' }, { a: '1' });
  await unit.read({ _tag: 'PeerApp' });
  await unit.commit(active);
  expect(written).toEqual([[{ bag: { _tag: 'PeerApp' }, values: { a: '1' } }]]);
});

it('asks for each databag once, for several in one go, and refuses one by itself', async () => {
  const model = deployed().hook('p/1');
  const asked: unknown[] = [];
  const unit = open({
    ...model,
    read: (bags) => {
      asked.push(bags.map(({ _tag }) => _tag));
      return model.read(bags);
    },
  });
  // Who does not lead may not read what its own application says.
  await expect(unit.own(4)).rejects.toThrow('ModelRefused');
  const wanted = [{ _tag: 'PeerApp' }, { _tag: 'RemoteApp', relation: 4 }] as const;
  expect(await unit.readAll(wanted)).toEqual([{}, { port: '80' }]);
  expect(await unit.remote(4)).toEqual({ port: '80' });
  await expect(unit.readAll([...wanted, { _tag: 'OwnApp', relation: 4 }])).rejects.toThrow(
    'ModelRefused',
  );
  expect(asked).toEqual([['OwnApp'], ['PeerApp', 'RemoteApp']]);
});

it('tells what each unit of the other application says', async () => {
  const juju = deployed();
  juju.join(4, { 'web/0': { host: '"a"' }, 'web/1': { host: '"b"' } });
  const unit = open(juju.hook('p/1'));
  expect(await unit.remoteUnits(4)).toEqual(
    new Map([
      ['web/0', { host: '"a"' }],
      ['web/1', { host: '"b"' }],
    ]),
  );
  juju.join(4, { 'web/1': { host: '"b"' } });
  expect([...(await open(juju.hook('p/1')).remoteUnits(4)).keys()]).toEqual(['web/1']);
  expect(await take(juju.hook('p/1').remoteUnits(9)).catch(({ left }) => left)).toMatchObject({
    _tag: 'ModelRefused',
    class: 'broken',
  });
});
