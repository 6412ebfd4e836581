import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { renderRefusal } from '../../../src/pgbouncer/relation/refusal.ts';
import {
  type Databag,
  defaultPolicy,
  type ExtraRoles,
  notAllowed,
  parseRequest,
} from '../../../src/pgbouncer/relation/request.ts';
import vectors from '../testing/requirer-vectors.json' with { type: 'json' };

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
    ['a prefix of PostgreSQL', 'pg_x', 'kept for PostgreSQL and the pooler'],
    ['a prefix of PostgreSQL, in other letters', 'PG_app', 'kept for PostgreSQL and the pooler'],
    ['a prefix of ours', 'HookChart_owner', 'kept for PostgreSQL and the pooler'],
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

  it.each([
    'entity-type',
    'entity-permissions',
    'requested-entity-secret',
    'secret-requested-entity',
    'extra-group-roles',
    'prefix-matching',
    'secret-mtls',
  ])('refuses %s', (key) => {
    expect(refusal({ database: 'app', [key]: 'GROUP' })).toContain(`${key} is "GROUP"`);
    const one = { resource: 'app', 'request-id': 'de01', salt: 's' };
    const requests = (value: unknown) => ({
      version: 'v1',
      requests: JSON.stringify([{ ...one, [key]: value }]),
    });
    expect(refusal(requests('GROUP'))).toContain(`${key} is "GROUP"`);
    expect(refusal(requests([{ resource_name: 'a' }]))).toContain(
      `${key} is "[{\\"resource_name\\":\\"a\\"}]", which is not served`,
    );
    for (const nothing of [null, '', []])
      expect(parse(requests(nothing))).toMatchObject({ right: { database: 'app' } });
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

  const names = (count: number) => JSON.stringify([...Array(count).keys()].map((n) => `n${n}`));

  it.each([
    ['username', 'no JSON list'],
    ['{"a":1}', 'no JSON list'],
    ['[1]', 'no JSON list'],
    ['[', 'no JSON list'],
    ['['.repeat(4096), 'no JSON list'],
    ['['.repeat(4097), 'has 4097 bytes; 4096 are read'],
    ['["__proto__"]', 'has "__proto__": lower-case'],
    ['["\\u0000"]', 'has "\\u0000": lower-case'],
    [`["${'n'.repeat(65)}"]`, 'lower-case letters, digits and "-"'],
    [names(33), 'has 33 names; 32 are read'],
  ])('refuses requested-secrets of %.40s', (text, why) => {
    expect(refusal({ database: 'app', 'requested-secrets': text })).toContain(why);
  });

  it('reads as many names as there may be', () => {
    expect(parse({ database: 'app', 'requested-secrets': names(32) })).toMatchObject({
      _tag: 'Right',
    });
  });

  it('reads what real libraries ask', () => {
    expect(vectors.length).toBeGreaterThan(0);
    for (const { request } of vectors)
      expect(parse(request as unknown as Databag)).toMatchObject({ right: { database: 'app_db' } });
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
    [
      'a field that nests deeper than the stack goes',
      {
        version: 'v1',
        requests: `[{"resource":"app","request-id":"r","salt":"s","entity-type":${'['.repeat(8_000)}${']'.repeat(8_000)}}]`,
      },
      'no JSON list of requests',
    ],
    ['an id with a NUL', v1({ ...one, 'request-id': '\0' }), 'request-id is "\\u0000"'],
    ['an id without end', v1({ ...one, 'request-id': 'a'.repeat(65) }), 'up to 64 letters'],
    ['no id', v1({ ...one, 'request-id': '' }), 'request-id is ""'],
    ['a salt without end', v1({ ...one, salt: 's'.repeat(129) }), 'up to 128 printable'],
    ['a salt with a newline', v1({ ...one, salt: 'a\nb' }), 'salt is "a\\nb"'],
    ['a list without end', v1({ ...one, padding: 'x'.repeat(16_384) }), 'requests has 16'],
    ['nothing but brackets', { version: 'v1', requests: '['.repeat(16_384) }, 'no JSON list'],
    ['a number without end', v1({ ...one, salt: 1e308 }), 'no JSON list of requests'],
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
  const under = (extraRoles: ExtraRoles, text: string) =>
    parseRequest({ ...defaultPolicy, extraRoles })(4, {
      database: 'app',
      'extra-user-roles': text,
    });

  it.each([
    ['', [], []],
    [',', [], []],
    [' , ,', [], []],
    [' CREATEDB , createrole ', ['CREATEDB', 'CREATEROLE'], []],
    ['createrole,CREATEDB,CreateDB', ['CREATEDB', 'CREATEROLE'], []],
    ['NOCREATEROLE,nocreatedb', [], []],
  ])('U-17: reads %j', (text, attributes, names) => {
    expect(roles(text)).toEqual(E.right({ database: 'app', attributes, roles: names, reply }));
  });

  it.each([
    ['U-18: SQL', 'CREATEDB; DROP DATABASE x', 'which is neither an attribute'],
    ['U-18: a role too long', 'r'.repeat(64), 'which is neither an attribute'],
    ['a NUL', 'createdb\0', 'which is neither an attribute'],
    ['a contradiction', 'CREATEDB,NOCREATEDB', 'asks for CREATEDB and for NOCREATEDB'],
    ['a contradiction, the other way', 'NOCREATEROLE,CREATEROLE', 'and for NOCREATEROLE'],
    ['a list without end', 'a,'.repeat(3000), '4096 are read'],
    ['too many names', [...Array(65).keys()].join(), 'has 65 names; 64 are read'],
    [
      'a role that is on no list',
      'pg_monitor',
      'asks for "pg_monitor", which the option allowed-extra-roles does not allow',
    ],
    ['SQL’s own word', 'nobody', 'asks for "nobody", which the option allowed-extra-roles'],
  ])('refuses %s', (_, text, why) => {
    expect(refusal({ database: 'app', 'extra-user-roles': text })).toContain(why);
  });

  const never = [
    ...['superuser', 'replication', 'bypassrls', 'login', 'inherit'].flatMap((name) => [
      name,
      `NO${name}`,
    ]),
    ...['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'],
    ...['pg_database_owner', 'relation_id_5', 'hookchart_auth_0'],
  ];

  it.each(never)('never grants %s, whatever a policy lists', (name) => {
    for (const extraRoles of ['default', [name.toLowerCase(), 'createdb']] as const)
      for (const text of [name, `CREATEDB,${name.toUpperCase()}`])
        expect(under(extraRoles, text)).toEqual(
          E.left({
            _tag: 'RoleNotAllowed',
            class: 'refused',
            relation: 4,
            role: name.toLowerCase(),
            because: 'never',
          }),
        );
  });

  it('grants what the policy lists, and nothing else', () => {
    const list = ['analyst', 'reader', 'createrole'];
    expect(under(list, 'Reader,ANALYST,CREATEROLE')).toEqual(
      E.right({
        database: 'app',
        attributes: ['CREATEROLE'],
        roles: ['analyst', 'reader'],
        reply,
      }),
    );
    expect(under(list, 'analyst,CREATEDB')).toMatchObject({
      left: { _tag: 'RoleNotAllowed', role: 'CREATEDB', because: 'unlisted' },
    });
    expect(under([], 'createdb')).toMatchObject({ left: { because: 'unlisted' } });
    expect(under([], 'nocreatedb')).toMatchObject({ _tag: 'Right' });
  });

  it.each([
    ['default', ['CREATEDB'], [], '14.11', null],
    ['default', ['CREATEDB', 'CREATEROLE'], [], '15.9', 'CREATEROLE'],
    ['default', ['CREATEDB', 'CREATEROLE'], [], '16.0', null],
    ['default', ['CREATEROLE'], [], '18beta1', null],
    ['default', ['CREATEROLE'], [], 'unheard of', 'CREATEROLE'],
    ['default', [], ['Analyst'], '18.4', 'Analyst'],
    [['createrole', 'analyst'], ['CREATEROLE'], ['Analyst'], '14.11', null],
    [['createrole', 'analyst'], ['CREATEDB', 'CREATEROLE'], [], '18.4', 'CREATEDB'],
    [['superuser'], [], ['superuser'], '18.4', 'superuser'],
  ] as const)(
    '%j allows %j and %j on %s but for %j',
    (extraRoles, attributes, roles, version, odd) => {
      const policy = { ...defaultPolicy, extraRoles };
      expect(notAllowed({ attributes, roles }, policy, version)).toBe(odd);
    },
  );

  it('says why an attribute is too much for an old PostgreSQL', () => {
    const refused = { _tag: 'RoleNotAllowed', class: 'refused', relation: 4 } as const;
    expect(renderRefusal({ ...refused, role: 'CREATEROLE', because: 'version' })).toContain(
      'before PostgreSQL 16 reaches the roles of others',
    );
  });
});

describe('the size of a databag', () => {
  const filled = (bytes: number) => ({ database: 'app', padding: 'x'.repeat(bytes - 18) });
  const keys = (count: number) =>
    Object.fromEntries([...Array(count - 1).keys()].map((key) => [`key-${key}`, 'x']));

  it('is refused where it is too much, and read where it is just enough', () => {
    expect(parse(filled(65_536))).toMatchObject({ _tag: 'Right' });
    expect(refusal(filled(65_537))).toBe(
      'relation 4: databag has 65537 bytes; 65536 are read; change the request',
    );
    expect(refusal({ database: 'app', padding: 'ä'.repeat(32_768) })).toContain('has 65554 bytes');
    for (const [unit, bytes] of [
      ['€', 3],
      ['😀', 4],
    ] as const) {
      const rest = { database: 'app', padding: unit.repeat(20_000), pad: '' };
      const size = Buffer.byteLength(Object.entries(rest).flat().join(''));
      const pad = 'x'.repeat(Math.max(0, 65_536 - size));
      expect(size).toBe(21 + 20_000 * bytes);
      if (bytes === 3) expect(parse({ ...rest, pad })).toMatchObject({ _tag: 'Right' });
      else expect(refusal(rest)).toContain(`has ${size} bytes`);
    }
    expect(parse({ ...keys(100), database: 'app' })).toMatchObject({ _tag: 'Right' });
    expect(refusal({ ...keys(101), database: 'app' })).toContain('databag has 101 keys; 100');
  });
});

describe('any databag', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    // Lone surrogates, which no unit of fast-check makes.
    fc
      .array(fc.constantFrom('\0', '\ud800', '\udfff', '\u202e', '\u001b[2J', '"', ','))
      .map((parts) => parts.join('')),
    fc.constantFrom('x', '[', '{"a":', '\0', 'a,').map((part) => part.repeat(200_000)),
    fc.constantFrom('[', '{"a":', '[[],').map((part) => part.repeat(3_000)),
    fc.constantFrom('v1', 'v0', 'app', 'true', 'CREATEDB', '["username"]'),
    fc.json(),
  );
  const named = fc.constantFrom(
    ...['version', 'database', 'extra-user-roles', 'requested-secrets', 'requests', 'entity-type'],
    ...['external-node-connectivity', '__proto__', 'constructor', 'toString', 'data'],
  );
  const one = fc.record(
    {
      resource: fc.oneof(fc.constantFrom('app', ''), text),
      'request-id': fc.oneof(fc.constantFrom('de015aa1e116ffda', '__proto__'), text),
      salt: fc.oneof(fc.constantFrom('salt'), text),
      'extra-user-roles': fc.oneof(fc.constantFrom('CREATEDB', null), text),
      'entity-type': fc.constantFrom(null, 1, '', {}, 1e308),
      ['__proto__']: fc.constantFrom(null, { resource: 'other' }),
    },
    { requiredKeys: ['resource', 'request-id', 'salt'] },
  );
  const v1 = fc.array(one, { maxLength: 2 }).map((requests) => ({
    version: 'v1',
    requests: JSON.stringify(requests),
  }));
  const hostile = fc.oneof(
    fc.dictionary(fc.oneof(named, text), text, { noNullPrototype: true }),
    fc
      .tuple(fc.dictionary(text, text, { maxKeys: 1 }), v1)
      .map((bags) => Object.assign({}, ...bags)),
  );

  it('property: is parsed or refused in printable text, never thrown; all that is kept is bounded', () => {
    fc.assert(
      fc.property(hostile, (databag) => {
        const parsed = parse(databag);
        if (E.isLeft(parsed)) {
          expect(renderRefusal(parsed.left)).toMatch(/^[\x20-\x7e…]{1,400}$/);
          return;
        }
        const { database, roles, attributes, reply } = parsed.right;
        expect(database).toMatch(/^[A-Za-z0-9_.-]{1,63}$/);
        expect(attributes.length + roles.length).toBeLessThanOrEqual(64);
        for (const role of roles) expect(role).toMatch(/^.{1,63}$/);
        const kept = reply._tag === 'V1' ? [reply.requestId, reply.salt] : reply.secretFields;
        expect(kept.length).toBeLessThanOrEqual(32);
        for (const value of kept) expect(value).toMatch(/^[\x20-\x7e]{0,128}$/);
        expect(JSON.stringify(databag).length).toBeLessThan(6 * 65_536 + 1_000);
      }),
      { numRuns: 1_000 },
    );
  });
});
