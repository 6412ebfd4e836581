import { describe, expect, it } from 'vitest';
import {
  databasePasswordRenewed,
  databaseRelationBroken,
  databaseRelationDeparted,
  databaseRequested,
} from '../../machines/index.ts';
import { plan } from '../../src/hook/index.ts';

const requested = ['hook_fired', 'is_backend_ready'];
const broken = ['hook_fired', 'update_connection_info', 'is_backend_and_leader'];

describe('which way a hook goes', () => {
  it.each([
    [
      'defers until the backend is ready',
      databaseRequested,
      { is_backend_ready: 'no' },
      [...requested, 'defer'],
      [],
      { _tag: 'Defer' },
    ],
    [
      'returns on a unit that is not the leader',
      databaseRequested,
      { is_backend_ready: 'yes', is_leader: 'no' },
      [...requested, 'is_leader', 'rtn'],
      [],
      { _tag: 'Return' },
    ],
    [
      'provisions on the leader, and publishes last',
      databaseRequested,
      { is_backend_ready: 'yes', is_leader: 'yes' },
      [
        ...requested,
        'is_leader',
        'get_user',
        'create_user_and_db',
        'add_user',
        'update_pg',
        'update_databag',
        'rtn2',
      ],
      [
        { _tag: 'GetUser', relation: 4 },
        { _tag: 'CreateUserAndDatabase', relation: 4, granted: null },
        { _tag: 'AddUser', relation: 4, granted: null },
        { _tag: 'UpdatePgbouncer', relation: 4, granted: null },
        { _tag: 'UpdateDatabag', relation: 4, granted: null },
      ],
      { _tag: 'Return' },
    ],
    [
      'keeps no flag where another unit departs',
      databaseRelationDeparted,
      { is_departing: 'no' },
      ['hook_fired', 'update_connection_info', 'is_departing', 'rtn'],
      [{ _tag: 'UpdateConnectionInfo', relation: 4 }],
      { _tag: 'Return' },
    ],
    [
      'flags a unit that departs itself',
      databaseRelationDeparted,
      { is_departing: 'yes' },
      ['hook_fired', 'update_connection_info', 'is_departing', 'add_flag', 'rtn'],
      [
        { _tag: 'UpdateConnectionInfo', relation: 4 },
        { _tag: 'AddDepartingFlag', relation: 4 },
      ],
      { _tag: 'Return' },
    ],
    [
      'replaces a password in the backend first, and tells last',
      databasePasswordRenewed,
      { is_backend_ready: 'yes' },
      ['hook_fired', 'is_backend_ready', 'renew_password', 'update_pg', 'update_databag', 'rtn2'],
      [
        { _tag: 'RenewPassword', relation: 4 },
        { _tag: 'UpdatePgbouncer', relation: 4, granted: null },
        { _tag: 'UpdateDatabag', relation: 4, granted: null },
      ],
      { _tag: 'Return' },
    ],
    [
      'replaces no password that it could not publish',
      databasePasswordRenewed,
      { is_backend_ready: 'no' },
      ['hook_fired', 'is_backend_ready', 'rtn'],
      [],
      { _tag: 'Return' },
    ],
    [
      'leaves the removal to the leader',
      databaseRelationBroken,
      { is_backend_and_leader: 'no' },
      [...broken, 'rtn'],
      [{ _tag: 'UpdateConnectionInfo', relation: 4 }],
      { _tag: 'Return' },
    ],
    [
      'keeps everything on a unit that departs',
      databaseRelationBroken,
      { is_backend_and_leader: 'yes', is_departing: 'yes' },
      [...broken, 'is_departing', 'rtn2'],
      [{ _tag: 'UpdateConnectionInfo', relation: 4 }],
      { _tag: 'Return' },
    ],
    [
      'removes configuration first, then the user',
      databaseRelationBroken,
      { is_backend_and_leader: 'yes', is_departing: 'no' },
      [...broken, 'is_departing', 'remove_data', 'delete_user', 'rtn3'],
      [
        { _tag: 'UpdateConnectionInfo', relation: 4 },
        { _tag: 'RemoveData', relation: 4 },
        { _tag: 'DeleteUser', relation: 4 },
      ],
      { _tag: 'Return' },
    ],
  ] as const)('%s', (_, machine, answers, path, commands, end) => {
    expect(plan(machine, { relation: 4 }, answers)).toEqual({ path, commands, end });
  });

  it('fails from any node on the failed edge, with the failure', () => {
    const failure = { _tag: 'Anything', class: 'unavailable' } as const;
    const { path, end } = plan(
      databaseRequested,
      { relation: 4 },
      {
        is_backend_ready: 'yes',
        is_leader: 'yes',
        create_user_and_db: { label: 'failed', failure },
      },
    );
    expect(path.at(-1)).toBe('failed');
    expect(end).toEqual({ _tag: 'Failed', failure });
  });
});
