/** What stands in for Pebble, asked by the client of ops itself. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerDown } from '../../src/foreign/pebble/container.ts';
import { hasNamespaces } from '../../src/foreign/pebble/jail.ts';
import { openPebble, type PebbleServer } from '../../src/foreign/pebble/server.ts';
import { noPython, ops } from './tiny-charms.ts';

const work = mkdtempSync(join(tmpdir(), 'hookchart-pebble-'));
let pebble: PebbleServer;
beforeAll(() => {
  pebble = openPebble(work, ['web', 'db']);
});
afterAll(() => {
  pebble.close();
  rmSync(work, { recursive: true });
});

const start = `
import json, sys, ops
from ops.pebble import *
client = Client(sys.argv[1])

def refused(call, *args, **options):
    try:
        call(*args, **options)
    except APIError as error:
        return [error.code, error.message]
    except PathError as error:
        return [error.kind, error.message]
    except (ChangeError, ConnectionError) as error:
        return [type(error).__name__, str(error)]
    except ExecError as error:
        return [error.exit_code, error.stdout, error.stderr]

def say(*values):
    print(json.dumps(values if len(values) > 1 else values[0], default=str))
`;

/** Runs a script with a client of one of the containers, and gives the lines that it said and what was heard. */
async function asked(script: string, { isUp = true } = {}) {
  const containers = new Map([
    ['web', { ...containerDown(['/data']), isUp }],
    ['db', containerDown([])],
  ]);
  const heard: string[] = [];
  pebble.serve({
    containers,
    hears: ({ args }, writes) => {
      heard.push(`${args.join(' ')}${writes ? '!' : ''}`);
      return true;
    },
    fails: (error) => {
      throw error;
    },
  });
  const socket = join(pebble.folder, 'containers/web/pebble.socket');
  const child = spawn(ops(), ['-c', start + script, socket]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => {
    stdout += part;
  });
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  await new Promise((resolve) => child.on('close', resolve));
  pebble.serve(null);
  expect(stderr).toBe('');
  const said = stdout.trim() === '' ? [] : stdout.trim().split('\n');
  return { said: said.map((line): unknown => JSON.parse(line)), heard, web: containers.get('web') };
}

const why = noPython === null ? '' : ` (skipped: ${noPython})`;

