import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { afterAll, describe, expect, it } from 'vitest';
import { numbersIn } from '../../../src/juju/hook-tools/deployment.ts';
import { juju, parseEnvironment, renderEnvironment } from '../../../src/juju/hook-tools/index.ts';
import { parseKnown } from '../../../src/juju/hook-tools/known.ts';
import { secretTools } from '../../../src/juju/hook-tools/secrets.ts';
import { hookTools } from '../../../src/juju/hook-tools/tools.ts';

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
      relation: {
        ...{ endpoint: 'database', id: 4 },
        ...{ remoteApplication: 'application', remoteUnit: 'application/0' },
      },
      departingUnit: 'application/0',
      secret: null,
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
    hasLeft: true,
    seen: 'mark',
    backend: { relation: 'backend-database:1', application: 'postgresql' },
    applications: { 4: 'application' },
    address: { bind: '10.0.0.1', ingress: '1.2.3.4' },
    config: { listen_port: 6432 },
  };
  const nothing = {
    ...{ peers: null, hasLeft: false, backend: null, seen: null },
    ...{ applications: {}, address: null, config: null },
  };

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

describe('hook tools', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-tools-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = { PATH: [folder, process.env.PATH].join(delimiter) };
  let made = 0;
  /** A program on the PATH, under a name of its own. */
  const tool = (...lines: readonly string[]): string => {
    const name = `tool-${++made}`;
    const text = `#!/bin/bash\n${lines.join('\n')}\n`;
    writeFileSync(join(folder, name), text, { mode: 0o755 });
    return name;
  };
  const tools = (remaining = 10_000) => hookTools(path, () => remaining);
  const failed = (name: string, why: unknown) =>
    E.left({ _tag: 'ToolFailed', class: 'broken', tool: name, why });
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const numberIn = (file: string): number => Number(readFileSync(join(folder, file), 'utf8'));

  it('no more than eight are under way at a time', async () => {
    const log = join(folder, 'under-way');
    const name = tool(
      `echo + >> ${log}`,
      'for one in 1 2 3 4 5 6 7 8; do /bin/true; done',
      `echo - >> ${log}`,
    );
    const { tell } = tools();
    const ended = await Promise.all(Array.from({ length: 20 }, () => tell(name, [])));
    expect(ended.every(E.isRight)).toBe(true);
    let [now, most] = [0, 0];
    for (const mark of readFileSync(log, 'utf8').trim().split('\n')) {
      now += mark === '+' ? 1 : -1;
      most = Math.max(most, now);
    }
    expect(most).toBeLessThanOrEqual(8);
    expect(now).toBe(0);
  });

  it('one that hangs is ended, in the time that is left', async () => {
    const name = tool(`echo $$ > ${folder}/hanging`, 'exec sleep 60');
    expect(await tools(300).tell(name, [])).toEqual(failed(name, 'it did not answer within 1 s'));
    await expect.poll(() => isAlive(numberIn('hanging'))).toBe(false);
  });

  it('one that has left its output to another is not waited for', async () => {
    const pipes = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
    const before = pipes();
    const name = tool('sleep 60 &', `echo $! > ${folder}/orphan`, 'trap "" TERM', 'wait');
    expect(await tools(300).tell(name, [], 'input')).toEqual(
      failed(name, 'it did not answer within 1 s'),
    );
    expect(isAlive(numberIn('orphan'))).toBe(true);
    // Nor does it keep this process from its end.
    await expect.poll(pipes).toBe(before);
    process.kill(numberIn('orphan'), 'SIGKILL');
  });

  it('none is begun where no time is left', async () => {
    const name = tool(`echo x > ${folder}/begun`);
    expect(await tools(0).tell(name, [])).toEqual(
      failed(name, 'no time is left for it in this hook'),
    );
    expect(existsSync(join(folder, 'begun'))).toBe(false);
  });

  it('one that prints without end is ended', async () => {
    const name = tool(`echo $$ > ${folder}/flooding`, 'exec yes');
    expect(await tools().tell(name, [])).toEqual(failed(name, 'it printed more than 16 MB'));
    await expect.poll(() => isAlive(numberIn('flooding'))).toBe(false);
    const loud = tool('head -c 20000000 /dev/zero >&2', 'echo done');
    expect(await tools().tell(loud, [])).toEqual(E.right('done\n'));
  });

  it('what it prints is read whole, as far as that', async () => {
    const name = tool("printf '\"'", "head -c 10000000 /dev/zero | tr '\\0' x", "printf '\"'");
    expect(await tools().ask(v.string(), name)()).toEqual(E.right('x'.repeat(10_000_000)));
    const deep = tool(`head -c 1000000 /dev/zero | tr '\\0' '['`);
    expect(await tools().ask(v.string(), deep)()).toMatchObject({
      left: { _tag: 'ToolUnreadable', why: 'it printed no JSON' },
    });
  });

  describe('that print megabytes', () => {
    const charm = () => mkdtempSync(join(folder, 'charm-'));
    const printing = (where: string) => hookTools(path, () => 10_000, where).print;
    const files = () => readdirSync('/proc/self/fd').length;

    it('do it into a file without a name, of which nothing is left', async () => {
      const where = charm();
      const name = tool(
        `ls -A ${where} > ${folder}/listed`,
        `readlink /proc/$$/fd/1 > ${folder}/printed`,
        'echo "$@"',
        "head -c 10000000 /dev/zero | tr '\\0' x",
      );
      const before = files();
      const answer = await printing(where)(name, 'a', 'b');
      expect(answer).toEqual(E.right(`--format=json a b\n${'x'.repeat(10_000_000)}`));
      expect(readFileSync(join(folder, 'listed'), 'utf8')).toBe('');
      expect(readFileSync(join(folder, 'printed'), 'utf8')).toContain(where);
      expect(readdirSync(where)).toEqual([]);
      await expect.poll(files).toBeLessThanOrEqual(before);
    });

    it('do it into a pipe where no file can be made', async () => {
      const where = join(charm(), 'file');
      writeFileSync(where, 'no folder');
      const name = tool('echo done', `readlink /proc/$$/fd/1 > ${folder}/piped`);
      expect(await printing(where)(name)).toEqual(E.right('done\n'));
      expect(readFileSync(join(folder, 'piped'), 'utf8')).toMatch(/^(pipe|socket):/);
    });

    it.each([
      ['without end', 'exec yes'],
      ['and are over', 'head -c 17000000 /dev/zero'],
    ])('are not heard where it is too much: %s', async (_, line) => {
      const where = charm();
      const name = tool(`echo $$ > ${folder}/much`, line);
      const before = files();
      expect(await printing(where)(name)).toEqual(failed(name, 'it printed more than 16 MB'));
      await expect.poll(() => isAlive(numberIn('much'))).toBe(false);
      await expect.poll(files).toBeLessThanOrEqual(before);
    });

    it('say why they fail, and are ended where they hang', async () => {
      const where = charm();
      const name = tool('echo part', 'echo ERROR no >&2', 'exit 1');
      expect(await printing(where)(name)).toEqual(failed(name, 'ERROR no'));
      const hanging = tool('exec sleep 60');
      const { print } = hookTools(path, () => 300, where);
      expect(await print(hanging)).toEqual(failed(hanging, 'it did not answer within 1 s'));
      const before = files();
      expect(await printing(where)('no-such-tool')).toMatchObject({
        left: { _tag: 'ToolMissing' },
      });
      await expect.poll(files).toBeLessThanOrEqual(before);
    });
  });

  describe('that are told much', () => {
    const much = 'x'.repeat(1_000_000);
    const reading = () => tool('readlink /proc/$$/fd/0', 'wc -c');

    it('read it out of a file without a name, of which nothing is left', async () => {
      const where = mkdtempSync(join(folder, 'charm-'));
      const { tell } = hookTools(path, () => 10_000, where);
      const files = () => readdirSync('/proc/self/fd').length;
      const before = files();
      const told = Array.from({ length: 20 }, (_, at) =>
        tell(reading(), [], much.slice(at)).then(E.getOrElse(({ why }) => why)),
      );
      for (const [at, one] of (await Promise.all(told)).entries()) {
        const [from, ...rest] = one.split('\n');
        expect(from).toContain(where);
        expect(rest).toEqual([String(much.length - at), '']);
      }
      expect(readdirSync(where)).toEqual([]);
      await expect.poll(files).toBeLessThanOrEqual(before);
    });

    it('read it out of a pipe where no file can be made', async () => {
      const { tell } = hookTools(path, () => 10_000, join(folder, 'missing'));
      const told = await tell(reading(), [], much);
      expect(told).toEqual(E.right(expect.stringMatching(/^(pipe|socket):.*\n1000000\n$/)));
    });
  });

  it.each([
    ['a NUL', 'a\0b', 'ERR_INVALID_ARG_VALUE'],
    ['more than an argument holds', 'x'.repeat(200_000), 'E2BIG'],
  ])('an argument with %s is a refusal that does not say it', async (_, argument, code) => {
    const name = tool('echo done');
    expect(await tools().tell(name, [argument])).toEqual(
      failed(name, `it could not be run (${code})`),
    );
  });

  it('what a tool says is one line that can be printed, and short', async () => {
    const name = tool(
      `printf 'ERROR \\033[2J\\n\\xe2\\x80\\xae\\xff' >&2`,
      'head -c 90000 /dev/zero >&2',
      'exit 1',
    );
    const answer = await tools().tell(name, []);
    const why = E.isLeft(answer) ? answer.left.why : '';
    expect(why).toMatch(/^ERROR \\u001b\[2J \\u202e\ufffd(\\u0000)+.{0,6}…$/);
    expect(why.length).toBe(1_000);
  });

  it('a status is one line that can be printed, and short', async () => {
    const commands = join(folder, 'bin');
    mkdirSync(commands);
    writeFileSync(join(commands, 'status-set'), `#!/bin/sh\nprintf %s "$3" > ${folder}/status\n`, {
      mode: 0o755,
    });
    const variablesHere = { ...variables, PATH: [commands, process.env.PATH].join(delimiter) };
    const model = juju(parsed(), variablesHere, async () => E.right(null), {
      ...{ peers: 'pgb-peers', serves: 'database', requires: 'backend-database' },
    });
    const message = `a\u001b[2J\nb${'\ud800'.repeat(5_000)}`;
    for (const [name, text] of Object.entries({
      'state-get': 'echo null',
      'state-set': 'exec cat > /dev/null',
    }))
      writeFileSync(
        join(commands, name),
        `#!/bin/sh
${text}
`,
        { mode: 0o755 },
      );
    const status = { name: 'blocked', message } as const;
    expect(await model.commit({ bags: [], state: {}, status })()).toEqual(E.right(undefined));
    const shown = readFileSync(join(folder, 'status'), 'utf8');
    expect(shown).toMatch(/^a\\u001b\[2J b(\\ud800)+.{0,6}…$/);
    expect(shown.length).toBe(1_000);
  });

  it('a charm reads what they print of its own databag, and JSON what it leaves', async () => {
    const commands = mkdtempSync(join(folder, 'bin-'));
    const answers = (text: string) =>
      writeFileSync(join(commands, 'relation-get'), `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 });
    writeFileSync(join(commands, 'state-get'), '#!/bin/sh\necho null\n', { mode: 0o755 });
    writeFileSync(join(commands, 'relation-ids'), `#!/bin/sh\necho '["peers:3"]'\n`, {
      mode: 0o755,
    });
    const variablesHere = { ...variables, PATH: [commands, process.env.PATH].join(delimiter) };
    const seen: string[] = [];
    const read = () =>
      juju(
        { ...parsed(), charmFolder: commands },
        variablesHere,
        async () => E.right(null),
        { peers: 'peers' },
        () => 10_000,
        (printed) => {
          seen.push(printed);
          return printed.startsWith('mine') ? { of: 'mine' } : null;
        },
      ).read([{ _tag: 'PeerApp' }])();
    answers('mine');
    expect(await read()).toEqual([E.right({ of: 'mine' })]);
    answers('{"a":"b"}');
    expect(await read()).toEqual([E.right({ a: 'b' })]);
    answers('{"a":1}');
    expect(await read()).toMatchObject([
      { left: { _tag: 'ModelUnusable', why: 'a is not as expected (string)' } },
    ]);
    answers('no');
    expect(await read()).toMatchObject([
      { left: { _tag: 'ModelUnusable', call: 'relation-get', why: 'it printed no JSON' } },
    ]);
    expect(seen.map((text) => text.trim())).toEqual(['mine', '{"a":"b"}', '{"a":1}', 'no']);
  });

  it.each([
    ['[]', null],
    ['["database:4"]\n', [4]],
    ['["database:4","database:10","database:9"]', [4, 10, 9]],
    ['["database:4","other:5"]', null],
    ['["database:4", "database:5"]', null],
    ['["database:04"]', null],
    ['["database:1e3"]', null],
    ['["database:"]', null],
    ['["database:4","database:"]', null],
    ['["4"]', null],
    ['[4]', null],
    ['"database:4"', null],
    ['[["database:4"]]', null],
    ['["database:99999999999999999999"]', null],
    ['null', null],
    ['["data\\u0062ase:4"]', null],
  ])('numbers are read out of a list of one endpoint alone: %s', (printed, numbers) => {
    expect(numbersIn(printed, 'database')).toEqual(numbers);
  });

  it('relations come in the order of their numbers, without the one that breaks', async () => {
    const commands = mkdtempSync(join(folder, 'bin-'));
    const event = 'database-relation-broken';
    const model = (listed: string) => {
      writeFileSync(join(commands, 'relation-ids'), `#!/bin/sh\necho '${listed}'\n`, {
        mode: 0o755,
      });
      const variablesHere = { ...variables, PATH: [commands, process.env.PATH].join(delimiter) };
      const environment = parsed({ JUJU_DISPATCH_PATH: `hooks/${event}` });
      return juju(environment, variablesHere, async () => E.right(null), { serves: 'database' });
    };
    const listed = '["database:10","database:100","database:4","database:9"]';
    expect(await model(listed).relations('database')()).toEqual(E.right([9, 10, 100]));
    // As no Juju prints it.
    expect(await model('["database:10", "4", "database:4"]').relations('database')()).toEqual(
      E.right([10]),
    );
    expect(await model('["other:4","other:3"]').relations('other')()).toEqual(E.right([3, 4]));
    expect(await model('[1]').relations('database')()).toMatchObject({
      left: { _tag: 'ModelUnusable', call: 'relation-ids' },
    });
  });

  describe('secrets', () => {
    const content = { username: 'user', password: 'pass' };
    /** Juju knows no secret of the label. */
    const none = () => {
      const text = '#!/bin/bash\necho \'ERROR secret "label" not found\' >&2; exit 1\n';
      writeFileSync(join(folder, 'secret-info-get'), text, { mode: 0o755 });
    };

    it('leave no file, also where a hook before was killed', async () => {
      const charm = mkdtempSync(join(folder, 'charm-'));
      const left = join(charm, '.hookchart-secrets', '1');
      mkdirSync(left, { recursive: true });
      writeFileSync(join(left, '0'), 'pass');
      const store = secretTools(tools(), charm, String);
      expect(readdirSync(charm)).toEqual([]);
      expect(await store.replace('secret:x', content)()).toMatchObject({ _tag: 'Left' });
      expect(readdirSync(charm)).toEqual([]);
    });

    it.each(['make', 'replace'] as const)(
      'say which folder cannot be written: %s',
      async (what) => {
        none();
        const charm = join(mkdtempSync(join(folder, 'charm-')), 'file');
        const store = secretTools(tools(), charm, String);
        writeFileSync(charm, 'no folder');
        expect(await store[what]('label', content, [])()).toEqual(
          E.left({
            _tag: 'FileFailed',
            class: 'broken',
            path: join(charm, '.hookchart-secrets', '1'),
            code: 'ENOTDIR',
          }),
        );
      },
    );

    it('say which leftover cannot be removed', async () => {
      none();
      const charm = join(mkdtempSync(join(folder, 'charm-')), 'file');
      writeFileSync(charm, 'no folder');
      const store = secretTools(tools(), charm, String);
      rmSync(charm);
      expect(await store.make('label', content, [])()).toMatchObject({
        left: { _tag: 'FileFailed', path: join(charm, '.hookchart-secrets') },
      });
    });

    it('are looked up by their labels beside thousands, and listed once where many are made', async () => {
      none();
      const asked = join(folder, 'asked');
      for (const [tool, answer] of [
        ['secret-ids', '[]'],
        ['secret-add', 'secret:new'],
      ])
        writeFileSync(
          join(folder, tool ?? ''),
          `#!/bin/sh\necho ${tool} >>${asked}\necho '${answer}'\n`,
          {
            mode: 0o755,
          },
        );
      const store = secretTools(tools(), mkdtempSync(join(folder, 'charm-')), String);
      let labels = 0;
      const calls = async (onRecord: readonly string[]) => {
        writeFileSync(asked, '');
        labels += 1;
        const made = await store.make(`label ${labels}`, content, onRecord)();
        expect(made).toEqual(E.right('secret:new'));
        return readFileSync(asked, 'utf8').trim().split('\n');
      };
      const thousands = Array.from({ length: 1_001 }, (_, at) => `secret:${at}`);
      expect(await calls(thousands)).toEqual(['secret-add']);
      expect(await calls(thousands)).toEqual(['secret-add']);
      expect(await calls(thousands)).toEqual(['secret-ids', 'secret-add']);
      expect(await calls(thousands)).toEqual(['secret-add']);
      const few = secretTools(tools(), mkdtempSync(join(folder, 'charm-')), String);
      writeFileSync(asked, '');
      expect(await few.make('label', content, ['secret:1'])()).toEqual(E.right('secret:new'));
      expect(readFileSync(asked, 'utf8').trim().split('\n')).toEqual(['secret-ids', 'secret-add']);
    });

    it.each([
      ['few', 2, 'secret-ids'],
      ['thousands', 2_000, 'secret-info-get'],
    ])(
      'are looked for once where they are expected, and ids of %s are gathered if need be',
      async (_, roughly, looking) => {
        none();
        const asked = join(folder, 'asked');
        writeFileSync(asked, '');
        for (const [tool, answer] of [
          ['secret-ids', '[]'],
          ['secret-info-get', '{}'],
          ['secret-add', 'secret:new'],
          ['secret-set', ''],
        ])
          writeFileSync(
            join(folder, tool ?? ''),
            `#!/bin/sh\necho ${tool} >>${asked}\n${tool === 'secret-info-get' ? 'echo not found >&2; exit 1' : `echo '${answer}'`}\n`,
            { mode: 0o755 },
          );
        const store = secretTools(tools(), mkdtempSync(join(folder, 'charm-')), String);
        let gathered = 0;
        const ids = () => {
          gathered += 1;
          return [];
        };
        store.expect?.(['label'], { roughly, ids });
        expect(await store.make('label', content, [])()).toEqual(E.right('secret:new'));
        expect(readFileSync(asked, 'utf8').trim().split('\n')).toEqual([looking, 'secret-add']);
        expect(gathered).toBe(roughly === 2 ? 1 : 0);
        expect(await store.make('label', content, [])()).toMatchObject({ _tag: 'Right' });
        expect(readFileSync(asked, 'utf8').trim().split('\n').at(-1)).toBe('secret-set');
      },
    );

    it('gives the secret of a commit that was refused another content, beside thousands', async () => {
      for (const [tool, answer] of [
        ['secret-info-get', '{"left":{"label":"label"}}'],
        ['secret-set', ''],
      ])
        writeFileSync(join(folder, tool ?? ''), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
      const thousands = Array.from({ length: 1_001 }, (_, at) => `secret:${at}`);
      const store = secretTools(tools(), mkdtempSync(join(folder, 'charm-')), String);
      expect(await store.make('label', content, thousands)()).toEqual(E.right('secret:left'));
    });
  });
});
