/** What charms that were written for real deployments do, and what is to be told of it. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ForeignOptions, openForeignCharm } from '../../src/foreign/foreign-charm.ts';
import { hookFailed } from '../../src/foreign/hook-failed.ts';
import { charmAsOtherSide, soakForeign } from '../../src/foreign/index.ts';
import { FileTree } from '../../src/foreign/pebble/file-tree.ts';
import { imageIn } from '../../src/foreign/pebble/image.ts';
import { type Edit, folderOf, noPython, ops, planted, soakTiny } from './tiny-charms.ts';

const made: string[] = [];
const kept = (folder: string): string => {
  made.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** Soaks a charm, and gives the names of what it violated. */
async function soaked(folder: string, options: ForeignOptions, hooks: number) {
  const charm = await openForeignCharm(folder, options);
  try {
    const { failure } = await soakForeign(charm, { hooks, seed: 1, shrinkSeconds: 0 });
    return failure?.violated.violations.map(({ invariant, what }) => `${invariant}: ${what}`) ?? [];
  } finally {
    charm.close();
  }
}

describe('a charm on the other side', { timeout: 120_000 }, () => {
  /** It asks for what it is called by, in one of two spellings. */
  function asksByName(name: string): string {
    const folder = kept(mkdtempSync(join(tmpdir(), 'hookchart-clerk-')));
    cpSync(resolve('test/foreign/charms/clerk'), folder, { recursive: true });
    const file = join(folder, 'dispatch');
    const text = readFileSync(file, 'utf8');
    const [from, to] = ['"$(config-get database)"; ', `"${name}"`];
    const edited = text.replace('--app database="$(config-get database)"', `--app database=${to}`);
    if (edited === text) throw new Error(`${from} is not in ${file}`);
    writeFileSync(file, edited);
    return folder;
  }

  it.each([`\${JUJU_UNIT_NAME%/*}`, `$(echo \${JUJU_UNIT_NAME%/*} | tr - _)_store`])(
    'may ask for what it is called by: %s',
    async (name) => {
      const others = { database: charmAsOtherSide(asksByName(name), 'store') };
      expect(await soaked(folderOf('bash'), { others }, 150)).toEqual([]);
    },
  );
});

describe('a password that is a name as well', { timeout: 120_000 }, () => {
  const password: Edit = [
    'head -c 18 /dev/urandom | base64 >.password',
    'echo password >.password',
  ];
  const greets = (greeting: string): readonly Edit[] => [
    password,
    ['greeting="$(config-get greeting)"', `greeting="${greeting}"`],
  ];

  it('is told from that name', async () => {
    const charm = planted('bash', greets('here is a password for you'));
    expect((await soakTiny('bash', charm, { hooks: 60 })).violated).toEqual([]);
  });

  it('is found where it is all of a value', async () => {
    const charm = planted('bash', greets('password'));
    expect((await soakTiny('bash', charm, { hooks: 60 })).violated).toContain('SecretsStaySecret');
  });
});

it('tells a request that is lost by one sentence, however much would answer it', async () => {
  const label = `  label=database.\${relation#*:}\n`;
  const forgets = `${label}  [ -e "served.$label" ] && return 0\n  touch "served.$label"\n`;
  const { failure } = await soakTiny('bash', planted('bash', [[label, forgets]]), { hooks: 500 });
  const said = failure?.violated.violations.map(({ what }) => what) ?? [];
  expect(said.length).toBeGreaterThan(0);
  expect(new Set(said.map((what) => what.split(' (')[0])).size).toBe(said.length);
  for (const what of said) expect(what).toMatch(/ has no \S+, \S+, \S+, which it has in another/);
});

