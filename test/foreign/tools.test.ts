/** What no recording has: storage, ports, statuses, and how a tool prints for a shell. */
import { describe, expect, it } from 'vitest';
import { describeCharm } from '../../src/foreign/description.ts';
import { answer, type Beside } from '../../src/foreign/tool-calls.ts';
import { type Hook, HookTools, viewOf, worldOf } from '../../src/testing/index.ts';
import { lighthouseThat } from '../testing/lighthouse.ts';
import { folderOf } from './tiny-charms.ts';

const life = { config: {}, storage: ['data'], morePeers: [], firstRelation: 1, patience: 100 };
const world = worldOf(
  { ...lighthouseThat(true), life },
  { units: 2, requirers: {}, hasSecrets: true },
);

/** One hook's tools: a function that gives what a call prints, or how it fails. */
function hook(of: Hook = { name: 'start' }, unit = 'lighthouse/0') {
  const tools = new HookTools(viewOf(world, unit, of));
  const charm = describeCharm(folderOf('bash'));
  const beside: Beside = {
    ...{ status: { name: 'unknown', message: '' }, version: '', ports: [], logged: [] },
    applicationStatus: { name: 'unknown', message: '' },
  };
  const storage = (name: string) => `/storage/${name}`;
  return (line: string, input = '') => {
    const [tool = '', ...args] = line.split(' ');
    const said = answer({ tools, charm, beside, storage }, { tool, args, input, files: {} });
    return said.exit === 0 ? said.stdout : `${said.exit}: ${said.stderr}`;
  };
}

describe('a hook tool', () => {
  it('prints bare, as YAML and as JSON', () => {
    const call = hook();
    expect(call('is-leader')).toBe('True\n');
    expect(call('is-leader --format=json')).toBe('true\n');
    expect(call('is-leader --format yaml')).toBe('true\n');
    expect(call('relation-ids nothing')).toBe('');
    expect(call('state-get --format=json')).toBe('null\n');
    expect(call('state-set a=1 b=<x>')).toBe('');
    expect(call('state-get a')).toBe('1\n');
    expect(call('state-get')).toBe('a: "1"\nb: <x>\n');
    expect(call('state-get --format=json')).toBe('{"a":"1","b":"\\u003cx\\u003e"}\n');
    expect(call('state-get --strict c')).toBe('1: ERROR "c" not found\n');
    expect(call('is-leader --format=toml')).toContain('unknown format "toml"');
  });

  it('reads YAML as text', () => {
    const call = hook();
    call('state-set --file -', 'one: 1.0\ntwo: "null"\nthree: ~\nfour: yes\n');
    expect(JSON.parse(call('state-get --format=json'))).toEqual({
      ...{ one: '1.0', two: 'null', three: '', four: 'yes' },
    });
  });

  it('tells where storage is, as ops asks for it', () => {
    const attached = hook({ name: 'data-storage-attached' });
    expect(attached('storage-get --help')).toMatch(/^-s\s+\(= data\/0\)\s*?$/m);
    expect(attached('storage-get location')).toBe('/storage/data\n');
    const call = hook();
    expect(call('storage-list')).toBe('data/0\n');
    expect(call('storage-get -s data/0 --format=json')).toBe(
      '{"kind":"filesystem","location":"/storage/data"}\n',
    );
    expect(call('storage-get -s none/0 location')).toContain('storage not found');
  });

  it('keeps ports and statuses', () => {
    const call = hook();
    call('open-port 80');
    call('open-port 53/udp');
    call('close-port 80/tcp');
    expect(call('opened-ports')).toBe('53/udp\n');
    call('status-set maintenance at work');
    expect(call('status-get --include-data --format=json')).toBe(
      '{"status":"maintenance","message":"at work","status-data":{}}\n',
    );
    expect(call('status-get')).toBe('maintenance\n');
    expect(call('status-get --format=json')).toBe('{"status":"maintenance"}\n');
    const follower = hook({ name: 'start' }, 'lighthouse/1');
    expect(follower('status-set --application active')).toContain('not the leader');
  });

  it('is refused where the simulation has no such thing, or nobody has', () => {
    const call = hook();
    for (const tool of ['credential-get', 'leader-get', 'secret-eat', 'relation-eat', 'nothing'])
      expect(call(tool)).toBe(`1: ERROR ${tool} is not in the simulated Juju\n`);
    expect(call('is-leader --wrong')).toBe('2: ERROR option provided but not defined: --wrong\n');
    expect(call('relation-get -r')).toBe('2: ERROR option needs an argument: -r\n');
    expect(call('relation-list')).toBe('2: ERROR no relation id specified\n');
  });

  it('is refused where Juju refuses what it was called with', () => {
    const call = hook();
    expect(call('open-port 8000-8001')).toBe('');
    expect(call('open-port icmp')).toBe('');
    for (const [line, why] of [
      ['open-port', 'no port or range specified'],
      ['open-port 70000', 'port range bounds must be between 1 and 65535, got 70000-70000'],
      ['open-port 0', 'port range bounds must be between 1 and 65535, got 0-0'],
      ['open-port 100-90/tcp', 'invalid port range 100-90/tcp'],
      ['open-port http', 'invalid port or range "http"'],
      ['close-port 80/sctp', 'invalid protocol "sctp", expected "tcp", "udp", or "icmp"'],
      ['secret-add --owner foo key=word', 'secret owner "foo" not valid'],
      ['juju-log', 'no message specified'],
      ['application-version-set 1 2', 'unrecognized args: ["2"]'],
    ])
      expect(call(line ?? '')).toBe(`2: ERROR ${why}\n`);
    expect(call('opened-ports')).toBe('8000-8001/tcp\nicmp\n');
  });

  it('takes the times of secrets', () => {
    const call = hook();
    const id = call('secret-add --owner unit --rotate daily --expire 24h key=word').trim();
    expect(id).toMatch(/^secret:/);
    expect(call(`secret-set ${id} --rotate never --expire 2027-01-01T00:00:00Z`)).toBe('');
    expect(call('secret-add --rotate now key=word')).toBe(
      '2: ERROR rotate policy "now" not valid\n',
    );
    expect(call(`secret-set ${id} --expire soon key=word`)).toBe(
      '2: ERROR expire time or duration "soon" not valid\n',
    );
  });
});
