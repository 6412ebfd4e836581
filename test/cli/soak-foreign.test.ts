import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderOf, noPython, planted } from '../foreign/tiny-charms.ts';

const work = mkdtempSync(join(tmpdir(), 'hookchart-soak-test-'));
const careless = planted('bash', [['  purge\nfi', 'fi']]);
const clerk = resolve('test/foreign/charms/clerk');
/** The same charm with what `edit` makes of one of its files. */
function clerkThat(file: string, edit: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-clerk-'));
  cpSync(clerk, folder, { recursive: true });
  writeFileSync(join(folder, file), edit(readFileSync(join(clerk, file), 'utf8')));
  return folder;
}
const failing = clerkThat('dispatch', (text) =>
  text.replace('juju-log --log-level', 'echo "Error: the ledger is torn" >&2; exit 3; : '),
);
const torn = clerkThat('metadata.yaml', (text) =>
  text.replace('interface: keeper', 'interface: shop'),
);
afterAll(() => {
  for (const folder of [work, careless, failing, torn]) rmSync(folder, { recursive: true });
});

writeFileSync(join(work, 'silent.mjs'), 'export const scripts = {};\n');

const soak = (...args: string[]) =>
  spawnSync(process.execPath, [resolve('dist/src/cli/main.js'), ...args], {
    cwd: work,
    encoding: 'utf8',
  });
const asking = ['--ask', 'database:database=ships'];

