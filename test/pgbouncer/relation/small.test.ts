import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Granted } from '../../../machines/index.ts';
import { type Masked, mask } from '../../../src/hook/index.ts';
import { fateOf } from '../../../src/pgbouncer/relation/departing.ts';
import { connectionInfo, sameInfo, succeed } from '../../../src/pgbouncer/relation/endpoints.ts';
import {
  changedField,
  passwordIn,
  provision,
  removing,
  userName,
} from '../../../src/pgbouncer/relation/grant.ts';
import { serving } from '../../../src/pgbouncer/relation/ledger.ts';
import { statusOf } from '../../../src/pgbouncer/relation/status.ts';
import { aGrant } from '../../a-grant.ts';

const grant = aGrant(4, {
  state: 'published',
  database: 'app',
  attributes: ['CREATEDB'],
  roles: ['Analyst'],
  password: { secret: 'known' },
  owner: 'm/a',
  published: { endpoints: 'a:1', readOnlyEndpoints: '', version: '14.5' },
});

describe('what becomes of a unit', () => {
  it.each([
    ['a relation is removed', ['p/0', 'p/1'], 'stays'],
    ['H7: this unit is scaled down', ['p/1', 'p/2'], 'leaves'],
    ['H6: the whole application goes', [], 'ends'],
  ] as const)('%s', (_, plannedUnits, fate) => {
    expect(fateOf('p/0', plannedUnits)).toBe(fate);
  });
});

describe('endpoints', () => {
  describe('U-14: the units that have confirmed the relation', () => {
    const peer = (unit: string, host: string | null, serving: Record<number, string>) => ({
      unit,
      endpoint: host === null ? null : { host, port: 1 },
      serving: new Map(Object.entries(serving).map(([id, name]) => [Number(id), name])),
      listsUsers: true,
      authorities: '',
    });
    const asked = { relation: 4, database: 'app', verifier: { secret: 'SCRAM' }, published: null };
    const app = serving(asked);
    const former = serving({ ...asked, verifier: { secret: 'before' } });
    const peers = [
      peer('p/2', 'zwei', { 4: app }),
      peer('p/0', 'null', { 7: app }),
      peer('p/3', null, { 4: app }),
      peer('p/4', 'drei', { 4: app, 7: 'other' }),
      peer('p/5', 'vier', { 4: 'other', 7: app }),
      peer('p/6', 'fuenf', { 4: former }),
      peer('p/7', 'sechs', { 4: 'app' }),
    ];

    it('are not named where clients come to a service, nor is the leader', () => {
      const service = { host: 'all.svc', port: 6432 };
      const told = {
        endpoints: 'all.svc:6432',
        readOnlyEndpoints: 'all.svc:6432',
        version: '14.5',
      };
      for (const leader of ['one', 'two'])
        for (const others of [[], peers]) {
          const of = connectionInfo(
            { host: leader, port: 6432 },
            others,
            '14.5',
            false,
            '',
            service,
          );
          expect(of(asked)).toEqual(told);
        }
    });

    it('are to be verified by a service when all of them can be, since it leads to a laggard too', () => {
      const service = { host: 'all.svc', port: 6432 };
      const published = { endpoints: 'all.svc:6432', readOnlyEndpoints: 'all.svc:6432' };
      const told = { ...asked, published: { ...published, version: null, authorities: 'ca' } };
      const marked = (...others: readonly string[]) => {
        const units = others.map((ca, at) => ({
          ...peer(`p/${at}`, `${at}`, { 4: app }),
          authorities: ca,
        }));
        const here = { host: 'one', port: 1 };
        const of = connectionInfo(here, units, null, false, 'ca', service);
        return [of(asked), of(told)].map(({ authorities }) => authorities !== undefined);
      };
      expect(marked('ca', 'ca')).toEqual([true, true]);
      expect(marked('ca', '')).toEqual([false, false]);
    });

    it('are read from, sorted; a laggard is left out, and who knows a former verifier', () => {
      expect(connectionInfo({ host: 'one', port: 1 }, peers, '14.5')(asked)).toEqual({
        endpoints: 'one:1',
        readOnlyEndpoints: 'drei:1,zwei:1',
        version: '14.5',
      });
    });

    it('stay published where they are of version 0.1, which names the database alone', () => {
      const told = { endpoints: 'x:1', readOnlyEndpoints: 'sechs:1,y:1', version: null };
      const mixed = connectionInfo({ host: 'one', port: 1 }, peers, '14.5', true);
      expect(mixed({ ...asked, published: told })).toMatchObject({
        readOnlyEndpoints: 'drei:1,sechs:1,zwei:1',
      });
      expect(mixed(asked)).toMatchObject({ readOnlyEndpoints: 'drei:1,zwei:1' });
    });

    it('are named by host and port each, an address of IPv6 in brackets', () => {
      const unit = (host: string, port: number) => ({
        ...peer('p/1', host, { 4: app }),
        endpoint: { host, port },
      });
      const some = [unit('fd00::2', 6432), unit('zwei', 6433), unit('10.0.0.2', 6434)];
      expect(connectionInfo({ host: 'fd00::1', port: 6432 }, some, null)(asked)).toEqual({
        endpoints: '[fd00::1]:6432',
        readOnlyEndpoints: '10.0.0.2:6434,[fd00::2]:6432,zwei:6433',
        version: null,
      });
    });

    it('confirm a grant without a verifier by the database alone', () => {
      const known = connectionInfo({ host: 'one', port: 1 }, peers, '14.5');
      expect(known({ ...asked, verifier: null })).toMatchObject({ readOnlyEndpoints: 'sechs:1' });
    });
  });

  it('U-10: leaves a known endpoint and version standing while nothing better is known', () => {
    const next = { endpoints: null, readOnlyEndpoints: '', version: null };
    expect(succeed(grant.published, next)).toEqual(grant.published);
    expect(succeed(null, next)).toEqual(next);
  });

  it('tells one from another', () => {
    const info = { endpoints: 'a:1', readOnlyEndpoints: 'b:1', version: '14.5' };
    expect(sameInfo(info, { ...info })).toBe(true);
    expect(sameInfo(null, info)).toBe(false);
    for (const change of [{ endpoints: 'c:1' }, { readOnlyEndpoints: '' }, { version: '15.1' }])
      expect(sameInfo(info, { ...info, ...change })).toBe(false);
  });
});

