import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { Collector, Recorder, tellEntry } from '../../src/inspector/index.ts';
import { visible } from '../../src/pgbouncer/commands/shown.ts';
import { emptyConfiguration } from '../../src/pgbouncer/pooler/configuration.ts';
import { dispatch } from '../dispatch.ts';
import { MemoryWorld } from '../memory-world.ts';

describe('a recording in words', () => {
  it('is the path of each chart, with requests and answers, and what was written', async () => {
    const world = new MemoryWorld();
    world.juju.request(4, { database: 'app' });
    const collector = new Collector();
    const recorder = new Recorder((message) => void collector.take(message), {
      now: () => 0,
      charm: visible,
    });
    recorder.note('chapter', 'It asks');
    const event = { hook: 'database-relation-changed', relation: 4 };
    for (const unit of ['p/0', 'p/1']) {
      const run = await recorder.hook(unit, event, world.adapters(unit), ({ adapters, watch }) =>
        dispatch(adapters, { watch })(event)(),
      );
      expect(E.isRight(run)).toBe(true);
    }
    world.postgres.isUp = false;
    await recorder.hook(
      'p/1',
      { hook: 'update-status' },
      world.adapters('p/1'),
      ({ adapters, watch }) => dispatch(adapters, { watch })({ hook: 'update-status' })(),
    );
    recorder.note('check', 'a check that does not hold', false);
    recorder.note('check', 'one that does');
    recorder.note('action', 'PostgreSQL comes up');
    recorder.note('violation', 'I1 is violated', false);
    world.postgres.isUp = true;
    world.postgres.tap = () => {
      throw new Error('');
    };
    world.juju.request(5, { database: 'other' });
    const lost = { hook: 'database-relation-changed', relation: 5 };
    const killed = recorder.hook('p/1', lost, world.adapters('p/1'), ({ adapters, watch }) =>
      dispatch(adapters, { watch })(lost)(),
    );
    await expect(killed).rejects.toThrow();
    world.postgres.tap = () => 'fails';
    await recorder.hook('p/1', lost, world.adapters('p/1'), ({ adapters, watch }) =>
      dispatch(adapters, { watch })(lost)(),
    );
    world.postgres.tap = () => null;
    world.pooler('p/1').configuration = emptyConfiguration;
    world.pooler('p/1').tap = () => 'fails';
    await recorder.hook(
      'p/1',
      { hook: 'update-status' },
      world.adapters('p/1'),
      ({ adapters, watch }) => dispatch(adapters, { watch })({ hook: 'update-status' })(),
    );
    world.pooler('p/1').tap = () => null;
    world.postgres.isUp = false;
    await recorder.hook('p/1', lost, world.adapters('p/1'), ({ adapters, watch }) =>
      dispatch(adapters, { watch })(lost)(),
    );
    world.postgres.isUp = true;
    world.juju.forget(5);
    world.juju.request(6, { database: 'x'.repeat(64) });
    await recorder.hook(
      'p/1',
      { hook: 'update-status' },
      world.adapters('p/1'),
      ({ adapters, watch }) => dispatch(adapters, { watch })({ hook: 'update-status' })(),
    );
    const { recording } = collector;
    const text = recording.entries
      .flatMap((entry) => ['', ...tellEntry(entry, recording)])
      .join('\n');
    await expect(`${text.trim()}\n`).toMatchFileSnapshot('a-recording.txt');
  });
});
