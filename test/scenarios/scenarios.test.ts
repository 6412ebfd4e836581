import { describe, expect, it } from 'vitest';
import type { HookEvent, HookName } from '../../machines/index.ts';
import { narrateRun, narrateWork } from '../../src/demo/narrate.ts';
import { maskedDatabag } from '../../src/domain/masking.ts';
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
      const reconciled = await this.world.reconcile(unit);
      this.#block((tell) => narrateWork(tell, unit, { reconciled, notes: [], milliseconds: 0 }));
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
});
