import { describe, expect, it } from 'vitest';
import { Agent } from '../../../src/pgbouncer/postgres/agent.ts';
import type { Connections } from '../../../src/pgbouncer/postgres/connections.ts';
import { SqlProblem } from '../../../src/pgbouncer/postgres/problem.ts';
import type { Server } from '../../../src/pgbouncer/postgres/server.ts';

/** An agent on a server that refuses what the test says, and what that server was sent. */
function agentOn(refusal: (statement: string) => string | null) {
  const sent: string[] = [];
  const send = async (_: string, statements: readonly string[]) => {
    for (const statement of statements) {
      const sqlState = refusal(statement);
      if (sqlState !== null) {
        const detail = null;
        throw new SqlProblem(statement, {
          name: 'error',
          kind: 'refused',
          sqlState,
          message: 'no',
          detail,
        });
      }
      if (/^(GRANT|REVOKE) /.test(statement))
        sent.push(statement.replace(/"hookchart_agent[^"]*"/, 'agent'));
    }
    return [];
  };
  return { agent: new Agent({ send } as unknown as Connections, { major: 18 } as Server), sent };
}

describe('an agent', () => {
  it('is lent nothing for a database before all is taken back that it was lent for another', async () => {
    let refused: string | null = '57014';
    const { agent, sent } = agentOn((statement) =>
      statement.startsWith('REVOKE') ? refused : null,
    );
    await agent.lend(['leaver', 'first_owner']);
    await expect(agent.giveBack(['first_owner'])).rejects.toThrow('no');
    sent.length = 0;
    await expect(agent.lend(['leaver', 'second_owner'])).rejects.toThrow('no');
    expect(sent).toEqual([]);
    refused = null;
    await agent.lend(['leaver', 'second_owner']);
    expect(sent[0]).toBe('REVOKE "first_owner" FROM agent');
    expect(sent.join()).toContain('GRANT "second_owner" TO agent');
    sent.length = 0;
    await agent.lend(['leaver']);
    expect(sent.join()).not.toContain('REVOKE');
  });

  it('owes nothing to a role that has gone meanwhile', async () => {
    const { agent } = agentOn((statement) => (statement.startsWith('REVOKE') ? '42704' : null));
    await agent.lend(['leaver', 'owner']);
    await expect(agent.giveBack(['owner'])).rejects.toThrow('no');
    await agent.lend(['leaver']);
  });
});
