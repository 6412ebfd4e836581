import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { renderRefusal } from '../../src/domain/refusal.ts';
import { type Databag, defaultPolicy, parseRequest } from '../../src/domain/request.ts';

const parse = (databag: Databag) => parseRequest(defaultPolicy)(4, databag);

const reply = { _tag: 'V0', secretFields: [] };

const refusal = (databag: Databag): string => {
  const parsed = parse(databag);
  if (E.isRight(parsed)) throw new Error(`accepted: ${JSON.stringify(parsed.right)}`);
  return renderRefusal(parsed.left);
};

describe('the database of a request', () => {
  it.each(['app', 'App_db-1.2', 'x'.repeat(63), '9'])('accepts %s', (database) => {
    expect(parse({ database })).toEqual(E.right({ database, attributes: [], roles: [], reply }));
  });

  it.each([
    ['U-01: 64 bytes', 'x'.repeat(64), 'has 64 bytes'],
    ['U-02: the same 63 bytes and 7 more', 'x'.repeat(70), 'PostgreSQL keeps 63'],
    ['U-02: 40 letters of two bytes each', 'ä'.repeat(40), 'is "\\u00e4'],
    ['U-04: a newline', 'app\n[pgbouncer]', 'is "app\\n[pgbouncer]"'],
    ['U-04: a carriage return', 'app\r', 'is "app\\r"'],
    ['U-04: a NUL', 'app\0', 'is "app\\u0000"'],
    ['U-06: a comma', 'a,b', 'is "a,b"'],
    ['a prefix', 'app*', 'is "app*"'],
    ['a blank', 'my db', 'is "my db"'],
    ['a quote', `a"b'c`, `is "a\\"b'c"`],
    ['the console', 'pgbouncer', 'a name that is reserved'],
    ['a template, in other letters', 'Template1', 'a name that is reserved'],
    ['the alias of another', 'app_readonly', 'kept for the replicas'],
  ])('refuses %s', (_, database, why) => {
    expect(refusal({ database })).toContain(why);
  });

  it('quotes no more than a few characters of a huge value', () => {
    expect(refusal({ database: '\u001b['.repeat(1_000_000) }).length).toBeLessThan(400);
  });

  it.each([{}, { database: '' }, { 'extra-user-roles': 'CREATEDB' }])(
    'is withdrawn where no database is asked for: %j',
    (databag) => {
      expect(parse(databag)).toEqual(
        E.left({ _tag: 'RequestWithdrawn', class: 'refused', relation: 4 }),
      );
    },
  );

  it.each(['entity-type', 'extra-group-roles', 'prefix-matching'])('refuses %s', (key) => {
    expect(refusal({ database: 'app', [key]: 'GROUP' })).toContain(`${key} is "GROUP"`);
  });
});

describe('the form of the answer', () => {
  const v1 = (...requests: object[]) => ({ version: 'v1', requests: JSON.stringify(requests) });
  const one = { resource: 'app', 'request-id': 'de015aa1e116ffda', salt: 's'.repeat(16) };

  it('keeps the fields that are asked for as secrets, sorted, whatever their names', () => {
    const databag = { database: 'app', 'requested-secrets': '["username", "tls", "other", "tls"]' };
    expect(parse(databag)).toMatchObject({
      right: { reply: { _tag: 'V0', secretFields: ['other', 'tls', 'username'] } },
    });
  });

  it.each(['username', '{"a":1}', '[1]', '['])('refuses requested-secrets of %s', (text) => {
    expect(refusal({ database: 'app', 'requested-secrets': text })).toContain('no JSON list');
  });

  it('reads a request of v1, with nulls for what it leaves out', () => {
    const request = {
      ...one,
      'extra-user-roles': 'CREATEDB',
      'extra-group-roles': null,
      'external-node-connectivity': false,
      'entity-type': null,
      'entity-permissions': null,
      'secret-mtls': null,
    };
    const { 'request-id': requestId, salt } = one;
    expect(parse(v1(request))).toEqual(
      E.right({
        database: 'app',
        attributes: ['CREATEDB'],
        roles: [],
        reply: { _tag: 'V1', requestId, salt },
      }),
    );
  });

  it.each([
    ['two requests', v1(one, { ...one, resource: 'b' }), 'has 2 of them'],
    ['no list', { version: 'v1', requests: '{}' }, 'is no JSON list of requests'],
    ['no JSON', { version: 'v1', requests: '[' }, 'is no JSON list of requests'],
    ['an entity', v1({ ...one, 'entity-type': 'GROUP' }), 'entity-type is "GROUP"'],
    ['a bad name', v1({ ...one, resource: 'a b' }), 'database is "a b"'],
    ['another version', { version: 'v2', database: 'app' }, 'version is "v2"'],
  ])('refuses %s', (_, databag, why) => {
    expect(refusal(databag)).toContain(why);
  });

  it('is withdrawn where the list of v1 is empty, or is not there yet', () => {
    for (const databag of [v1(), { version: 'v1' }])
      expect(parse(databag)).toMatchObject({ left: { _tag: 'RequestWithdrawn' } });
  });

  it('refuses clients from outside where none of them reaches the endpoints', () => {
    const inside = parseRequest({ ...defaultPolicy, isReachedFromOutside: false });
    const databag = { database: 'app', 'external-node-connectivity': 'true' };
    expect(inside(4, databag)).toMatchObject({ left: { field: 'external-node-connectivity' } });
    expect(inside(5, v1({ ...one, 'external-node-connectivity': true }))).toMatchObject({
      left: { field: 'external-node-connectivity' },
    });
    expect(parse(databag)).toMatchObject({ _tag: 'Right' });
    expect(inside(6, { database: 'app' })).toMatchObject({ _tag: 'Right' });
  });
});

