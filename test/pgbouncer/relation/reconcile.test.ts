import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { Grant } from '../../../machines/index.ts';
import { type LedgerRecord, recordsApart } from '../../../src/pgbouncer/relation/ledger.ts';
import {
  type LeaderView,
  reconcile,
  reconcileFollower,
} from '../../../src/pgbouncer/relation/reconcile.ts';
import { type Refusal, renderRefusal } from '../../../src/pgbouncer/relation/refusal.ts';
import { aGrant } from '../../a-grant.ts';

const info = { endpoints: 'a:1', readOnlyEndpoints: '', version: '14.5' };

const grant = (relation: number, change: Partial<Grant> = {}) =>
  aGrant(relation, {
    state: 'published',
    database: `db${relation}`,
    published: info,
    ...change,
  });

const asks = (relation: number) =>
  [
    relation,
    E.right({
      database: `db${relation}`,
      attributes: [],
      roles: [],
      reply,
    }),
  ] as const;

const refusal: Refusal = {
  _tag: 'RequestInvalid',
  class: 'refused',
  relation: 4,
  field: 'database',
  why: 'is bad',
};

const reply = { _tag: 'V0', secretFields: [] } as const;

const view = (
  records: LedgerRecord[],
  requests: (readonly [
    number,
    LeaderView['requests'] extends ReadonlyMap<number, infer R> ? R : never,
  ])[],
  change: Partial<LeaderView> = {},
): LeaderView => {
  const relations = change.relations ?? new Set(requests.map(([relation]) => relation));
  const ledger = { records: new Map(records.map((one) => [one.relation, one])), lookup: null };
  return {
    fate: 'stays',
    succeeding: false,
    backendReady: true,
    ledger,
    apart: recordsApart(ledger, relations),
    relations,
    requests: new Map(requests),
    stale: [],
    info: () => info,
    flags: [],
    audit: null,
    lookupIsIdle: false,
    ...change,
  };
};

const configure = { hook: 'ledger-moved', event: {} };
const orphan = (relation: number) => ({ relation, user: `relation_id_${relation}` });
const provision = (relation: number, damage?: string) => ({
  hook: 'database-requested',
  event: damage === undefined ? { relation } : { relation, damage },
});

