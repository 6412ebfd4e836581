import { describe, expect, it } from 'vitest';
import { secretLabel } from '../../../src/pgbouncer/keys.ts';
import {
  answer,
  answerDatabag,
  isAnswer,
  movedDatabag,
  movedSecret,
  renewedSecret,
  secretFieldsOf,
  settledSecret,
} from '../../../src/pgbouncer/relation/answer.ts';
import type { Reply } from '../../../src/pgbouncer/relation/request.ts';
import { aGrant } from '../../a-grant.ts';

const grant = aGrant(4, { database: 'app' });
const credentials = { username: 'relation_id_4', password: 'p/1' };
const login = { user: 'relation_id_4', password: { secret: 'p/1' } };
const info = { endpoints: 'a:1', readOnlyEndpoints: 'b:1,c:1', version: '14.5' };
const remote = { database: 'app', data: 'not copied', 'extra-user-roles': 'CREATEDB' };
const uri = 'postgresql://relation_id_4:p%2F1@a:1/app';
const readOnlyUri = 'postgresql://relation_id_4:p%2F1@a:1/app_readonly';
const data = '{"database":"app","extra-user-roles":"CREATEDB"}';
const everything = ['password', 'read-only-uris', 'tls', 'tls-ca', 'uris', 'username'];

const v0 = (secretFields: readonly string[] = []): Reply => ({ _tag: 'V0', secretFields });
const v1: Reply = { _tag: 'V1', requestId: 'de01', salt: 'salt' };
const to = (reply: Reply, own = {}, change = {}) =>
  answer({ ...grant, ...change }, login, info, { reply, remote, own });

