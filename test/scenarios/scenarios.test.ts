import { describe, expect, it } from 'vitest';
import type { HookEvent, HookName } from '../../machines/index.ts';
import { narrateRun } from '../../src/pgbouncer/demo/narrate.ts';
import type { PgbouncerState } from '../../src/pgbouncer/memory/index.ts';
import { maskedDatabag } from '../../src/pgbouncer/relation/masking.ts';
import {
  type PgbouncerWorld,
  provider,
  type Shared,
  simulated,
} from '../../src/pgbouncer/testing/index.ts';
import type { Action } from '../../src/testing/actions.ts';
import { worldOf } from '../../src/testing/deploy.ts';
import { Simulation } from '../../src/testing/index.ts';
import { dueHooks } from '../../src/testing/simulation.ts';
import { tell } from '../../src/testing/tell.ts';
import { peerRelation } from '../../src/testing/world.ts';
import { MemoryWorld } from '../memory-world.ts';

/**
 * Stories as transcripts. `npm run test:unit -- -u` writes them anew: commit a change only when you
 * understand what caused it.
 */
class Transcript {
  readonly world = new MemoryWorld();
  #text = '';

  constructor(title: string) {
    this.#text = `# ${title}\n`;
  }

  say(text: string): void {
    this.#text += `\n## ${text}\n`;
  }

  async hook(unit: string, hook: HookName, event: HookEvent): Promise<void> {
    const run = await this.world.run(unit, hook, event);
    this.#block((tell) => narrateRun(tell, unit, run));
  }

  async everyone(hook: HookName, event: HookEvent): Promise<void> {
    for (const unit of this.world.juju.units) await this.hook(unit, hook, event);
  }

  async reconcile(...units: string[]): Promise<void> {
    for (const unit of units) {
      const charts = await this.world.reconcile(unit);
      this.#block((tell) => {
        for (const chart of charts) narrateRun(tell, unit, chart);
      });
    }
  }

  look(relation: number): void {
    const { world } = this;
    const published = maskedDatabag(world.own(relation));
    const record = world.record(relation);
    const shown = {
      databag: published,
      record: record && {
        ...record,
        password: record.password === null ? null : '********',
        verifier: record.verifier === null ? null : '********',
      },
      roles: world.users(),
      serving: Object.fromEntries(
        world.juju.units.map((unit) => [
          unit,
          world.pooler(unit).configuration.databases.map(({ name, host }) => `${name} → ${host}`),
        ]),
      ),
      status: world.juju.units.map((unit) => world.juju.status(unit)?.name ?? null),
    };
    this.#text += `\n\`\`\`json\n${JSON.stringify(shown, null, 2)}\n\`\`\`\n`;
  }

  get text(): string {
    return this.#text;
  }

  #block(narrate: (tell: (text: string) => void) => void): void {
    let told = '';
    narrate((text) => {
      told += text;
    });
    this.#text += `\n\`\`\`text\n${told.trim()}\n\`\`\`\n`;
  }
}

/** A story under the simulated Juju, which knows of agents; what requirers do is not told. */
class SimulatedTranscript {
  readonly #simulation: Simulation<Shared, PgbouncerState>;
  #text: string;

  constructor(title: string, world: PgbouncerWorld) {
    this.#text = `# ${title}\n`;
    this.#simulation = new Simulation(simulated, world);
  }

  get world(): PgbouncerWorld {
    return this.#simulation.world;
  }

  /** Lets things happen, then whatever is due; up to a hook that one unit is to run, where that is named. */
  async chapter(text: string, actions: readonly Action[], until?: string): Promise<void> {
    const lines: string[] = [];
    const take = async (action: Action) => {
      const { outcome } = await this.#simulation.take(action);
      if (action._tag !== 'RunHook') lines.push(tell(simulated, action));
      if (outcome === null) return;
      expect([action, outcome.failure]).toEqual([action, null]);
      const { charts = [], reconciled = [], notes = [] } = outcome.run ?? {};
      lines.push(
        `  ${tell(simulated, action)}`,
        ...charts.map(({ path }) => `    ${path.join(' → ')}`),
        ...reconciled.map(
          ({ hook, event, path }) =>
            `    then ${hook}${'relation' in event ? ` of relation ${event.relation}` : ''}: ${path.join(' → ')}`,
        ),
        ...notes.map((note) => `    says: ${note}`),
      );
    };
    for (const action of actions) await take(action);
    for (;;) {
      const due = dueHooks(this.world);
      const [next] = due;
      if (next === undefined || due.some((one) => tell(simulated, one) === until)) break;
      await take(next);
    }
    this.#text += `\n## ${text}\n\n\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`;
  }

