import { describe, expect, it } from 'vitest';
import { type Charm, defineCharm, dispatch, type Failure, halt } from '../../src/index.ts';
import { Collector, Recorder, recordReplay } from '../../src/inspector/index.ts';
import { defaultBounds, simulatedCharm } from '../../src/testing/index.ts';
import { changed, type Lamp, lighthouse, type ShipWords, ships } from '../juju/ships.ts';
import { hooksIn } from './listening.ts';

/** The lighthouse whose lamp is lit by nobody, and how it shows itself. */
const failing = (failure: Failure, shown?: NonNullable<Charm['shown']>) =>
  defineCharm<ShipWords, Lamp, string>({
    ...{ name: ships.name, machines: ships.machines, learned: ships.learned },
    events: { 'light-relation-changed': 'light-asked' },
    perform: { ...ships.perform, Light: () => halt(failure) },
    ...(shown && { shown }),
  });

/** What a recording says of the one hook in which that failed. */
async function told(failure: Failure, shown?: NonNullable<Charm['shown']>) {
  const charm = failing(failure, shown);
  const collector = new Collector();
  const recorder = new Recorder((message) => void collector.take(message), { charm });
  const { juju, lamp } = lighthouse({});
  const ports = { juju: juju.hook('l/0'), lamp };
  await recorder.hook('l/0', changed(0), ports, ({ adapters, watch }) =>
    dispatch(charm, adapters, { watch })(changed(0))(),
  );
  const [hook] = hooksIn(collector);
  return hook?.failure ?? hook?.charts[0]?.end?.why;
}

const why = 'my own rests';

describe('why a hook of any charm failed', () => {
  // PgBouncer's charm has failures of these names as well, with other parts.
  it.each(['BackendUnavailable', 'PoolerUnavailable', 'RoleInUse', 'LoginRefused', 'UnitsLag'])(
    'is said in its own words where it is called %s',
    async (_tag) => {
      expect(await told({ _tag, class: 'unavailable', why } as Failure)).toBe(`${_tag}: ${why}`);
    },
  );

  it.each(['RequestInvalid', 'RoleTaken', 'DatabaseTaken'])(
    'is said in its own words where a request is refused as %s',
    async (_tag) => {
      expect(await told({ _tag, class: 'refused', why } as Failure)).toBe(`${_tag}: ${why}`);
    },
  );

  it('is said in its own words where it is broken', async () => {
    const failure = { _tag: 'SqlFailed', class: 'broken', why } as Failure;
    expect(await told(failure)).toBe(`SqlFailed: ${why}`);
  });

  const render = ({ _tag }: Failure) => `the keeper says ${_tag}`;
  it.each(['unavailable', 'refused', 'broken'] as const)(
    'is said as the charm shows it, %s',
    async (kind) => {
      const failure = { _tag: 'LampOut', class: kind, why } as Failure;
      expect(await told(failure, { render })).toBe('the keeper says LampOut');
    },
  );

  it.each([
    ['as the charm shows it', { render }, {}, 'the keeper says LampOut'],
    ['as its story tells it', {}, { render: () => 'the story' }, 'the story'],
    ['as the kit tells it', {}, {}, 'LampOut: my own rests'],
  ])('is said in a recording of a history %s', async (_, shown, how, said) => {
    const simulated = simulatedCharm({
      charm: failing({ _tag: 'LampOut', class: 'unavailable', why } as Failure, shown),
      ...{ application: 'l', endpoints: ['light'], requests: [{}], invariants: [] },
      outside: {
        ...{ shared: { initial: null }, unit: { initial: null } },
        open: () => ({
          ports: { lamp: { isReady: true, color: '', lit: [] } },
          state: () => ({ shared: null, own: null }),
        }),
      },
      ...how,
    });
    const { entries } = await recordReplay(simulated, {
      bounds: { ...defaultBounds(simulated), units: 1, relations: 1 },
      served: 0,
      actions: [{ _tag: 'Relate', application: 'app1' }],
    });
    const reasons = entries.flatMap((entry) =>
      entry._tag === 'Hook' ? entry.charts.flatMap(({ end }) => end?.why ?? []) : [],
    );
    expect(new Set(reasons)).toEqual(new Set([said]));
  });
});