describe('an answer in v0', () => {
  it('is in the clear for a requirer that asks for no secrets, and without what nobody asked for', () => {
    expect(to(v0())).toEqual({
      clear: {
        data,
        database: 'app',
        endpoints: 'a:1',
        'read-only-endpoints': 'b:1,c:1',
        version: '14.5',
        username: 'relation_id_4',
        password: 'p/1',
        uris: uri,
        'read-only-uris': '',
        tls: 'False',
      },
      secrets: {},
    });
  });

  it('keeps what is asked for in a secret for each group, and shows where they are', () => {
    const answered = to(v0(everything));
    expect(answered.secrets).toEqual({
      user: {
        username: 'relation_id_4',
        password: 'p/1',
        uris: uri,
        'read-only-uris': readOnlyUri,
      },
      tls: { tls: 'False' },
    });
    expect(answerDatabag(answered, { user: 'secret:u', tls: 'secret:t' }, {})).toEqual({
      data,
      database: 'app',
      endpoints: 'a:1',
      'read-only-endpoints': 'b:1,c:1',
      version: '14.5',
      'secret-user': 'secret:u',
      'secret-tls': 'secret:t',
    });
  });

  it('goes on in the clear where it began in the clear', () => {
    const own = { username: 'relation_id_4', password: 'p/1', uris: uri, tls: 'False' };
    const { clear, secrets } = to(v0(everything), own);
    expect(clear).toMatchObject({ username: 'relation_id_4', password: 'p/1', tls: 'False' });
    const { user } = secrets;
    expect(user).toEqual({ ...credentials, 'read-only-uris': readOnlyUri });
  });

  it.each([
    [['password'], ['username', 'tls'], { uris: uri }],
    [['uris'], ['username', 'password', 'tls'], { uris: uri }],
    [['username', 'password'], ['tls'], { uris: uri }],
    [['tls'], ['username', 'password', 'uris'], null],
  ])(
    'has in its secret what it takes to move, and no password beside it: %j',
    (asked, shown, more) => {
      const { clear, secrets } = to(v0(asked));
      const fields = ['username', 'password', 'uris', 'read-only-uris', 'tls'];
      expect(fields.filter((field) => clear[field])).toEqual(shown);
      expect(secrets.user).toEqual(more === null ? undefined : { ...credentials, ...more });
      if (asked.includes('password')) expect(JSON.stringify(clear)).not.toContain('p%2F1');
      if (secrets.user === undefined) return;
      const moved = { endpoints: 'z:1', readOnlyEndpoints: '', version: null };
      expect(movedSecret(secrets.user, grant, moved, asked)).toEqual({
        ...secrets.user,
        uris: uri.replace('@a:1', '@z:1'),
      });
    },
  );

  it('says nothing of what is not known yet', () => {
    const unknown = { endpoints: null, readOnlyEndpoints: '', version: null };
    const { clear } = answer(grant, login, unknown, { reply: v0(), remote, own: {} });
    expect(clear).toMatchObject({
      endpoints: '',
      'read-only-endpoints': '',
      version: '',
      uris: '',
    });
    const { clear: asked, secrets } = answer(grant, login, unknown, { reply: v1, remote, own: {} });
    expect(JSON.parse(asked.requests ?? '')).toMatchObject([
      { endpoints: null, 'read-only-endpoints': null, version: null },
    ]);
    expect(secrets.user).toEqual({ username: 'relation_id_4', password: 'p/1' });
    const nobody = to(v0(everything), {}, {}).secrets;
    expect(Object.keys(nobody)).toEqual(['user', 'tls']);
    const bare = answer(grant, login, unknown, { reply: v0(everything), remote, own: {} });
    expect(bare.secrets.user).toEqual({ username: 'relation_id_4', password: 'p/1' });
  });

  it('moves nothing by credentials that it does not show', () => {
    expect(Object.keys(movedDatabag({ 'secret-user': 's' }, grant, info, everything))).toEqual([
      'endpoints',
      'read-only-endpoints',
      'version',
    ]);
    expect(movedSecret({ username: 'u' }, grant, info, everything)).toEqual({ username: 'u' });
    expect(secretFieldsOf(v0(['tls']))).toEqual(['tls']);
    expect(secretFieldsOf(v1)).toContain('read-only-uris');
  });

  it('finds no request in what is none, and then says only where', () => {
    for (const requests of ['x', '{}', '[]'])
      expect(movedDatabag({ version: 'v1', requests }, grant, info, [])).toEqual({
        endpoints: 'a:1',
        'read-only-endpoints': 'b:1,c:1',
        version: '14.5',
      });
  });

  it('U-01: keeps the alias as long as it has room', () => {
    const database = 'x'.repeat(54);
    const { secrets } = to(v0(everything), {}, { database });
    expect(secrets.user?.['read-only-uris']).toMatch(`/${database}_readonly`);
  });

  it('U-01: leads readers to the plain name where the alias has no room', () => {
    const database = 'x'.repeat(55);
    const { secrets } = to(v0(everything), {}, { database });
    expect(secrets.user?.['read-only-uris']).toMatch(`/${database}`);
    expect(JSON.stringify(secrets)).not.toContain('_readonly');
  });

  it('moves the places and leaves the credentials', () => {
    const moved = { endpoints: 'z:1', readOnlyEndpoints: '', version: '15.1' };
    const shown = { username: 'u', password: 'p', uris: 'old' };
    expect(movedDatabag(shown, grant, moved, [])).toEqual({
      endpoints: 'z:1',
      'read-only-endpoints': '',
      version: '15.1',
      uris: 'postgresql://u:p@z:1/app',
    });
    expect(movedSecret({ ...shown, 'read-only-uris': 'old' }, grant, moved, everything)).toEqual({
      username: 'u',
      password: 'p',
      uris: 'postgresql://u:p@z:1/app',
      'read-only-uris': 'postgresql://u:p@z:1/app_readonly',
    });
    expect(movedSecret(shown, grant, info, everything)['read-only-uris']).toBe(
      'postgresql://u:p@a:1/app_readonly',
    );
  });

  it('has connection strings of one host, which every library of URIs reads', () => {
    const place = { endpoints: '[fd00::1]:6432', readOnlyEndpoints: 'b:1,c:1', version: null };
    const reply = v0(everything);
    const { secrets } = answer(grant, login, place, { reply, remote, own: {} });
    for (const [field, name] of [
      ['uris', 'app'],
      ['read-only-uris', 'app_readonly'],
    ] as const) {
      const url = new URL(secrets.user?.[field] ?? '');
      expect([url.hostname, url.port, url.pathname]).toEqual(['[fd00::1]', '6432', `/${name}`]);
      expect(decodeURIComponent(url.password)).toBe('p/1');
    }
  });

  it('stays in its secret with the unit that it leads to, as long as that one serves', () => {
    const { user = {} } = to(v0(everything)).secrets;
    const elsewhere = { endpoints: 'b:1', readOnlyEndpoints: 'a:1,c:1', version: '14.5' };
    expect(movedSecret(user, grant, elsewhere, everything)).toEqual(user);
    const { user: anew = {} } = answer(grant, login, elsewhere, {
      ...{ reply: v0(everything), remote, own: {} },
    }).secrets;
    expect(settledSecret(user, anew, elsewhere)).toEqual(user);
    // It is no longer there, or not the same in all else.
    const without = { ...elsewhere, readOnlyEndpoints: 'aa:1,c:1' };
    expect(movedSecret(user, grant, without, everything)).toEqual(anew);
    expect(settledSecret({ ...user, uris: uri.replace('p%2F1', 'old') }, anew, elsewhere)).toEqual({
      ...user,
      uris: anew.uris,
    });
    const several = { ...user, 'read-only-uris': uri.replace('@a:1', '@a:1,b:1') };
    expect(settledSecret(several, anew, elsewhere)['read-only-uris']).toBe(anew['read-only-uris']);
  });
});

