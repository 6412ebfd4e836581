import { describe, expect, it } from 'vitest';
import { instancesOf } from '../../attack/attacks/index.ts';
import { randomTenants } from '../../attack/random.ts';
import { runAttacks } from '../../attack/suite.ts';

const seed = 11;

describe('a tenant that is an attacker', () => {
  it('gets nowhere with a sample of the named attacks', async () => {
    const sample = instancesOf({
      isSuperuserOnly: false,
      isPlanted: false,
      isOpen: false,
      seed,
      sample: 8,
    })
      .filter(({ setting }) => setting === 'plain')
      .slice(0, 6);
    const verdicts = await runAttacks(sample, { lanes: 1, units: 1, tell: () => {} });
    const escaped = verdicts.flatMap(({ name, why }) => (why.length === 0 ? [] : [{ name, why }]));
    expect(escaped).toEqual([]);
    expect(verdicts.length).toBeGreaterThan(sample.length);
  }, 300_000);

  it('gets nowhere with what operators add: metrics, actions, several processes, TLS', async () => {
    const choice = { isSuperuserOnly: false, isPlanted: false, isOpen: false, seed };
    const only = ['a-password-lives-on-after-its-rotation', 'sessions-on-every-process-outlive-it'];
    const verdicts = await runAttacks(instancesOf({ ...choice, only }), {
      lanes: 1,
      tell: () => {},
    });
    const escaped = verdicts.flatMap(({ name, why }) => (why.length === 0 ? [] : [{ name, why }]));
    expect(escaped).toEqual([]);
    expect(verdicts).toHaveLength(3);
  }, 300_000);

  it('gets nowhere with a sample of random statements', async () => {
    const found = await randomTenants({
      runs: 5,
      seed,
      setting: 'plain',
      tell: () => {},
      held: () => {},
    });
    expect(found).toBeNull();
  }, 300_000);
});