describe.skipIf(noPython !== null)(`Pebble's stand-in${why}`, { timeout: 60_000 }, () => {
  it('is not there before its container is', async () => {
    const { said } = await asked('say(refused(client.get_system_info))', { isUp: false });
    expect(said).toEqual([['ConnectionError', expect.stringContaining('socket not found')]]);
  });

  it('combines layers, and starts what the plan has', async () => {
    const { said, heard } = await asked(`
layer = {'summary': 'a', 'services': {'one': {'override': 'replace', 'startup': 'enabled', 'command': 'sleep 1', 'environment': {'A': '1'}}, 'two': {'override': 'replace', 'command': 'sleep 2', 'requires': ['one']}}}
client.add_layer('base', layer)
say(refused(client.add_layer, 'base', layer))
say(refused(client.add_layer, 'other', {'services': {'one': {'command': 'x'}}}))
say(refused(client.add_layer, 'other', {'services': {'three': {'override': 'merge', 'startup': 'enabled'}}}))
say(refused(client.add_layer, 'other', '{'))
client.add_layer('base', {'services': {'one': {'override': 'merge', 'environment': {'B': '2'}}}}, combine=True)
say(client.get_plan().to_dict())
state = lambda: {one.name: f'{one.startup.value} {one.current.value}' for one in client.get_services()}
say(state())
client.replan_services()
say(state())
client.add_layer('over', {'services': {'one': {'override': 'replace', 'command': 'sleep 3', 'startup': 'enabled'}}})
changed = client.wait_change(client.replan_services(timeout=0))
say([task.summary for task in changed.tasks], changed.err)
client.start_services(['two'])
say(state())
client.stop_services(['one'])
say(state())
say(refused(client.start_services, ['nosuch']), refused(client.stop_services, []))
say(refused(client.send_signal, 'SIGHUP', ['one']))
say([one.name for one in client.get_services(['two', 'nosuch'])])
`);
    const one = {
      startup: 'enabled',
      override: 'replace',
      command: 'sleep 1',
      environment: { A: '1', B: '2' },
    };
    const two = { override: 'replace', command: 'sleep 2', requires: ['one'] };
    expect(said).toEqual([
      [400, 'layer "base" already exists'],
      [400, 'layer "other" must define "override" for service "one"'],
      [400, 'plan must define "command" for service "three"'],
      [400, expect.stringContaining('cannot parse layer "other"')],
      { services: { one, two } },
      { one: 'enabled inactive', two: 'disabled inactive' },
      { one: 'enabled active', two: 'disabled inactive' },
      [['Stop service "one"', 'Start service "one"'], null],
      { one: 'enabled active', two: 'disabled active' },
      { one: 'enabled inactive', two: 'disabled inactive' },
      [
        [400, 'service "nosuch" does not exist'],
        [400, 'no services to stop provided'],
      ],
      [500, 'cannot send signal to "one": service is not running'],
      ['two'],
    ]);
    expect(heard).toContain('web add-layer base!');
    expect(heard).toContain('web replan!');
  });

  it('keeps files', async () => {
    const { said, web } = await asked(`
say(refused(client.push, '/srv/deep/one', 'x'), refused(client.pull, '/srv/deep/one'))
client.push('/srv/deep/one', 'first\\r\\n--x', make_dirs=True, permissions=0o600, user='www-data')
client.push('/srv/deep/two.txt', b'\\x00\\xff' * 40000)
say(client.pull('/srv/deep/one').read(), len(client.pull('/srv/deep/two.txt', encoding=None).read()))
say([(one.name, one.type.value, one.permissions, one.user, one.size) for one in client.list_files('/srv/deep')])
say([one.path for one in client.list_files('/srv/deep', pattern='*.txt')])
say([one.path for one in client.list_files('/srv/deep', itself=True)])
say(refused(client.list_files, '/nosuch'), refused(client.pull, '/srv/deep'), refused(client.push, 'relative', ''))
say(refused(client.make_dir, '/srv/deep'), refused(client.make_dir, '/a/b'))
client.make_dir('/a/b', make_parents=True, permissions=0o700)
client.make_dir('/a/b', make_parents=True)
say(refused(client.remove_path, '/srv/deep'), refused(client.remove_path, '/nosuch'))
client.remove_path('/nosuch', recursive=True)
client.remove_path('/srv/deep', recursive=True)
say(refused(client.pull, '/srv/deep/one'))
client.push('/data/kept', 'yes')
`);
    expect(said).toEqual([
      [
        ['not-found', 'open /srv/deep/one: no such file or directory'],
        ['not-found', 'open /srv/deep/one: no such file or directory'],
      ],
      ['first\r\n--x', 80_000],
      [
        ['one', 'file', 0o600, 'www-data', 10],
        ['two.txt', 'file', 0o644, 'root', 80_000],
      ],
      ['/srv/deep/two.txt'],
      ['/srv/deep'],
      [
        [404, 'stat /nosuch: no such file or directory'],
        ['generic-file-error', 'can only read a regular file: "/srv/deep"'],
        ['generic-file-error', 'paths must be absolute, got "relative"'],
      ],
      [
        ['generic-file-error', 'mkdir /srv/deep: file exists'],
        ['not-found', 'mkdir /a/b: no such file or directory'],
      ],
      [
        ['generic-file-error', 'remove /srv/deep: directory not empty'],
        ['not-found', 'remove /nosuch: no such file or directory'],
      ],
      ['not-found', 'open /srv/deep/one: no such file or directory'],
    ]);
    expect(Object.keys(web?.files.toJSON() ?? {})).toEqual(['/a', '/a/b', '/data', '/data/kept']);
  });

  it('has checks and notices', async () => {
    const { said } = await asked(`
say(client.get_checks(), client.get_notices(), client.get_changes(), client.get_warnings())
client.add_layer('checks', {'checks': {'ready': {'override': 'replace', 'level': 'ready', 'tcp': {'port': 80}}}})
say([(one.name, one.status.value, one.level.value) for one in client.get_checks()])
id = client.notify(NoticeType.CUSTOM, 'example.com/a', data={'k': 'v'})
client.notify(NoticeType.CUSTOM, 'example.com/a', data={'k': 'w'})
notice = client.get_notice(id)
say(notice.key, notice.occurrences, notice.last_data, len(client.get_notices(keys=['example.com/b'])))
say(refused(client.get_notice, '77'))
`);
    expect(said).toEqual([
      [[], [], [], []],
      [['ready', 'up', 'ready']],
      ['example.com/a', 2, { k: 'w' }, 0],
      [404, 'cannot find notice with ID "77"'],
    ]);
  });

  const jail = hasNamespaces() ? '' : ' (skipped: this machine lets nobody make namespaces)';
  it.skipIf(jail !== '')(`runs programs on the container's files alone${jail}`, async () => {
    const { said, web } = await asked(`
client.push('/etc/own/colour', 'white', make_dirs=True)
client.push('/usr/local/bin/own', '#!/bin/sh\\necho "$0 $1 $WHO"\\nexit 3\\n', permissions=0o755)
run = lambda *args, **options: client.exec(list(args), **options).wait_output()
say(run('sh', '-c', 'cat /etc/own/colour; tr a-z A-Z; echo wrong >&2; echo made > /srv/made', stdin='hello'))
say(run('pwd', working_dir='/srv'), client.pull('/srv/made').read())
say(refused(run, 'own', 'a', environment={'WHO': 'me'}))
say(refused(client.exec, ['nosuch']), refused(client.exec, ['pwd'], working_dir='/nosuch'))
say(refused(run, 'sh', '-c', 'ls ${work}'))
say(refused(run, 'sh', '-c', 'touch /usr/bin/made')[0])
say(refused(run, 'sleep', '20', timeout=0.2))
process = client.exec(['cat'], combine_stderr=True)
process.stdin.write('line')
process.stdin.close()
say(process.wait_output())
client.add_layer('one', {'services': {'one': {'override': 'replace', 'command': 'x', 'environment': {'A': 'of one'}}}})
say(run('sh', '-c', 'echo $A', service_context='one')[0])
`);
    expect(said).toEqual([
      ['whiteHELLO', 'wrong\n'],
      [['/srv\n', ''], 'made\n'],
      [3, '/usr/local/bin/own a me\n', ''],
      [
        [400, 'cannot find executable "nosuch"'],
        [400, 'stat /nosuch: no such file or directory'],
      ],
      [2, '', expect.stringContaining('No such file or directory')],
      1,
      ['ChangeError', expect.stringContaining('timed out')],
      ['line', null],
      'of one\n',
    ]);
    expect(web?.files.get('/srv/made')?.bytes.toString()).toBe('made\n');
  });
});