describe('an answer in v1', () => {
  it('names its request, keeps all credentials in secrets and says no version of v0', () => {
    const asked = { version: 'v1', requests: '[{"resource":"app","request-id":"de01"}]' };
    const answered = answer(grant, login, info, { reply: v1, remote: asked, own: {} });
    expect(answered.secrets).toEqual({
      user: {
        username: 'relation_id_4',
        password: 'p/1',
        uris: uri,
        'read-only-uris': readOnlyUri,
      },
      tls: { tls: 'false' },
    });
    const databag = answerDatabag(answered, { user: 'secret:u', tls: 'secret:t' }, {});
    expect(Object.keys(databag).sort()).toEqual(['data', 'requests', 'version']);
    expect(databag.version).toBe('v1');
    expect(JSON.parse(databag.data ?? '')).toEqual({
      de01: { resource: 'app', 'request-id': 'de01' },
    });
    expect(JSON.parse(databag.requests ?? '')).toEqual([
      {
        resource: 'app',
        'request-id': 'de01',
        salt: 'salt',
        endpoints: 'a:1',
        'read-only-endpoints': 'b:1,c:1',
        version: '14.5',
        'secret-user': 'secret:u',
        'secret-tls': 'secret:t',
      },
    ]);
  });

  it('moves the places within the answer', () => {
    const own = answerDatabag(to(v1), { user: 'secret:u' }, {});
    const moved = movedDatabag(own, grant, { ...info, endpoints: 'z:1' }, secretFieldsOf(v1));
    expect(JSON.parse(moved.requests ?? '')).toMatchObject([
      { endpoints: 'z:1', 'secret-user': 'secret:u', salt: 'salt' },
    ]);
    expect(Object.keys(moved)).toEqual(['requests']);
  });
});

describe('an answer', () => {
  it('takes back what the databag shows of another form', () => {
    const own = { username: 'u', password: 'in the clear', endpoints: 'a:1', version: '14.5' };
    expect(answerDatabag(to(v1), { user: 'secret:u' }, own)).toMatchObject({
      username: '',
      password: '',
      endpoints: '',
      version: 'v1',
    });
    const old = { version: 'v1', requests: '[]', data: '{}' };
    expect(answerDatabag(to(v0()), {}, old)).toMatchObject({ requests: '', version: '14.5', data });
  });

  it('labels its secrets as consumers know them', () => {
    expect(secretLabel(grant, 'user')).toBe('database.4.user.secret');
    expect(secretLabel({ ...grant, requestId: 'de01' }, 'tls')).toBe('database.4.de01.tls.secret');
  });

  it('is told from a databag that shows none', () => {
    const requests = '[{"request-id":"de01","secret-user":"secret:u"}]';
    expect([{ username: 'u' }, { 'secret-user': 's' }, { requests }].every(isAnswer)).toBe(true);
    const none = [
      {},
      { data: '{}' },
      { endpoints: 'a:1' },
      { requests: '[{"request-id":"de01"}]' },
    ];
    expect(none.some(isAnswer)).toBe(false);
    for (const odd of ['x', '[]', '[null]', '[1]', '{}'])
      expect(isAnswer({ requests: odd })).toBe(false);
  });
});

describe('a password that is replaced', () => {
  it('is so in its secret and in its connection strings, and nowhere else', () => {
    const content = { ...credentials, uris: uri, 'read-only-uris': readOnlyUri, note: 'p/1' };
    expect(renewedSecret(content, { secret: 'q:2' })).toEqual({
      username: 'relation_id_4',
      password: 'q:2',
      uris: 'postgresql://relation_id_4:q%3A2@a:1/app',
      'read-only-uris': 'postgresql://relation_id_4:q%3A2@a:1/app_readonly',
      note: 'p/1',
    });
  });
});
