import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { databaseRequested } from '../../../machines/index.ts';
import { begin } from '../../../src/hook/index.ts';
import { type HookError, render } from '../../../src/pgbouncer/errors.ts';
import type { ChartEnd } from '../../../src/pgbouncer/run.ts';
import { dispatch } from '../../dispatch.ts';
import { interpret } from '../../interpret.ts';
import { MemoryWorld } from '../../memory-world.ts';

const relation = 4;

describe('render', () => {
  const errors: readonly [HookError, string][] = [
    [{ _tag: 'RequestWithdrawn', class: 'refused', relation }, 'nothing is left to do'],
    [
      { _tag: 'RequestInvalid', class: 'refused', relation, field: 'database', why: 'is bad' },
      'relation 4: database is bad; change the request',
    ],
    [
      {
        _tag: 'RequestChanged',
        class: 'refused',
        relation,
        field: 'database',
        served: 'a',
        requested: 'b',
      },
      'was a and is now b; change it back',
    ],
    [{ _tag: 'RoleNotGrantable', class: 'refused', relation, role: 'dba' }, '"dba"'],
    [{ _tag: 'RoleTaken', class: 'refused', relation, role: 'r' }, 'rename or drop it'],
    [
      {
        ...({ _tag: 'DatabaseTaken', class: 'refused' } as const),
        ...{ relation, database: 'd', takenBy: 'them', handOver: 'us' },
      },
      'belongs to "them", which this deployment did not make; ask for another name, or hand it over to "us"',
    ],
    [
      { _tag: 'RoleNotAllowed', class: 'refused', relation, role: 'r', because: 'unlisted' },
      'asks for "r", which the option allowed-extra-roles does not allow',
    ],
    [
      { _tag: 'RoleNotAllowed', class: 'refused', relation, role: 'r', because: 'never' },
      'asks for "r", which is never granted',
    ],
    [
      {
        _tag: 'RoleNotAllowed',
        class: 'refused',
        relation,
        role: 'CREATEROLE',
        because: 'version',
      },
      'asks for "CREATEROLE", which before PostgreSQL 16 reaches the roles of others',
    ],
    [
      {
        ...({ _tag: 'NotAccepted', class: 'refused', relation } as const),
        ...({ by: 'PostgreSQL', what: 'make roles', why: 'no (SQLSTATE X)' } as const),
      },
      'relation 4: PostgreSQL does not make roles: no (SQLSTATE X); it is tried again with each',
    ],
    [
      { _tag: 'BackendUnavailable', class: 'unavailable', where: 'h:1', why: 'refused' },
      'PostgreSQL at h:1 is not available (refused)',
    ],
    [
      { _tag: 'RoleInUse', class: 'unavailable', role: 'r', why: 'locked', isLockedOut: true },
      'role r cannot be removed yet (locked); it can no longer log in, and the removal is tried again',
    ],
    [
      { _tag: 'RoleInUse', class: 'unavailable', role: 'r', why: 'locked', isLockedOut: false },
      'role r cannot be removed yet (locked); it can still log in, and the removal is tried again',
    ],
    [{ _tag: 'PoolerUnavailable', class: 'unavailable', where: 'h:1', why: 'x' }, 'start it'],
    [
      { _tag: 'OutOfTime', class: 'unavailable', what: 'Provision' },
      "Provision was not begun, for the hook's time was up; the next hook does it",
    ],
    [{ _tag: 'EndpointUnknown', class: 'unavailable', unit: 'p/1' }, 'p/1 has no address yet'],
    [
      { _tag: 'LoginRefused', class: 'unavailable', user: 'u', database: 'd', why: 'x' },
      'u cannot log in to d',
    ],
    [{ _tag: 'EndpointInvalid', class: 'broken', endpoint: ':0' }, 'correct the backend'],
    [{ _tag: 'LedgerUnreadable', class: 'broken', key: 'relation-4', why: 'x' }, 'repair the key'],
    [
      {
        _tag: 'SqlFailed',
        class: 'broken',
        statement: 'create roles',
        sqlState: 'X',
        message: 'm',
      },
      'PostgreSQL failed to create roles: m (SQLSTATE X)',
    ],
    [{ _tag: 'ConfigRejected', class: 'broken', file: 'f', why: 'x' }, 'previous files are back'],
    [{ _tag: 'FileFailed', class: 'broken', path: 'p', code: 'EACCES' }, 'check the folder'],
    [{ _tag: 'ModelRefused', class: 'broken', call: 'relation-set', why: 'x' }, 'Juju refused'],
    [{ _tag: 'NothingGranted', class: 'broken', command: 'AddUser', relation }, 'AddUser has'],
  ];

  it.each(errors)('says what failed and what to do: $_tag', (error, text) => {
    expect(render(error)).toContain(text);
  });
});