describe('reconcile', () => {
  it('has nothing to do but look at its own PgBouncer where all is well', () => {
    expect(reconcile(view([grant(4)], [asks(4)]))).toEqual([configure]);
  });

  it('removes first, then provisions, then publishes', () => {
    const work = reconcile(
      view([grant(4), grant(9, { published: null })], [asks(7), asks(9)], { flags: [2, 7] }),
    );
    expect(work).toEqual([
      { hook: 'flag-left', event: { relation: 2 } },
      { hook: 'user-left', event: { relation: 4 } },
      configure,
      { hook: 'removal-begun', event: { relation: 4 } },
      provision(7),
      { hook: 'connection-moved', event: { relation: 9 } },
    ]);
  });

  it('H12: remembers the removal while the backend is down, and deletes when it is back', () => {
    const down = reconcile(view([grant(4)], [], { backendReady: false }));
    expect(down).toEqual([{ hook: 'user-left', event: { relation: 4 } }, configure]);
    const back = reconcile(view([grant(4, { state: 'removing' })], []));
    expect(back).toEqual([configure, { hook: 'removal-begun', event: { relation: 4 } }]);
  });

  it('H7: keeps what it no longer sees while it leaves itself', () => {
    const audit = { orphans: [orphan(8)], damaged: [] };
    expect(reconcile(view([grant(4)], [], { fate: 'leaves', audit }))).toEqual([configure]);
  });

  it('takes all that there is along where the application goes, and serves nobody any more', () => {
    const audit = { orphans: [orphan(8)], damaged: [] };
    const going = { fate: 'ends', succeeding: true, audit } as const;
    expect(reconcile(view([grant(4)], [asks(4), asks(5)], going))).toEqual([
      { hook: 'user-left', event: { relation: 4 } },
      configure,
      { hook: 'removal-begun', event: { relation: 4 } },
      { hook: 'role-strayed', event: orphan(8) },
    ]);
  });

  it('takes no relation for gone where another unit has led since', () => {
    const audit = { orphans: [orphan(5)], damaged: [] };
    expect(reconcile(view([grant(4)], [], { succeeding: true, audit }))).toEqual([configure]);
    expect(reconcile(view([grant(4)], [], { succeeding: false, audit }))).toHaveLength(4);
  });

  it.each([
    ['never served, and withdrawn', 'provisioning', 'RequestWithdrawn', true],
    ['never served, and spoilt: the refusal ends it', 'provisioning', 'RequestInvalid', false],
    ['served, and withdrawn: it stays', 'published', 'RequestWithdrawn', false],
    ['served, and spoilt: it stays', 'published', 'RequestInvalid', false],
    ['being removed, and withdrawn', 'removing', 'RequestWithdrawn', true],
    ['being removed, and spoilt', 'removing', 'RequestInvalid', true],
  ] as const)('of a relation that lives: %s', (_, state, tag, isRemoved) => {
    const request: Refusal =
      tag === 'RequestInvalid' ? refusal : { _tag: tag, class: 'refused', relation: 4 };
    const work = reconcile(view([grant(4, { state })], [[4, E.left(request)]]));
    const tags = work.map(({ hook }) => hook);
    expect(tags.includes('removal-begun')).toBe(isRemoved);
    expect(tags.includes('user-left')).toBe(isRemoved && state === 'provisioning');
  });

  it('removes the role of a relation that asks no more and has no record', () => {
    const audit = { orphans: [orphan(4)], damaged: [] };
    const withdrawn: Refusal = { _tag: 'RequestWithdrawn', class: 'refused', relation: 4 };
    expect(reconcile(view([], [[4, E.left(withdrawn)]], { audit }))).toEqual([
      configure,
      { hook: 'role-strayed', event: orphan(4) },
    ]);
    expect(reconcile(view([], [asks(4)], { audit }))).toEqual([configure, provision(4)]);
  });

  it('H1: provisions what the databags want, whoever was told; not while the backend is down', () => {
    const wanted = [provision(4)];
    expect(reconcile(view([], [asks(4)]))).toEqual([configure, ...wanted]);
    expect(reconcile(view([], [asks(4)], { backendReady: false }))).toEqual([configure]);
    for (const record of [
      grant(4, { state: 'provisioning' }),
      grant(4, { state: 'removing' }),
      { relation: 4, state: 'refused', error: 'taken' } as const,
    ])
      expect(reconcile(view([record], [asks(4)]))).toEqual([configure, ...wanted]);
  });

  it('records a refusal once, and looks again when the request changes', () => {
    const refused = [4, E.left(refusal)] as const;
    const error = renderRefusal(refusal);
    expect(reconcile(view([], [refused]))).toEqual([
      configure,
      { hook: 'request-refused', event: { relation: 4, refusal } },
    ]);
    expect(reconcile(view([{ relation: 4, state: 'refused', error }], [refused]))).toEqual([
      configure,
    ]);
    expect(reconcile(view([grant(4, { error })], [refused]))).toEqual([configure]);
    expect(reconcile(view([grant(4, { error })], [asks(4)]))).toEqual([
      configure,
      { hook: 'refusal-over', event: { relation: 4 } },
    ]);
  });

  it('U-18: forgets a refusal when its request is withdrawn or its relation is gone', () => {
    const record = { relation: 4, state: 'refused', error: 'x' } as const;
    const withdrawn = { _tag: 'RequestWithdrawn', class: 'refused', relation: 4 } as const;
    const drop = [{ hook: 'refusal-over', event: { relation: 4 } }, configure];
    expect(reconcile(view([record], []))).toEqual(drop);
    expect(reconcile(view([record], [[4, E.left(withdrawn)]]))).toEqual([...drop].reverse());
  });

  it('keeps a database whose request has become unreadable', () => {
    const withdrawn = { _tag: 'RequestWithdrawn', class: 'refused', relation: 4 } as const;
    expect(reconcile(view([grant(4)], [[4, E.left(withdrawn)]]))).toEqual([configure]);
  });

  it('refuses a change of what was granted', () => {
    const other = E.right({
      database: 'other',
      attributes: [],
      roles: [],
      reply,
    });
    expect(reconcile(view([grant(4)], [[4, other]]))[1]).toMatchObject({
      hook: 'request-refused',
      event: {
        refusal: { _tag: 'RequestChanged', field: 'database', served: 'db4', requested: 'other' },
      },
    });
  });

  it('mends what the backend lost, and removes what nobody remembers', () => {
    const damaged = [{ relation: 4, what: 'its database is not there' }];
    const audit = { orphans: [orphan(4), orphan(8)], damaged };
    expect(reconcile(view([grant(4)], [asks(4)], { audit }))).toEqual([
      configure,
      { hook: 'role-strayed', event: orphan(8) },
      provision(4, 'its database is not there'),
    ]);
  });

  it('restores what was granted where the request cannot be served as it stands', () => {
    const damage = 'relation_id_4 has other rights';
    const audit = { orphans: [], damaged: [{ relation: 4, what: damage }] };
    const restore = { hook: 'grant-damaged', event: { relation: 4, damage } };
    const error = renderRefusal(refusal);
    expect(reconcile(view([grant(4)], [[4, E.left(refusal)]], { audit }))).toEqual([
      configure,
      { hook: 'request-refused', event: { relation: 4, refusal } },
      restore,
    ]);
    expect(reconcile(view([grant(4, { error })], [[4, E.left(refusal)]], { audit }))).toEqual([
      configure,
      restore,
    ]);
    const withdrawn = { _tag: 'RequestWithdrawn', class: 'refused', relation: 4 } as const;
    expect(reconcile(view([grant(4)], [[4, E.left(withdrawn)]], { audit }))).toEqual([
      configure,
      restore,
    ]);
  });

  it('restores what was granted to a relation whose databag cannot be read, and not to one that is gone', () => {
    const damage = 'relation_id_4 has other rights';
    const audit = { orphans: [], damaged: [{ relation: 4, what: damage }] };
    const unread = { audit, relations: new Set([4]) };
    expect(reconcile(view([grant(4)], [], unread))).toEqual([
      configure,
      { hook: 'grant-damaged', event: { relation: 4, damage } },
    ]);
    const gone = { audit, succeeding: true };
    expect(reconcile(view([grant(4)], [], gone))).toEqual([configure]);
  });

  it('retires the login of version 0.1 when it is of no use, last, and not while the backend is down', () => {
    const retire = { hook: 'lookup-idle', event: {} };
    const moved = [grant(4, { published: null })];
    expect(reconcile(view(moved, [asks(4)], { lookupIsIdle: true }))).toEqual([
      configure,
      { hook: 'connection-moved', event: { relation: 4 } },
      retire,
    ]);
    const down = { lookupIsIdle: true, backendReady: false };
    expect(reconcile(view([grant(4)], [asks(4)], down))).toEqual([configure]);
  });

  it('leaves a relation alone that lives and has no record yet', () => {
    const audit = { orphans: [orphan(4)], damaged: [] };
    expect(reconcile(view([], [asks(4)], { audit }))).toEqual([configure, provision(4)]);
  });

  it('gives a follower its own flags and its own PgBouncer', () => {
    expect(reconcileFollower({ flags: [4, 7], relations: new Set([7]) })).toEqual([
      { hook: 'flag-left', event: { relation: 4 } },
      configure,
    ]);
  });
});
