import { describe, expect, it } from 'vitest';
import {
  clientsWithin,
  filesWanted,
  portIn,
} from '../../../src/pgbouncer/pooler/pgbouncer-files.ts';
import { lastWordsOf } from '../../../src/pgbouncer/workload/last-words.ts';
import { hardLimitIn } from '../../../src/pgbouncer/workload/limits.ts';
import { layerOf, markIn } from '../../../src/pgbouncer/workload/pebble-layer.ts';

describe('the last words of PgBouncer', () => {
  it('are those that complain, without the time and whom they come from', () => {
    const log = [
      '2025-11-29 10:00:00.123 UTC [12] LOG kernel file descriptor limit: 1024',
      '2025-11-29T10:00:00.123Z [pgbouncer] 2025-11-29 10:00:00.124 UTC [12] WARNING cannot listen',
      '    2025-11-29T10:00:00.123Z [pgbouncer] 2025-11-29 10:00:00.124 UTC [12] FATAL nowhere to listen on',
      '',
    ].join('\n');
    expect(lastWordsOf(log)).toBe('WARNING cannot listen; FATAL nowhere to listen on');
  });

  it('are the last of all where none complains, and empty where there is none', () => {
    expect(lastWordsOf('a\nb\n\nc\nd\ne\n')).toBe('b; c; d; e');
    expect(lastWordsOf('')).toBe('');
    // What it complained of long before is not why it ends.
    expect(lastWordsOf(`WARNING old\n${'fine\n'.repeat(30)}over`)).toBe('fine; fine; fine; over');
  });

  it('are no more than anyone reads, and nothing that a log would obey', () => {
    const words = lastWordsOf(`FATAL \u001b${'x'.repeat(5_000)}`);
    expect(words).toMatch(/^FATAL \\u001bx+…$/);
    expect(words.length).toBe(400);
  });

  it.each([
    'FATAL cannot parse: postgresql://u:geheim@h/d',
    'ERROR broken line: "user" "geheim"',
    'ERROR broken line: "user" "geheim',
    'ERROR unrecognized: host=h password=geheim port=1',
    "ERROR unrecognized: password='geheim' port=1",
    'ERROR of SCRAM-SHA-256$4096:geheim$a:b',
    'ERROR of md50123456789abcdef0123456789abcdefgeheim',
  ])('hide what is a secret: %s', (line) => {
    expect(lastWordsOf(line)).toContain('********');
    expect(lastWordsOf(line)).not.toContain('geheim');
  });
});

describe('open files', () => {
  it('are those that a process may have at most', () => {
    const line = (hard: string) => `Limit  Soft  Hard\nMax open files   1024   ${hard}   files\n`;
    expect(hardLimitIn(line('4096'))).toBe(4_096);
    expect(hardLimitIn(line('unlimited'))).toBe(Number.MAX_SAFE_INTEGER);
    expect(hardLimitIn('')).toBe(1_024);
    expect(hardLimitIn(null)).toBe(1_024);
  });

  it('are enough for the clients that are promised, with a server for each', () => {
    expect(filesWanted).toBe(20_100);
    expect(clientsWithin(Number.MAX_SAFE_INTEGER)).toBe(10_000);
    expect(clientsWithin(filesWanted)).toBe(10_000);
    expect(clientsWithin(filesWanted - 2)).toBe(9_999);
    expect(clientsWithin(1_024)).toBe(462);
    expect(clientsWithin(50)).toBe(1);
  });
});

it('a layer is known by its mark, which stands with the check alone', () => {
  const described = { service: 's', program: '/p', iniFile: '/i', user: 'u' };
  const [one, other] = ['abc', 'def'].map(layerOf({ ...described, openFiles: 1 }));
  expect(markIn(one ?? '', 's')).toBe('abc');
  expect(markIn((one ?? '').replaceAll('"abc"', 'abc'), 's')).toBe('abc');
  expect(markIn('services: {}\n', 's')).toBeNull();
  const second = layerOf({ ...described, service: 's-1', openFiles: 1 })('fed');
  const plan = `${second}${one}`;
  expect([markIn(plan, 's'), markIn(plan, 's-1'), markIn(plan, 's-2')]).toEqual([
    'abc',
    'fed',
    null,
  ]);
  const services = (layer = '') => layer.slice(0, layer.indexOf('checks:'));
  expect(services(one)).toBe(services(other));
  expect(one).not.toBe(other);
});

it('a port is what a configuration says, if it says one', () => {
  expect(portIn('[pgbouncer]\nlisten_addr = *\nlisten_port = 6432\n')).toBe(6_432);
  expect(portIn('listen_port = x\n')).toBeNull();
});
