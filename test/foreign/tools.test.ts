/** What no recording has: storage, ports, statuses, and how a tool prints for a shell. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

const blank = (): Beside => ({
  ...{ status: { name: 'unknown', message: '' }, version: '', ports: [], logged: [] },
  applicationStatus: { name: 'unknown', message: '' },
});

/** One hook's tools: a function that gives what a call prints, or how it fails. */
function hook(
  of: Hook = { name: 'start' },
  unit = 'lighthouse/0',
  charm = describeCharm(folderOf('bash')),
  beside = blank(),
) {
  const tools = new HookTools(viewOf(world, unit, of));
  const storage = (name: string) => `/storage/${name}`;
  const resource = (name: string) => `/resources/${name}`;
  return (line: string, input = '', files: Readonly<Record<string, string>> = {}) => {
    const [tool = '', ...args] = line.split(' ');
    const said = answer({ tools, charm, beside, storage, resource }, { tool, args, input, files });
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

  it('reads what is to be added of storage, and leaves it to the commit', () => {
    const call = hook();
    expect(call('storage-add')).toBe('2: ERROR storage add requires a storage directive\n');
    expect(call('storage-add data=1=2')).toContain('expected "name=directive" or "name", got');
    expect(call('storage-add data data=2')).toContain('storage "data" specified more than once');
    expect(call('storage-add data=')).toContain('require at least one field to be specified');
    expect(call('storage-add data=-676')).toContain('count must be greater than zero');
    expect(call('storage-add data=2,1M')).toBe('2: ERROR only count can be specified for "data"\n');
    expect(call('storage-add data=2 attic')).toBe('');
    expect(call('storage-list')).toBe('data/0\n');
  });

  it('is told of payloads, which the metadata names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookchart-payloads-'));
    const metadata = 'name: shop\npayloads:\n  monitor:\n    type: docker\n';
    writeFileSync(join(folder, 'metadata.yaml'), metadata);
    mkdirSync(join(folder, 'hooks'));
    const beside: Beside = blank();
    const call = hook(undefined, undefined, describeCharm(folder), beside);
    rmSync(folder, { recursive: true });
    expect(call('payload-register docker monitor')).toBe('2: ERROR missing required arguments\n');
    expect(call('payload-register docker lamp 1')).toBe(
      '1: ERROR payload "lamp" not found in metadata.yaml\n',
    );
    expect(call('payload-register kvm monitor 1')).toBe(
      '1: ERROR incorrect type "kvm" for payload "monitor", expected "docker"\n',
    );
    expect(call('payload-register docker monitor 1 blue fast')).toBe('');
    expect(beside.payloads).toEqual({
      'monitor/1': { type: 'docker', status: 'running', labels: ['blue', 'fast'] },
    });
    expect(call('payload-status-set monitor 1 started')).toBe(
      '1: ERROR status "started" not supported; expected one of ["running", "starting", "stopped", "stopping"]\n',
    );
    expect(call('payload-status-set monitor 2 stopped')).toContain('not found');
    expect(call('payload-status-set monitor 1 stopped')).toBe('');
    expect(beside.payloads).toMatchObject({ 'monitor/1': { status: 'stopped' } });
    expect(call('payload-unregister monitor 1 2')).toContain('unrecognized args');
    expect(call('payload-unregister monitor 1')).toBe('');
    expect(beside.payloads).toEqual({});
  });

  it('keeps what a leader says to its followers, who read it and say nothing', () => {
    const leader = hook();
    expect(leader('leader-get --format=json')).toBe('{}\n');
    expect(leader('leader-set a=1 b=two')).toBe('');
    expect(leader('leader-set a=')).toBe('');
    expect(leader('leader-get')).toBe('b: two\n');
    expect(leader('leader-get b')).toBe('two\n');
    expect(leader('leader-get a')).toBe('');
    expect(leader('leader-get a=1')).toBe('2: ERROR invalid key "a=1"\n');
    expect(leader('leader-set word')).toBe('2: ERROR expected "key=value", got "word"\n');
    const follower = hook({ name: 'start' }, 'lighthouse/1');
    expect(follower('leader-set a=1')).toBe(
      '1: ERROR cannot write leadership settings: cannot write settings: not the leader\n',
    );
    expect(follower('leader-get --format=json')).toBe('{}\n');
  });

  it('says where a resource is', () => {
    const call = hook();
    expect(call('resource-get words')).toBe('/resources/words');
    expect(call('resource-get')).toBe('2: ERROR missing required resource name\n');
    expect(call('resource-get one two')).toBe('2: ERROR unrecognized args: ["two"]\n');
  });

  it('keeps ports and statuses', () => {
    const call = hook();
    call('open-port 80');
    call('open-port 53/udp');
    call('close-port 80/tcp');
    expect(call('opened-ports')).toBe('53/udp\n');
    call('status-set maintenance busy');
    expect(call('status-get --include-data --format=json')).toBe(
      '{"status":"maintenance","message":"busy","status-data":{}}\n',
    );
    expect(call('status-get')).toBe('maintenance\n');
    expect(call('status-get --format=json')).toBe('{"status":"maintenance"}\n');
    const follower = hook({ name: 'start' }, 'lighthouse/1');
    expect(follower('status-set --application active')).toContain('not the leader');
  });

  it('is refused where the simulation has no such thing, or nobody has', () => {
    const call = hook();
    for (const tool of ['credential-get', 'leader-eat', 'secret-eat', 'relation-eat', 'nothing'])
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
      ['status-set', 'invalid args, require <status> [message]'],
      ['status-set active at work', 'unrecognized args: ["work"]'],
      ['is-leader now or never', 'unrecognized args: ["now" "or" "never"]'],
      ['config-get --all greeting', 'cannot use argument --all together with key "greeting"'],
      ['unit-get', 'no setting specified'],
      ['unit-get address', 'unknown setting "address"'],
      ['network-get', 'no arguments specified'],
      ['storage-get location', 'no storage instance specified'],
      ['state-delete', 'no key specified'],
      ['state-set a=1 b=2 a=3', 'key "a" specified more than once'],
      ['relation-get -r 0 - Lighthouse/1', 'invalid unit name "Lighthouse/1"'],
      ['relation-get -r 0 --app key', 'no unit or application specified'],
      ['relation-get -r 0', 'no unit or application specified'],
    ])
      expect(call(line ?? '')).toBe(`2: ERROR ${why}\n`);
    expect(call('opened-ports')).toBe('8000-8001/tcp\nicmp\n');
  });

  it('reads the databag of the application, where a hook is about no unit', () => {
    const named = { name: 'lamps-relation-changed', relation: 0, remoteApplication: 'lighthouse' };
    const call = hook(named);
    call('relation-set --app oil=full');
    expect(call('relation-get oil')).toBe('full\n');
    expect(call('relation-get')).toBe('oil: full\n');
    expect(call('relation-get --app oil')).toBe('full\n');
    const ofUnit = hook({ ...named, remoteUnit: 'lighthouse/1' });
    expect(ofUnit('relation-get')).toContain('private-address');
  });

  it('says what of the network it is asked for', () => {
    const call = hook();
    const all = JSON.parse(call('network-get juju-info --format=json'));
    const [address] = all['ingress-addresses'];
    expect(call('network-get juju-info --bind-address')).toBe(`${address}\n`);
    expect(call('network-get juju-info --primary-address')).toBe(`${address}\n`);
    expect(call('network-get juju-info --egress-subnets')).toBe(`${address}/32\n`);
    expect(call('network-get juju-info --ingress-address --egress-subnets')).toBe(
      `egress-subnets:\n  - ${address}/32\ningress-address: ${address}\n`,
    );
    expect(call('network-get juju-info --bind-address --primary-address')).toBe(
      '1: ERROR --primary-address must be the only flag specified\n',
    );
  });

  it('shows secrets as YAML, in which a number that is a text is in quotes', () => {
    const call = hook();
    const id = call('secret-add --label one pin=0123456789 answer=yes word=plain').trim();
    expect(call(`secret-get ${id}`)).toBe('answer: "yes"\npin: "0123456789"\nword: plain\n');
    expect(call(`secret-get ${id} pin`)).toBe('"0123456789"\n');
    expect(call(`secret-get ${id} word`)).toBe('plain\n');
    expect(call(`secret-get ${id} word#base64`)).toBe('cGxhaW4=\n');
    expect(call(`secret-get ${id} pin --format=json`)).toBe('"0123456789"\n');
    expect(call(`secret-get ${id} --format=smart`)).toContain('unknown format "smart"');
    expect(call(`secret-get ${id} more`)).toBe('1: ERROR secret key value "more" not found\n');
  });

  it('takes what a secret holds from a file, and what is said of it', () => {
    const call = hook();
    const files = { 'a.yaml': 'port: 5432\nword#base64: cGxhaW4=\n' };
    const id = call('secret-add --label one --file a.yaml word=other more=some', '', files).trim();
    expect(JSON.parse(call(`secret-get ${id} --format=json`))).toEqual({
      ...{ port: '5432', word: 'plain', more: 'some' },
    });
    expect(call('secret-add --file none.yaml')).toBe(
      '2: ERROR open none.yaml: no such file or directory\n',
    );
    call(`secret-set ${id} --label two --description lamps --file=a.yaml`, '', files);
    const [info] = Object.values(JSON.parse(call('secret-info-get --label two --format=json')));
    expect(info).toMatchObject({ label: 'two', description: 'lamps' });
    expect(call('secret-info-get --label one')).toContain('secret "one" not found');
    expect(call('secret-get --label two')).toBe('port: "5432"\nword: plain\n');
  });

  it('refuses calls about secrets as Juju does', () => {
    const call = hook();
    for (const [line, why] of [
      ['secret-add', 'missing secret value or filename'],
      ['secret-add word', 'key value "word" not valid'],
      ['secret-add word=', 'key value "word=" not valid'],
      ['secret-get', 'require either a secret URI or label'],
      ['secret-get --label a --peek --refresh', 'specify one of --peek or --refresh but not both'],
      ['secret-info-get', 'require either a secret URI or label'],
      ['secret-info-get c --label a', 'specify either a secret URI or label but not both'],
      ['secret-set', 'missing secret URI'],
      ['secret-grant', 'missing secret URI'],
      ['secret-remove', 'missing secret URI'],
      ['secret-revoke c', 'missing relation or application or unit'],
      ['secret-revoke c --app a --unit a/0', 'specify only one of application or unit'],
      ['secret-revoke c --application a --relation 0', 'do not specify both relation and app'],
    ])
      expect(call(line ?? '')).toBe(`2: ERROR ${why}\n`);
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
