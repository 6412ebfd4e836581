import { describe, expect, it } from 'vitest';
import { databaseRelationBroken, databaseRequested } from '../../machines/index.ts';
import { plan } from '../../src/hook/index.ts';

const event = { relation: 4 };

describe('plan', () => {
  it('masks what an answer teaches', () => {
    const password = { secret: 'do not show' };
    const granted = {
      grant: {
        relation: 4,
        state: 'provisioning',
        user: 'u',
        database: 'd',
        attributes: [],
        roles: [],
        password,
        secrets: {},
        place: null,
        verifier: password,
        requestId: null,
        owner: 'o',
        published: null,
        error: null,
      },
    } as const;
    const { commands } = plan(databaseRequested, event, {
      is_backend_ready: 'yes',
      is_leader: 'yes',
      get_user: { label: 'done', learned: { granted } },
    });
    expect(JSON.stringify(commands)).not.toContain('do not show');
    expect(commands[1]).toMatchObject({
      granted: { grant: { password: '********', verifier: '********' } },
    });
  });

  it.each([
    [{}, 'is_backend_ready is a question without an answer: say "no" or "yes"'],
    [
      { is_lader: 'yes' },
      'database-requested: there is no node "is_lader"; the nodes are hook_fired',
    ],
    [{ rtn: 'done' }, 'rtn takes no answer'],
    [{ hook_fired: 'done' }, 'hook_fired takes no answer'],
    [{ is_leader: 'maybe' }, 'is_leader cannot be answered "maybe": say "no" or "yes"'],
    [{ get_user: 'yes' }, 'get_user cannot be answered "yes": say "done" or "failed"'],
    [{ get_user: null }, 'get_user cannot be answered null'],
  ])('says what does not fit: %j', (answers, message) => {
    expect(() => plan(databaseRequested, event, answers as never)).toThrow(message);
  });

  it('fails where it is told to', () => {
    expect(plan(databaseRelationBroken, event, { update_connection_info: 'failed' })).toEqual({
      path: ['hook_fired', 'update_connection_info', 'failed'],
      commands: [{ _tag: 'UpdateConnectionInfo', relation: 4 }],
      end: { _tag: 'Failed', failure: { _tag: 'Planned', class: 'unavailable' } },
    });
  });
});
