import { describe, expect, it } from 'vitest';
import { maskedDatabag, secretsIn, without } from '../../src/shown/masking.ts';

const password = 'p4ssw0rd-of-a-client';

describe('a databag for eyes', () => {
  it.each([
    ['a key that holds one', { password }, { password: '********' }],
    [
      'a connection string by its key',
      { uris: `postgresql://u:${password}@h/d` },
      { uris: '********' },
    ],
    [
      'a connection string wherever it stands',
      { note: `see postgresql://u:${password}@h:1/d?x=1, or not` },
      { note: 'see postgresql://u:********@h:1/d?x=1, or not' },
    ],
    [
      'what stands in JSON, however deep',
      { 'relation-4': JSON.stringify({ a: [{ password: { secret: password } }], uris: password }) },
      { 'relation-4': '{"a":[{"password":"********"}],"uris":"********"}' },
    ],
    [
      'a connection string in JSON',
      { data: JSON.stringify([`postgresql://u:${password}@h/d`]) },
      { data: '["postgresql://u:********@h/d"]' },
    ],
  ])('masks %s', (_, databag, expected) => {
    expect(maskedDatabag(databag)).toEqual(expected);
  });

  it.each([
    { database: 'app', endpoints: '10.0.0.1:6432', 'secret-user': 'secret:9m4e2mr0ui3e8a215n4g' },
    { password: '', data: '{"password":null,"user":"u"}' },
    { broken: '{"password":', list: '[1,2' },
    { url: 'https://example.org/a:b@c' },
  ])('leaves %j as it is', (databag) => {
    expect(maskedDatabag(databag)).toEqual(databag);
  });
});

describe('the secrets in a databag', () => {
  it('are known again', () => {
    const databag = {
      password: 'password-1',
      'read-only-uris': 'postgresql://x',
      'relation-4': '{"password":{"secret":"password-2"},"deep":[{"password":"password-3"}]}',
      broken: '{"password":"password-4"',
      database: 'some-database',
    };
    expect(secretsIn(databag)).toEqual([
      'password-1',
      'postgresql://x',
      'password-2',
      'password-3',
    ]);
  });

  it('are none where they are as short as words', () => {
    expect(secretsIn({ password: 'postgre', uris: '' })).toEqual([]);
    expect(secretsIn({ password: 'postgres' })).toEqual(['postgres']);
  });
});

describe('a value without secrets', () => {
  it('has each of them masked, wherever it stands', () => {
    const value = { why: `no ${password}, or ${password}`, list: [password, 1, null, true] };
    expect(without(new Set([password]), value)).toEqual({
      why: 'no ********, or ********',
      list: ['********', 1, null, true],
    });
  });

  it('keeps the words of a program, by their keys', () => {
    const value = { type: 'snapshot', text: 'snapshot', type2: ['snapshot'] };
    expect(without(new Set(['snapshot']), value, new Set(['type']))).toEqual({
      type: 'snapshot',
      text: '********',
      type2: ['********'],
    });
  });

  it('is itself where there are none', () => {
    const value = { a: 1 };
    expect(without(new Set(), value)).toBe(value);
  });
});