describe('hookchart soak --charm FOLDER', () => {
  it('finds nothing in a charm that cleans up', { timeout: 120_000 }, () => {
    const args = ['soak', '--charm', folderOf('bash'), ...asking, '--hooks', '60', '--json'];
    const { status, stdout, stderr } = soak(...args);
    expect([status, stderr]).toEqual([0, expect.any(String)]);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ failure: null, silenced: {} });
    expect(said.hooks).toBeGreaterThanOrEqual(60);
    expect(said.oracles).toContain('SecretsGo');
  });

  it('tells what it finds, runs it again, and shows it', { timeout: 120_000 }, () => {
    const files = ['--save', 'story.json', '--record', 'recording.json'];
    const found = soak('soak', '--charm', careless, ...asking, '--hooks', '400', ...files);
    expect(found.status).toBe(1);
    expect(found.stdout).toContain('SecretsGo is violated: the secret "database.1001" of keeper');
    const told = found.stdout.split('\nafter\n')[1]?.split('\n') ?? [];
    const chosen = told.filter((line) => /^\S/.test(line) && !/^(Run|Look)/.test(line));
    expect(chosen).toEqual([
      expect.stringMatching(/^database-(one|two) is related$/),
      'relation 1001 is removed',
    ]);

    const again = soak('soak', '--replay', 'story.json');
    expect(again.status).toBe(1);
    expect(again.stdout).toContain('SecretsGo is violated');
    // Nobody is to wait in silence, and nothing of it is in what is told.
    expect(again.stderr).toMatch(/^watching the charm where nothing goes wrong…\n/);
    expect(again.stderr).toContain('\nrunning its hooks…\n');
    expect(found.stderr).toContain('looking for a shorter story…\n');
    const mended = soak('soak', '--replay', 'story.json', '--charm', folderOf('bash'));
    expect(mended.status).toBe(0);
    expect(mended.stdout).toContain('nothing of what the story found is left');

    const { entries } = JSON.parse(readFileSync(join(work, 'recording.json'), 'utf8'));
    const claims = expect.stringMatching(/^Once all relations are gone/);
    // It came out when all was done: the hook that happened to be last did not do it.
    expect(entries.at(-1)).toMatchObject({
      violated: { invariant: 'SecretsGo', claims, by: null },
    });
    const shown = soak('inspect', 'recording.json', '--text').stdout;
    expect(shown).toContain('relation-set -r database:1001 --app database=ships');
    expect(shown).toContain('JUJU_HOOK_NAME=leader-elected');
    expect(shown).toContain('SecretsGo is violated');
  });

  it('leaves out an oracle that is silenced, and says why', { timeout: 120_000 }, () => {
    writeFileSync(
      join(careless, 'hookchart-soak.yaml'),
      'silenced:\n  SecretsGo: kept for audits\n',
    );
    const { status, stdout } = soak('soak', '--charm', careless, ...asking, '--hooks', '90');
    expect(status).toBe(0);
    expect(stdout).toContain('SecretsGo is silent: kept for audits');
    rmSync(join(careless, 'hookchart-soak.yaml'));
  });

  it('lets a module play the other side', { timeout: 120_000 }, () => {
    writeFileSync(
      join(work, 'other.mjs'),
      `export const requests = [{ database: 'ships' }];
export const script = {
  hook(tools, { name, relation, remoteApplication }, { request }) {
    if (name.endsWith('-created')) tools.relationSet(relation, 'application', request);
    if (!name.endsWith('-changed')) return [];
    const { greeting } = tools.relationGet(relation, remoteApplication);
    if (greeting === 'hello') tools.relationSet(relation, 'application', { database: '' });
    return [];
  },
  ask() {},
};
`,
    );
    const args = ['soak', '--charm', folderOf('bash'), '--relate', 'database=other.mjs'];
    const { status, stdout } = soak(...args, '--hooks', '40', '--answered-by', 'greeting');
    expect([status, stdout]).toEqual([0, expect.stringContaining('No violation.')]);
  });

  it('runs another charm on the other side', { timeout: 120_000 }, () => {
    const args = ['soak', '--charm', folderOf('bash'), '--relate', `database=${clerk}:store`];
    const { status, stdout } = soak(...args, '--hooks', '60', '--json');
    const said = JSON.parse(stdout);
    expect([status, said.failure]).toEqual([0, null]);
    // What it asks for is in no option of this command, but in the charm.
    expect(said.answers).toEqual(['database', 'secret-user', 'greeting']);
    expect(said.oracles).toContain('OtherSideSucceeds');
  });

  it('says which hook of the other charm fails, and why', { timeout: 120_000 }, () => {
    const relate = ['--relate', `database=${failing}:store`];
    const files = ['--save', 'other.json', '--record', 'other-recording.json'];
    const found = soak('soak', '--charm', folderOf('bash'), ...relate, '--hooks', '100', ...files);
    expect([found.status, found.stdout]).toEqual([
      1,
      expect.stringMatching(
        /OtherSideSucceeds is violated: database-(one|two)\/0 fails again and again in store-relation-changed: exit code 3: Error: the ledger is torn/,
      ),
    ]);
    expect(found.stdout).toMatch(
      / {4}database-(one|two)\/0 runs store-relation-changed of relation/,
    );
    const again = soak('soak', '--replay', 'other.json');
    expect([again.status, again.stdout]).toEqual([1, expect.stringContaining('is torn')]);
  });

  it.each([
    [['--ask', 'nowhere:a=b'], 'keeper has no endpoint nowhere; it has database'],
    [['--ask', 'database'], '--ask database: write --ask ENDPOINT:KEY=VALUE'],
    [['--set', 'nothing=1'], 'keeper has no option nothing'],
    [['--relate', 'database=gone.js'], 'there is no file gone.js: write --relate ENDPOINT=FILE.js'],
    [['--relate', 'database=gone:store'], 'gone has neither a metadata.yaml nor a charmcraft.yaml'],
    [['--relate', `database=${clerk}:stoer`], 'clerk has no endpoint stoer; it has store'],
    [['--relate', `database=${folderOf('node')}:berth`], 'are both what is in "provides"'],
    [['--relate', `database=${torn}:store`], 'database speaks "keeper", and store of clerk speaks'],
    [['--relate', `database=${clerk}:store`, ...asking], 'the charm that is related there asks by'],
    [['--answered-by', 'never', ...asking], 'the charm never writes never'],
    [['--replay', 'gone.json'], '--hooks does not go with --replay'],
    [['--relate', 'database=silent.mjs'], 'exports neither "script" nor "requests"'],
  ])('says what is wrong with %j', { timeout: 120_000 }, (args, said) => {
    const { status, stderr } = soak('soak', '--charm', folderOf('bash'), '--hooks', '1', ...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(said)]);
  });

  const counted = (files: Readonly<Record<string, string>> = {}): string => {
    const folder = mkdtempSync(join(work, 'counted-'));
    const metadata = 'name: counter\nconfig:\n  options:\n    port:\n      type: int\n';
    const all = { 'metadata.yaml': metadata, dispatch: '#!/bin/sh\ntrue\n', ...files };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
    chmodSync(join(folder, 'dispatch'), 0o755);
    return folder;
  };

  it('takes for an option what it may be set to', { timeout: 120_000 }, () => {
    const args = ['soak', '--charm', counted(), '--hooks', '10'];
    const { status, stderr } = soak(...args, '--set', 'port=abc');
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('option "port" expected int, got "abc"'),
    ]);
    expect(soak(...args, '--set', 'port=80').status).toBe(0);
  });

  it.each([
    ['silenced:\n  SecretsGo:\n', 'silenced.SecretsGo says no reason'],
    ['silenced:\n  SecretsGo: ""\n', 'silenced.SecretsGo says no reason'],
    ['silence:\n  SecretsGo: because\n', 'silence is not known'],
  ])('says what is wrong with what is silenced: %j', { timeout: 60_000 }, (text, wrong) => {
    const folder = counted({ 'hookchart-soak.yaml': text });
    const { status, stderr } = soak('soak', '--charm', folder, '--hooks', '1');
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining(`hookchart-soak.yaml: ${wrong}: write "silenced:"`),
    ]);
  });

  it('takes oracles in TypeScript', { timeout: 60_000 }, () => {
    writeFileSync(
      join(work, 'names.ts'),
      'export type Name = string;\nexport const most: number = 0;\n',
    );
    const oracle = `import { most, type Name } from './names.ts';
interface View { readonly units: Readonly<Record<Name, unknown>> }
export const NoUnits = {
  claims: 'There is no unit.',
  check: ({ units }: View): readonly string[] =>
    Object.keys(units).length > most ? ['there is one'] : [],
};
`;
    writeFileSync(join(work, 'mine.ts'), oracle);
    const { status, stdout } = soak(
      ...['soak', '--charm', counted(), '--hooks', '5', '--oracle', 'mine.ts'],
    );
    expect([status, stdout]).toEqual([
      1,
      expect.stringContaining('NoUnits is violated: there is one'),
    ]);
  });

  it.skipIf(noPython !== null)(
    `says how an oracle in Python ended that says nothing itself${noPython ?? ''}`,
    { timeout: 60_000 },
    () => {
      const oracle = (body: string) => `import os, signal, sys
def ends(view):
    """It ends."""
    ${body}
`;
      const ended = (body: string) => {
        writeFileSync(join(work, 'ends.py'), oracle(body));
        const { status, stderr } = soak(
          ...['soak', '--charm', counted(), '--hooks', '5', '--oracle', 'ends.py'],
        );
        return [status, /ends\.py fails \((.*?)\):/.exec(stderr)?.[1]];
      };
      expect(ended('os.kill(os.getpid(), signal.SIGKILL)')).toEqual([2, 'ended by SIGKILL']);
      expect(ended('os._exit(3)')).toEqual([2, 'exit code 3, and nothing was said']);
      expect(ended('return view["moon"]')).toEqual([2, "KeyError: 'moon'"]);
    },
  );

  it('keeps what is for a folder from other charms', () => {
    const { status, stderr } = soak('soak', '--ask', 'database:a=b', '--hooks', '1');
    expect([status, stderr]).toEqual([2, expect.stringContaining('for a charm in a folder')]);
    expect(soak('soak', '--replay', 'gone.json').stderr).toContain('gone.json cannot be read');
  });

  it.each([
    [
      ...(['soak', '{}', 'it is no story of a soak: format is missing'] as const),
      'hookchart soak --save FILE writes one that is read here',
    ],
    [
      ...(['soak', 'hello', 'it is no story of a soak: it is no JSON'] as const),
      'hookchart soak --save FILE writes one that is read here',
    ],
    [
      ...(['soak', '{"bounds":{},"actions":[]}', 'it is no story of a soak'] as const),
      'Did you mean hookchart verify --replay no-story.json?',
    ],
    [
      ...(['soak', '{"format":"hookchart-recording"}', 'it is no story of a soak'] as const),
      'Did you mean hookchart inspect no-story.json?',
    ],
    [
      ...(['verify', '{"format":"hookchart-soak"}', "the replay's bounds is missing"] as const),
      'Did you mean hookchart soak --replay no-story.json?',
    ],
  ])('%s --replay says what to do with %s', (command, content, wrong, next) => {
    writeFileSync(join(work, 'no-story.json'), content);
    const { status, stderr } = soak(command, '--replay', 'no-story.json');
    const [first, second, ...rest] = stderr.split('\n');
    expect([status, first]).toEqual([2, expect.stringContaining(`no-story.json: ${wrong}`)]);
    expect([second, ...rest]).toEqual([next, '']);
    expect(soak(command, '--replay', 'no-stori.json').stderr).toBe(
      'hookchart: no-stori.json cannot be read (ENOENT)\nDid you mean no-story.json?\n',
    );
  });

  it('writes a story that can be read, and says how it is shown', () => {
    const story = JSON.parse(readFileSync(join(work, 'story.json'), 'utf8'));
    expect(story).toMatchObject({ format: 'hookchart-soak', charm: careless });
    const { status, stderr } = soak('inspect', 'story.json', '--text');
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('hookchart soak --replay story.json --record story.html'),
    ]);
  });

  it('leaves nothing behind where it is ended', { timeout: 120_000 }, async () => {
    const temporary = mkdtempSync(join(work, 'temporary-'));
    const args = ['soak', '--charm', folderOf('bash'), ...asking, '--hooks', '100000'];
    const child = spawn(process.execPath, [resolve('dist/src/cli/main.js'), ...args], {
      ...{ cwd: work, env: { ...process.env, TMPDIR: temporary } },
    });
    const ended = new Promise<number | null>((done) => void child.once('close', done));
    // It says how far it is once hooks have run.
    child.stderr.once('data', () => child.kill('SIGTERM'));
    expect(await ended).toBe(143);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('counts the hooks of the history in which it is ended', { timeout: 60_000 }, () => {
    const dispatch = `#!/bin/sh
[ "$JUJU_HOOK_NAME" = start ] || exit 0
kill -TERM $PPID
sleep 20
`;
    const { status, stdout } = soak('soak', '--charm', counted({ dispatch }), '--hooks', '1000');
    expect([status, stdout]).toEqual([
      143,
      expect.stringMatching(/: 0 histories, [1-9]\d* hooks\nInterrupted before/),
    ]);
  });
});