describe('a hook that is gone on from a stored state', () => {
  const [asked] = begin(databaseRequested, { relation });
  const at = (node: string) => ({ ...asked, node });

  it('reports the path from where it stood, and the event it began with', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    const outcome = await interpret(world.adapters('p/1'))(databaseRequested)(at('get_user'))();
    expect(outcome).toMatchObject({
      right: {
        event: { relation },
        path: ['get_user', 'create_user_and_db', 'add_user', 'update_pg', 'update_databag', 'rtn2'],
      },
    });
    expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('goes on with what is on record where it was taught nothing', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    const outcome = await interpret(world.adapters('p/1'))(databaseRequested)(
      at('update_databag'),
    )();
    expect(outcome._tag).toBe('Right');
    expect(world.own(relation)).toEqual(bag);
  });

  it('breaks where nothing was taught and nothing is on record', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    const outcome = await interpret(world.adapters('p/1'))(databaseRequested)(at('add_user'))();
    expect(outcome).toMatchObject({ left: { _tag: 'NothingGranted', command: 'AddUser' } });
    expect(world.peer()).toEqual({});
  });

  it('ends with what its keeper failed of', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    const failed: HookError = { _tag: 'FileFailed', class: 'broken', path: 'p', code: 'ENOSPC' };
    const keep = () => async () => E.left(failed);
    const outcome = await world.attempt('p/1', 'database-requested', { relation }, { keep });
    expect(outcome).toEqual(E.left(failed));
  });
});

const whyOf = (end: ChartEnd) => ('why' in end ? (end.why?._tag ?? null) : null);

describe('a reconciliation', () => {
  it('breaks where this unit’s PgBouncer does not take its configuration', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    world.postgres.endpoints = { primary: { host: '', port: 5432 }, replicas: [] };
    await expect(world.reconcile('p/0')).rejects.toThrow('is no endpoint that PgBouncer could use');
  });

  it('does the rest where one piece of work fails', async () => {
    const world = new MemoryWorld();
    world.juju.request(4, { database: 'taken' });
    world.juju.request(5, { database: 'free' });
    world.postgres.databases.set('taken', 'someone/else');
    const work = await world.reconcile('p/1');
    expect(work.map(({ hook, end }) => [hook, whyOf(end)])).toEqual([
      ['update-status', null],
      ['database-requested', 'DatabaseTaken'],
      ['database-requested', null],
    ]);
    expect(world.logsIn(world.own(5))).toBe(true);
    expect(world.record(4)).toMatchObject({ state: 'refused' });
  });

  it('publishes nothing through a pooler that is down', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    world.pooler('p/1').isUp = false;
    const work = await world.reconcile('p/1');
    expect(work.map(({ hook, end }) => [hook, whyOf(end)])).toEqual([
      ['update-status', 'PoolerUnavailable'],
      ['ledger-moved', 'PoolerUnavailable'],
    ]);
    expect(world.own(relation)).toEqual({});
  });

  it('is not lost where the backend goes away while it is asked', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    const adapters = world.adapters('p/1');
    const away = async () => {
      world.postgres.isUp = false;
      return E.right(undefined);
    };
    const outcome = await dispatch({
      ...adapters,
      backend: { ...adapters.backend, ready: away },
    })({ hook: 'update-status' })();
    expect(outcome._tag).toBe('Right');
    expect(world.own(relation)).toEqual(bag);
  });
});
