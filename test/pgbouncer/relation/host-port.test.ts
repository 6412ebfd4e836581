import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isReachable,
  parseHostPort,
  renderHostPort,
} from '../../../src/pgbouncer/relation/host-port.ts';

describe('a host and a port', () => {
  it.each([
    ['pgb-1:6432', 'pgb-1', 6432],
    ['10.0.0.1:1', '10.0.0.1', 1],
    [' a.b-c_d:80 ', 'a.b-c_d', 80],
    ['[::1]:65535', '::1', 65_535],
    ['[fd00:0:0:0:0:0:0:5]:5432', 'fd00:0:0:0:0:0:0:5', 5432],
    ['[::ffff:10.0.0.1]:5432', '::ffff:10.0.0.1', 5432],
    // As charms write it that know of no brackets.
    ['fd00::1:5432', 'fd00::1', 5432],
    ['fd00:1:2:3:4:5:6:7:5432', 'fd00:1:2:3:4:5:6:7', 5432],
  ])('are read in "%s"', (text, host, port) => {
    expect(parseHostPort(text)).toEqual({ host, port });
    expect(isReachable({ host, port })).toBe(true);
  });

  it.each([
    '',
    'None:6432',
    'null:6432',
    'undefined:6432',
    'NaN:1',
    'a',
    'a:',
    ':1',
    'a:0',
    'a:65536',
    'a b:1',
    'a:1,b:1',
    'a:1:2',
    '[a]:1',
    '[10.0.0.1]:1',
    '[::1:1',
    '::1]:1',
    '[]:1',
    '[::1]',
    // Without a port its last group is none.
    'fd00:1:2:3:4:5:6:7',
    '1::2::3:1',
    '[12345::]:1',
    '[1:2:3:4:5:6:7::8]:1',
    '[::1.2.3.256]:1',
    '[1.2.3.4::]:1',
    '[fe80::1%eth0]:1',
  ])('U-10: no client could reach "%s"', (text) => {
    expect(parseHostPort(text)).toBeNull();
  });

  it('property: come back from what is written, and every library of URIs reads that', () => {
    const host = fc.oneof(fc.ipV6(), fc.ipV4(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const text = renderHostPort({ host, port });
        expect(parseHostPort(text)).toEqual({ host, port });
        expect(isReachable({ host, port })).toBe(true);
        const url = new URL(`postgresql://user:password@${text}/app`);
        expect(url.port).toBe(String(port));
      }),
    );
  });

  it.each([
    { host: '', port: 1 },
    { host: 'a,b', port: 1 },
    { host: '[::1]', port: 1 },
    { host: 'a', port: 1.5 },
  ])('are no server’s: %j', (place) => {
    expect(isReachable(place)).toBe(false);
  });
});