describe("a hook's failure", () => {
  const traceback = (last: string) =>
    `Uncaught exception while in charm code:\nTraceback (most recent call last):\n  File "charm.py", line 3, in look\n    raise\n${last}\nit goes on`;
  const security = '{"type": "security", "event": "sys_crash:KeyError", "description": "…"}';
  it.each([
    ['by the traceback of ops in the log', '', [traceback('KeyError: 1'), security], 'KeyError: 1'],
    [
      'by the one that came last in a chain',
      '',
      [
        `${traceback('KeyError: 1')}\n\nDuring handling:\n\n${traceback('charm.Late: 2')}`,
        security,
      ],
      'charm.Late: 2',
    ],
    [
      'by the log where an action says no more than where to look',
      'Uncaught TypeError in charm code: no\nUse `juju debug-log` to see the full traceback.',
      ['before', traceback('TypeError: no')],
      'TypeError: no',
    ],
    ['by what it printed', 'one\nError: torn\n', [traceback('KeyError: 1')], 'KeyError: 1'],
    ['by its last line', 'one\nError: torn\ntwo\n', ['three'], 'Error: torn'],
    ['by the log, where it printed nothing', '', ['three'], 'three'],
  ])('is told %s', (_, stderr, logged, why) => {
    expect(hookFailed(1, stderr, logged).why).toBe(`exit code 1: ${why}`);
  });

  it('is told without any words', () => {
    expect(hookFailed(3, '', []).why).toBe('exit code 3');
  });
});

describe('endpoints', () => {
  it('may be left out', async () => {
    const open = (options: ForeignOptions) => openForeignCharm(folderOf('bash'), options);
    const charm = await open({ without: ['database'] });
    expect(charm.simulated.soaked(0).requirers).toEqual({});
    charm.close();
    await expect(open({ without: ['press'] })).rejects.toThrow('keeper has no endpoint press');
    const others = { database: charmAsOtherSide(resolve('test/foreign/charms/clerk'), 'store') };
    await expect(open({ without: ['database'], others })).rejects.toThrow(
      'database is left out, and cannot be told who is related there',
    );
  });
});

describe('what an image brings', () => {
  function image(files: Readonly<Record<string, string>>): string {
    const folder = kept(mkdtempSync(join(tmpdir(), 'hookchart-image-')));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text, { mode: 0o640 });
    }
    return folder;
  }

  it("is there beside what every image has, and is nobody's doing", () => {
    const tree = imageIn(image({ 'etc/lamp/wick': 'cotton' }));
    expect(tree.read('/etc/lamp/wick').toString()).toBe('cotton');
    expect(tree.get('/etc/lamp/wick')).toMatchObject({ mode: 0o640, user: 'root' });
    expect(tree.get('/usr/bin')?.kind).toBe('directory');
    expect(tree.toJSON()).toEqual({});
    const changed = tree.remove('/etc/lamp/wick', false).makeFolder('/x', 0o755, root, false);
    expect(changed.toJSON()).toEqual({
      '/etc/lamp/wick': 'gone',
      '/x': expect.stringMatching(/^directory 755/),
    });
    expect(changed.made().map(([path]) => path)).toEqual(['/x']);
    expect(new FileTree().get('/etc/lamp/wick')).toBeUndefined();
  });
  const root = { user: 'root', group: 'root' };

  it('is to be a folder, of a container that is there', async () => {
    expect(() => imageIn('/nowhere')).toThrow('there is no folder /nowhere');
    const images = { oven: image({ a: 'b' }) };
    await expect(openForeignCharm(folderOf('kubernetes'), { images })).rejects.toThrow(
      'there is no container oven; there is lamp',
    );
  });

  it.skipIf(noPython !== null)(
    `is found by hooks, and found again by a container that was lost${noPython ?? ''}`,
    { timeout: 120_000 },
    async () => {
      const folder = kept(
        planted('kubernetes', [
          [
            "self.lamp.push('/etc/lamp/colour', colour, make_dirs=True, permissions=0o640)",
            "self.lamp.push('/etc/lamp/colour', self.lamp.pull('/etc/lamp/wick').read() + colour)",
          ],
        ]),
      );
      const images = { lamp: image({ 'etc/lamp/wick': 'cotton' }) };
      expect(await soaked(folder, { python: ops(), images }, 150)).toEqual([]);
      expect(await soaked(folder, { python: ops() }, 150)).toEqual([
        expect.stringMatching(/^HooksSucceed: .*PathError: not-found - open \/etc\/lamp\/wick/),
      ]);
    },
  );
});
