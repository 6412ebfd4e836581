/** A deferred `broken`, as a process over hook tools that know its relation no more. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { SmallModel } from './small-model.ts';

const charm = `import { defineCharm, halt, vocabulary } from ${JSON.stringify(pathToFileURL(resolve('dist/src/index.js')).href)};

const { hook, nothingLearned, asks, step, terminal, returns, fails, onFailure } = vocabulary({
  learned: {},
});
const left = hook.createMachine({
  id: 'left',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: { meta: terminal('left'), on: { start: { target: 'take', actions: 'learn' } } },
    take: {
      meta: step('Take it back'),
      entry: asks(({ event }) => ({ _tag: 'Take', relation: event.relation })),
      on: { done: 'rtn' },
    },
    rtn: returns,
    failed: fails,
  },
});
export const charm = defineCharm({
  name: 'a-website',
  machines: { left },
  events: { 'page-relation-broken': 'left' },
  learned: { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } },
  perform: {
    Take: async ({ juju }, { relation }) => {
      if (!(await juju.config()).ready) halt({ _tag: 'NotReady', class: 'unavailable' });
      juju.publish(relation, { ...(await juju.own(relation)), url: 'gone' });
    },
  },
});
`;

it('ends well, and says what was left out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-gone-'));
  const model = await SmallModel.start();
  try {
    const module = join(folder, 'charm.mjs');
    writeFileSync(module, charm);
    const run = (name: string, hook: object = {}) =>
      model.hook(
        [process.execPath, resolve('dist/src/cli/main.js'), 'dispatch', '--charm', module],
        {
          ...{ name, ...hook },
        },
      );
    model.relations[3] = { endpoint: 'page', application: 'shop', remote: {}, own: { url: 'x' } };
    const broken = { relation: 3, remoteApplication: 'shop' };
    expect(await run('page-relation-broken', broken)).toMatchObject({ code: 0, error: '' });
    expect(model.state.deferred).toContain('page-relation-broken');
    delete model.relations[3];
    model.config = { ready: true };
    const later = await run('config-changed');
    expect(later).toMatchObject({ code: 0, error: '' });
    expect(later.out).toContain(
      'relation 3 is gone: what was to be written to its databag OwnApp is left out',
    );
    expect(later.calls.map(({ tool }) => tool)).not.toContain('relation-set');
    expect(model.state.deferred ?? '').toBe('');
  } finally {
    await model.stop();
    rmSync(folder, { recursive: true });
  }
});
