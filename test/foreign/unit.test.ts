/** What a foreign charm's folder says, what its units keep, and what it has put off. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { deferredIn } from '../../src/foreign/deferred.ts';
import { defaultsOf, describeCharm } from '../../src/foreign/description.ts';
import { silencedIn } from '../../src/foreign/silenced.ts';
import { Files, UnitFolder } from '../../src/foreign/unit-files.ts';
import { folderOf, noPython } from './tiny-charms.ts';

const made: string[] = [];
const folder = (files: Readonly<Record<string, string>> = {}): string => {
  const path = mkdtempSync(join(tmpdir(), 'hookchart-folder-'));
  made.push(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
};
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true });
});

describe('the description of a charm', () => {
  it('is read from one file of charmcraft', () => {
    const described = describeCharm(folderOf('python'));
    expect(described).toMatchObject({
      name: 'almanac',
      entry: { _tag: 'Source' },
      peers: ['almanacs'],
      endpoints: [
        { name: 'page', role: 'provides', interface: 'almanac', limit: null },
        { name: 'press', role: 'requires', interface: 'press', limit: 1 },
      ],
    });
    expect(defaultsOf(described)).toEqual({ paper: 'white' });
  });

  it.each([
    [{}, /has neither a metadata.yaml nor a charmcraft.yaml/],
    [{ 'metadata.yaml': 'name: a\n' }, /has nothing to run: it needs an executable "dispatch"/],
    [{ 'metadata.yaml': 'name: a\n', dispatch: '#!/bin/sh' }, /dispatch is not executable.*chmod/],
    [{ 'metadata.yaml': 'name: [' }, /metadata.yaml cannot be read/],
    [{ 'metadata.yaml': 'name: a\nprovides: 7' }, /metadata.yaml: provides is to be/],
  ])('says what is wrong with a folder: %o', (files, said) => {
    expect(() => describeCharm(folder(files))).toThrow(said);
  });
});

describe("a unit's folder", () => {
  const charm = () => {
    const path = folder({ 'metadata.yaml': 'name: a\n', 'a-file': 'of the charm' });
    mkdirSync(join(path, 'lib'));
    return path;
  };

  it('takes up what a hook has made, and puts it back', () => {
    const unit = new UnitFolder(join(folder(), 'charm'), charm(), { dispatch: '#!/bin/sh\n' });
    const at = (name: string) => join(unit.path, name);
    const nothing = unit.take();
    expect([...nothing.entries()]).toEqual([]);
    writeFileSync(at('made'), 'here');
    chmodSync(at('made'), 0o600);
    mkdirSync(at('deep'));
    writeFileSync(at('deep/er'), 'there');
    rmSync(at('a-file'));
    writeFileSync(at('a-file'), 'of the unit');
    const some = unit.take();
    expect([...some.entries()].map(([path]) => path)).toEqual(['a-file', 'deep/er', 'made']);
    unit.put(nothing);
    expect(readFileSync(at('a-file'), 'utf8')).toBe('of the charm');
    expect(unit.take().key()).toBe(nothing.key());
    unit.put(some);
    expect(readFileSync(at('deep/er'), 'utf8')).toBe('there');
    expect(readFileSync(at('a-file'), 'utf8')).toBe('of the unit');
    expect(unit.take().key()).toBe(some.key());
  });

  it('has its own copy of what came with the charm, however deep, and gives back what is changed', () => {
    const source = charm();
    writeFileSync(join(source, 'lib/one.py'), 'of the charm');
    const [unit, other] = ['one', 'other'].map(
      (name) => new UnitFolder(join(folder(), name), source, {}),
    ) as [UnitFolder, UnitFolder];
    const nothing = unit.take();
    writeFileSync(join(unit.path, 'lib/one.py'), 'of the unit, and longer');
    rmSync(join(unit.path, 'a-file'));
    expect([...unit.take().entries()].map(([path]) => path)).toEqual(['lib/one.py']);
    expect(readFileSync(join(source, 'lib/one.py'), 'utf8')).toBe('of the charm');
    expect(readFileSync(join(other.path, 'lib/one.py'), 'utf8')).toBe('of the charm');
    unit.put(nothing);
    expect(readFileSync(join(unit.path, 'lib/one.py'), 'utf8')).toBe('of the charm');
    expect(readFileSync(join(unit.path, 'a-file'), 'utf8')).toBe('of the charm');
  });

  it('is the same where a database alone has counted on', () => {
    const file = (text: string) => ({ bytes: Buffer.from(text), mode: 0o600, hash: text });
    const files = (text: string) => new Files(new Map([['state', file(text)]]));
    const print = (text: string) => JSON.stringify(files(text));
    expect(print('SQLite format 3 one')).toBe(print('SQLite format 3 two'));
    expect(print('one')).not.toBe(print('two'));
    expect(files('SQLite format 3 one').key()).not.toBe(files('SQLite format 3 two').key());
  });
});

describe('what was put off', () => {
  const script = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute('CREATE TABLE snapshot (handle TEXT PRIMARY KEY, data BLOB)')
db.execute('CREATE TABLE notice (sequence INTEGER PRIMARY KEY AUTOINCREMENT, event_path TEXT, observer_path TEXT, method_name TEXT)')
for number in range(int(sys.argv[2])):
    db.execute('INSERT INTO notice VALUES (NULL, ?, ?, ?)', (f'Charm/on/changed[{number}]', 'Charm', '_on_changed'))
db.commit()
`;
  it.skipIf(noPython !== null)(`is read from the file of ops${noPython ?? ''}`, () => {
    for (const count of [0, 1, 3, 900]) {
      const file = join(folder(), 'state.db');
      spawnSync('python3', ['-c', script, file, String(count)]);
      const events = Array.from({ length: count }, (_, number) => `Charm/on/changed[${number}]`);
      expect(deferredIn(readFileSync(file))).toEqual(events);
    }
  });

  it('is nothing where there is no such file', () => {
    expect(deferredIn(null)).toEqual([]);
    expect(deferredIn(Buffer.from('a text'))).toEqual([]);
  });
});

describe('an oracle that is silenced', () => {
  const silenced = (text: string) =>
    silencedIn(folder({ 'hookchart-soak.yaml': text }), ['SecretsGo', 'StateGoes']);

  it('has a reason', () => {
    expect(silenced('silenced:\n  SecretsGo: they are shared\n')).toEqual({
      SecretsGo: 'they are shared',
    });
    expect(silencedIn(folder(), [])).toEqual({});
  });

  it.each([
    ['silenced:\n  SecretsGo:\n', /silenced.SecretsGo/],
    ['silenced:\n  SecretsGo: " "\n', /silenced.SecretsGo/],
    ['silenced:\n  NoSuchThing: why\n', /no oracle NoSuchThing; there are SecretsGo, StateGoes/],
    ['silent: {}\n', /silent/],
    ['silenced: [', /hookchart-soak.yaml/],
  ])('is refused without one: %j', (text, said) => {
    expect(() => silenced(text)).toThrow(said);
  });
});