describe('a grant', () => {
  const request = {
    database: 'app',
    attributes: ['CREATEDB'] as const,
    roles: ['analyst'],
    reply: { _tag: 'V0', secretFields: [] } as const,
  };

  it('U-24: finds the password that its own databag shows', () => {
    expect(passwordIn({ password: 'published' })).toEqual({ secret: 'published' });
    expect(passwordIn({})).toBeNull();
  });

  it('goes on from what is on record, and starts anew where nothing is', () => {
    const wanted = { ...request, roles: ['Analyst'], owner: 'm/a' };
    expect(provision(4, wanted, { ...grant, error: 'old' }, { secret: 'known' })).toEqual(grant);
    expect(provision(4, wanted, undefined, { secret: 'new' })).toEqual({
      ...grant,
      state: 'provisioning',
      password: { secret: 'new' },
      published: null,
    });
    expect(provision(4, wanted, removing(grant), { secret: 'new' }).state).toBe('provisioning');
  });

  it('says in which field a request has changed', () => {
    expect(changedField(request, grant)).toBeNull();
    expect(changedField({ ...request, database: 'b' }, grant)).toEqual({
      field: 'database',
      served: 'app',
      requested: 'b',
    });
    expect(changedField({ ...request, attributes: [], roles: [] }, grant)).toEqual({
      field: 'extra-user-roles',
      served: 'CREATEDB,analyst',
      requested: 'nothing',
    });
    expect(
      changedField({ ...request, roles: ['other'] }, { ...grant, attributes: [], roles: [] }),
    ).toEqual({ field: 'extra-user-roles', served: 'nothing', requested: 'CREATEDB,other' });
  });

  it('drops password and verifier when the removal begins', () => {
    expect(removing({ ...grant, verifier: { secret: 'SCRAM' } })).toMatchObject({
      state: 'removing',
      password: null,
      verifier: null,
      published: null,
    });
  });

  it('names its role by the relation', () => {
    expect(userName(4)).toBe('relation_id_4');
  });

  it('keeps the place and the verifier of what it goes on with; another database has a place of its own', () => {
    const wanted = { ...request, roles: ['Analyst'], owner: 'm/a' };
    const before = { ...grant, place: 'hookchart_app', verifier: { secret: 'SCRAM' } };
    expect(provision(4, wanted, before, { secret: 'known' })).toMatchObject({
      place: 'hookchart_app',
      verifier: { secret: 'SCRAM' },
    });
    const other = { ...wanted, database: 'other' };
    expect(
      provision(4, other, { ...before, state: 'provisioning' }, { secret: 'known' }),
    ).toMatchObject({
      place: null,
      verifier: { secret: 'SCRAM' },
    });
  });
});

describe('status', () => {
  const ledger = (
    ...records: Parameters<typeof statusOf>[0]['records'] extends ReadonlyMap<number, infer R>
      ? R[]
      : never
  ) => ({
    records: new Map(records.map((record) => [record.relation, record])),
    lookup: null,
  });

  it('is active where nothing is amiss, and clears by itself', () => {
    expect(statusOf(ledger(grant), null)).toEqual({ name: 'active', message: '' });
  });

  it('blocks on what an operator must see to', () => {
    expect(
      statusOf(
        ledger({ relation: 5, state: 'refused', error: 'bad' }, { ...grant, error: 'worse' }),
        'the backend',
      ),
    ).toEqual({ name: 'blocked', message: 'bad (and 1 more)' });
  });

  it('waits for what comes by itself', () => {
    expect(statusOf(ledger({ ...grant, state: 'removing', error: 'locked' }), null)).toEqual({
      name: 'waiting',
      message: 'removing relation_id_4: locked',
    });
    expect(statusOf(ledger(), 'waiting for it')).toEqual({
      name: 'waiting',
      message: 'waiting for it',
    });
  });
});

describe('mask', () => {
  it('replaces every secret, however deep, and nothing else', () => {
    expect(mask({ a: [{ secret: 'x' }, 1], b: { c: { secret: 'y' }, d: null }, e: 'z' })).toEqual({
      a: ['********', 1],
      b: { c: '********', d: null },
      e: 'z',
    });
  });

  it('type: leaves no place for a password in what is shown', () => {
    expectTypeOf<Masked<Granted>['grant']['verifier']>().toEqualTypeOf<'********' | null>();
    expectTypeOf<Masked<Granted>['grant']['password']>().toEqualTypeOf<'********' | null>();
    expectTypeOf<Granted>().not.toExtend<Masked<Granted>>();
  });
});
