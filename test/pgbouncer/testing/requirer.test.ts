import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { simulated } from '../../../src/pgbouncer/testing/index.ts';
import { requirerHook } from '../../../src/pgbouncer/testing/requirer.ts';
import { worldOf } from '../../../src/testing/deploy.ts';
import { HookTools } from '../../../src/testing/hook-tools.ts';
import { viewOf } from '../../../src/testing/view.ts';
import type { Hook, World } from '../../../src/testing/world.ts';

interface Vector {
  readonly name: string;
  readonly library: string;
  readonly request: Databag;
  readonly steps: readonly {
    readonly provider: Databag;
    readonly secrets?: Readonly<Record<string, Databag>>;
    readonly events: readonly Databag[];
  }[];
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('requirer-vectors.json', import.meta.url), 'utf8'),
);

const hook = (kind: string, remoteUnit?: string): Hook => ({
  name: `database-relation-${kind}`,
  relation: 4,
  remoteApplication: 'pgbouncer',
  ...(remoteUnit === undefined ? {} : { remoteUnit }),
});

describe('the simulated requirer does what the real library was seen to do', () => {
  it.each(vectors)('$name ($library)', ({ library, request, steps }) => {
    const isOld = library.endsWith('v0.12');
    let world: World = worldOf(simulated, {
      units: 1,
      requirers: { app: { units: 1, request, options: { library: isOld ? 'v0.12' : 'v0.59' } } },
    });
    let bags: Readonly<Record<string, Databag>> = {};
    const run = (kind: string, provider: Databag, secrets: Vector['steps'][number]['secrets']) => {
      world = {
        ...world,
        relations: {
          ...world.relations,
          4: {
            endpoint: 'database',
            provider: 'pgbouncer',
            requirer: 'app',
            life: 'alive',
            wasSuspended: false,
            applications: { pgbouncer: provider, app: bags.app ?? {} },
            units: { 'app/0': bags['app/0'] ?? {} },
            scope: ['app/0', 'pgbouncer/0'],
          },
        },
        secrets: Object.fromEntries(
          Object.entries(secrets ?? {}).map(([id, content]) => [
            id,
            { owner: 'pgbouncer', label: null, revisions: [content], grants: [4], tracked: {} },
          ]),
        ),
      };
      const tools = new HookTools(viewOf(world, 'app/0', hook(kind)));
      const application = world.applications.app;
      if (application === undefined) throw new Error('no application');
      const events = requirerHook(tools, hook(kind), application);
      bags = { ...bags, ...tools.flush().bags['4'] };
      return events;
    };
    expect(run(isOld ? 'joined' : 'created', {}, {})).toEqual([]);
    expect(bags.app).toEqual(request);
    for (const { provider, secrets, events } of steps) {
      const told = run('changed', provider, secrets);
      expect(told.map(({ event, fields }) => ({ event, ...fields }))).toEqual(events);
    }
  });
});