  /** Whatever there is of any relation, wherever there may be something. */
  look(): void {
    const { relations, secrets, outside, units } = this.world;
    const { shared, units: poolers } = outside;
    const peers = relations[peerRelation]?.applications[provider] ?? {};
    const shown = {
      databags: Object.values(relations).flatMap(({ applications, requirer }) =>
        requirer === provider ? [] : [Object.keys(applications[provider] ?? {})],
      ),
      ledger: Object.keys(peers),
      secrets: Object.values(secrets).map(({ label }) => label),
      roles: Object.keys(shared.postgres.roles),
      serving: Object.fromEntries(
        Object.entries(poolers).map(([unit, { configuration }]) => [
          unit,
          configuration.databases.map(({ name }) => name),
        ]),
      ),
      status: Object.fromEntries(
        Object.keys(poolers).map((unit) => [unit, units[unit]?.status?.name]),
      ),
    };
    this.#text += `\n\`\`\`json\n${JSON.stringify(shown, null, 2)}\n\`\`\`\n`;
  }

  get text(): string {
    return this.#text;
  }
}

const relation = 4;
const departing = { relation, departingUnit: 'application/0' };

describe('scenarios', () => {
  it('an application comes and goes', async () => {
    const story = new Transcript('An application comes and goes');
    story.say('It asks for a database');
    story.world.juju.request(relation, { database: 'app', 'extra-user-roles': 'CREATEDB' });
    await story.everyone('database-requested', { relation });
    story.say('The followers confirm');
    await story.reconcile('p/0', 'p/2', 'p/1');
    story.look(relation);
    story.say('It leaves');
    await story.everyone('database-relation-departed', departing);
    story.world.juju.breaking(relation);
    await story.everyone('database-relation-broken', { relation });
    story.world.juju.forget(relation);
    await story.reconcile('p/1', 'p/0', 'p/2', 'p/1');
    story.look(relation);
    await expect(story.text).toMatchFileSnapshot('an-application-comes-and-goes.md');
  });

  it('the backend breaks while scaling', async () => {
    const story = new Transcript('The backend breaks while scaling');
    const { world } = story;
    story.say('The backend is down when an application asks');
    world.postgres.isUp = false;
    world.juju.request(relation, { database: 'app' });
    await story.everyone('database-requested', { relation });
    story.look(relation);
    story.say('The leader is scaled down; another unit is elected; the backend returns');
    world.juju.dying.add('p/1');
    await story.hook('p/1', 'database-relation-departed', { relation, departingUnit: 'p/1' });
    world.juju.breaking(relation);
    await story.hook('p/1', 'database-relation-broken', { relation });
    world.juju.removeUnit('p/1');
    world.juju.request(relation, { database: 'app' });
    world.juju.leader = 'p/2';
    world.postgres.isUp = true;
    await story.reconcile('p/2', 'p/0', 'p/2');
    story.look(relation);
    await expect(story.text).toMatchFileSnapshot('the-backend-breaks-while-scaling.md');
  });

  it('a removal meets a lock, and a request that cannot be served', async () => {
    const story = new Transcript('A removal meets a lock, and a request that cannot be served');
    const { world } = story;
    await world.relate(relation, { database: 'app' });
    story.say('Relation 4 goes while its tables are locked; relation 5 asks for too much');
    world.postgres.inUse.set('relation_id_4', 'canceling statement due to lock timeout');
    world.juju.breaking(relation);
    world.juju.request(5, { database: 'other', 'extra-user-roles': 'SUPERUSER' });
    await story.hook('p/1', 'database-relation-broken', { relation });
    world.juju.forget(relation);
    await story.hook('p/1', 'database-requested', { relation: 5 });
    story.look(relation);
    story.say('The lock is gone, the request is put right');
    world.postgres.inUse.clear();
    world.juju.request(5, { database: 'other' });
    await story.reconcile('p/1', 'p/0', 'p/2', 'p/1');
    story.look(5);
    await expect(story.text).toMatchFileSnapshot('a-removal-meets-a-lock.md');
  });

  it('an agent is restarted', async () => {
    const application = { units: 1, request: { database: 'app' } };
    const world = worldOf(simulated, { hasSecrets: true, requirers: { application } });
    const story = new SimulatedTranscript('An agent is restarted', world);
    await story.chapter('An application is served', [
      { _tag: 'Relate', application: 'application' },
    ]);
    story.look();
    await story.chapter('The agent of a unit is restarted, and the unit removed', [
      { _tag: 'RestartAgent', unit: 'pgbouncer/2' },
      { _tag: 'RemoveUnit', unit: 'pgbouncer/2' },
    ]);
    story.look();
    await story.chapter(
      'PgBouncer is removed',
      [{ _tag: 'RemoveApplication', application: provider }],
      'pgbouncer/0 runs database-relation-broken of relation 1',
    );
    await story.chapter('The agents are restarted in the middle of it', [
      { _tag: 'RestartAgent', unit: 'pgbouncer/0' },
      { _tag: 'RestartAgent', unit: 'pgbouncer/1' },
    ]);
    story.look();
    expect(story.world.applications[provider]).toBeUndefined();
    expect([story.world.secrets, story.world.outside.shared.postgres.roles]).toEqual([{}, {}]);
    await expect(story.text).toMatchFileSnapshot('an-agent-is-restarted.md');
  });
});
