import type { HookError } from '../../src/engine/index.ts';

type Tag = HookError['_tag'];

/** One of each error there is; the compiler misses those that are not here. */
export const everyError: { readonly [Name in Tag]: Extract<HookError, { readonly _tag: Name }> } = {
  RequestWithdrawn: { _tag: 'RequestWithdrawn', class: 'refused', relation: 4 },
  RequestInvalid: {
    _tag: 'RequestInvalid',
    class: 'refused',
    relation: 4,
    field: 'database',
    why: 'is longer than 63 bytes',
  },
  RequestChanged: {
    _tag: 'RequestChanged',
    class: 'refused',
    relation: 4,
    field: 'database',
    served: 'sales',
    requested: 'orders',
  },
  RoleNotAllowed: {
    _tag: 'RoleNotAllowed',
    class: 'refused',
    relation: 4,
    role: 'pg_monitor',
    because: 'unlisted',
  },
  RoleNotGrantable: { _tag: 'RoleNotGrantable', class: 'refused', relation: 4, role: 'dba' },
  RoleTaken: { _tag: 'RoleTaken', class: 'refused', relation: 4, role: 'sales_owner' },
  DatabaseTaken: {
    _tag: 'DatabaseTaken',
    class: 'refused',
    relation: 4,
    database: 'sales',
    takenBy: 'alice',
    handOver: 'hookchart_home_5d1f',
  },
  BackendUnavailable: {
    _tag: 'BackendUnavailable',
    class: 'unavailable',
    where: '10.0.0.2:5432',
    why: 'connection refused',
  },
  RoleInUse: {
    _tag: 'RoleInUse',
    class: 'unavailable',
    role: 'relation_id_4',
    why: 'canceling statement due to lock timeout',
  },
  EndpointUnknown: { _tag: 'EndpointUnknown', class: 'unavailable', unit: 'pgbouncer/1' },
  SecretUnreadable: {
    _tag: 'SecretUnreadable',
    class: 'unavailable',
    id: 'secret:9m4e2mr0ui3e8a215n4g',
    why: 'permission denied',
  },
  PoolerUnavailable: {
    _tag: 'PoolerUnavailable',
    class: 'unavailable',
    where: '10.0.0.5:6432',
    why: 'connection refused',
  },
  LoginRefused: {
    _tag: 'LoginRefused',
    class: 'unavailable',
    user: 'relation_id_4',
    database: 'sales',
    why: 'no such user',
  },
  DeferralsUnreadable: { _tag: 'DeferralsUnreadable', class: 'broken', why: 'it is not JSON' },
  EndpointInvalid: { _tag: 'EndpointInvalid', class: 'broken', endpoint: 'primary;:5432' },
  LedgerUnreadable: {
    _tag: 'LedgerUnreadable',
    class: 'broken',
    key: 'relation-4',
    why: 'it is not JSON',
  },
  SqlFailed: {
    _tag: 'SqlFailed',
    class: 'broken',
    statement: 'make roles',
    sqlState: '42501',
    message: 'permission denied to create role',
  },
  ConfigRejected: {
    _tag: 'ConfigRejected',
    class: 'broken',
    file: '/var/lib/hookchart/pgbouncer-1/pgbouncer.ini',
    why: 'sales is missing',
  },
  FileFailed: {
    _tag: 'FileFailed',
    class: 'broken',
    path: '/var/lib/hookchart/pgbouncer-1/pgbouncer.ini',
    code: 'EACCES',
  },
  ModelRefused: {
    _tag: 'ModelRefused',
    class: 'broken',
    call: 'relation-set',
    why: 'cannot write relation settings',
  },
  ModelUnusable: {
    _tag: 'ModelUnusable',
    class: 'broken',
    call: 'relation-get',
    why: 'it is not there',
  },
  NothingGranted: { _tag: 'NothingGranted', class: 'broken', command: 'AddUser', relation: 4 },
};