describe('extra-user-roles', () => {
  const roles = (text: string) => parse({ database: 'app', 'extra-user-roles': text });

  it.each([
    ['', [], []],
    [',', [], []],
    [' , ,', [], []],
    [' CREATEDB , createrole ', ['CREATEDB', 'CREATEROLE'], []],
    ['createrole,CREATEDB,CreateDB', ['CREATEDB', 'CREATEROLE'], []],
    ['NOSUPERUSER,nocreatedb', [], []],
    ['Analyst,reader', [], ['analyst', 'reader']],
    ['nobody', [], ['nobody']],
  ])('U-17: reads %j', (text, attributes, names) => {
    expect(roles(text)).toEqual(E.right({ database: 'app', attributes, roles: names, reply }));
  });

  it.each([
    ['U-18: SQL', 'CREATEDB; DROP DATABASE x', 'which is neither an attribute'],
    ['U-18: a role too long', 'r'.repeat(64), 'which is neither an attribute'],
    ['SUPERUSER by default', 'superuser', 'may not grant SUPERUSER'],
    ['REPLICATION by default', 'CREATEDB,REPLICATION', 'may not grant REPLICATION'],
    ['a contradiction', 'CREATEDB,NOCREATEDB', 'asks for CREATEDB and for NOCREATEDB'],
    ['a list without end', 'a,'.repeat(3000), '4096 are read'],
  ])('refuses %s', (_, text, why) => {
    expect(refusal({ database: 'app', 'extra-user-roles': text })).toContain(why);
  });

  it('U-19: takes NOSUPERUSER for what it says, under any policy', () => {
    const all = {
      ...defaultPolicy,
      grantable: ['SUPERUSER', 'CREATEDB', 'CREATEROLE', 'REPLICATION'],
    } as const;
    const parsed = parseRequest(all)(4, { database: 'app', 'extra-user-roles': 'NOSUPERUSER' });
    expect(parsed).toEqual(E.right({ database: 'app', attributes: [], roles: [], reply }));
  });

  it('grants what the policy allows', () => {
    const policy = { ...defaultPolicy, grantable: ['SUPERUSER'] } as const;
    const asked = (text: string) =>
      parseRequest(policy)(4, { database: 'app', 'extra-user-roles': text });
    expect(asked('SuperUser')).toEqual(
      E.right({ database: 'app', attributes: ['SUPERUSER'], roles: [], reply }),
    );
    expect(E.isLeft(asked('CREATEDB'))).toBe(true);
  });
});

describe('any databag', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

  it('property: is parsed or refused in printable text, never thrown', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.oneof(fc.constantFrom('database', 'extra-user-roles'), text), text),
        (databag) => {
          const parsed = parse(databag);
          if (E.isLeft(parsed)) expect(renderRefusal(parsed.left)).toMatch(/^[\x20-\x7e…]+$/);
          else expect(parsed.right.database).toMatch(/^[A-Za-z0-9_.-]{1,63}$/);
        },
      ),
    );
  });
});
