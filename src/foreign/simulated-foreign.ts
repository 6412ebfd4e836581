/** A charm of which nothing is known but its folder, as the simulated Juju runs it. */
import * as E from 'fp-ts/lib/Either.js';
import type { Databag } from '../juju/index.ts';
import type { Invariant, Seen, SimulatedCharm } from '../testing/index.ts';
import { type Description, defaultsOf } from './description.ts';
import { hookFailed } from './hook-failed.ts';
import { runHookOf, type Workshop } from './hook-run.ts';
import { comesToRest } from './oracles.ts';
import { asksAndReads, type OtherSide } from './other-side.ts';
import { newPod, type Pod } from './pod.ts';
import type { Beside } from './tool-calls.ts';
import { topologyOf } from './topology.ts';
import { callsOf, type Telling, workloadEvents } from './workload-events.ts';

/** What a hook is run with; all that it makes of the unit is in it once it has ended. */
interface Room {
  own: Pod;
  readonly step: (name: string) => unknown;
}

export type ForeignSimulated = SimulatedCharm<{ readonly room: Room }, null, Pod>;

/** The same charm under other oracles. */
export const under = (
  simulated: ForeignSimulated,
  invariants: readonly Invariant<null, Pod>[],
): ForeignSimulated => ({ ...simulated, invariants: [...invariants, comesToRest] });

/** The charms on the other side. */
export const charmsIn = (others: Readonly<Record<string, OtherSide>>): readonly Description[] =>
  Object.values(others).flatMap(({ charm }) => charm?.description ?? []);

/** A charm as the model runs it, and with it others whose workshop is found by the application's name. */
export function simulatedOf(
  charm: Description,
  others: Readonly<Record<string, OtherSide>>,
  shopOf: (application: string) => Workshop,
  charmOf = (application: string): Pick<Description, 'containers'> => shopOf(application).charm,
  charms: readonly Pick<Description, 'containers'>[] = [charm, ...charmsIn(others)],
  tellings: readonly Telling[] = [],
): ForeignSimulated {
  const [first, ...rest] = Object.keys(others);
  const nobody = 'juju-info';
  return {
    application: charm.name,
    endpoints: [first ?? nobody, ...rest],
    peers: charm.peers[0] ?? null,
    life: {
      config: defaultsOf(charm),
      storage: charm.storage,
      morePeers: charm.peers.slice(1),
      // Numbers that stand for relations and for nothing else in what a charm writes.
      firstRelation: 1001,
      patience: Object.values(others).some((one) => one.charm !== undefined) ? 400 : 200,
    },
    requests: requestsOf(others),
    requirer: {
      hook: (tools, hook, asking) => sideOf(others, asking.options).hook(tools, hook, asking),
      ask: (tools, asking) => sideOf(others, asking.options).ask(tools, asking),
    },
    config: {},
    outside: {
      shared: { initial: null, actions: {} },
      unit: {
        initial: newPod([], null),
        begins: (application, before) => newPod(charmOf(application).containers, before),
        actions: workloadEvents(charms, tellings),
        calls: callsOf,
      },
      open: ({ own }: Seen<null, Pod>, { step }) => {
        const room: Room = { own, step };
        return {
          ports: { room },
          // Ports are opened and closed with the commit.
          state: (isCommitted) => ({
            shared: null,
            own: isCommitted ? room.own : room.own.withPorts(own.beside.ports),
          }),
        };
      },
    },
    faults: {},
    bounds: {},
    within: {},
    reductions: {},
    invariants: [comesToRest],
    comesToRest,
    address: () => null,
    render: (failure) => ('why' in failure ? String(failure.why) : failure._tag),
    tells: () => [],
    explored: ({ units }) => ({ units, ...topologyOf(charm, others, 0) }),
    objection: () => 'a charm of which nothing is known cannot be explored: soak it',
    soaked: (seed) => topologyOf(charm, others, seed),
    run: async ({ room }, tools) => {
      const { hook, application } = tools.view;
      const { action: _, ...kept } = room.own.beside;
      const beside: Beside = { ...kept, logged: [] };
      const before = room.own;
      const { step } = room;
      const { files, containers, allStatuses: statuses } = before;
      const order = { tools, beside, files, containers, statuses, step };
      const { exit, stderr } = await runHookOf(shopOf(application), order, (record) => {
        room.own = before.after(record, beside, hook);
      });
      if (exit !== 0) return E.left(hookFailed(exit, stderr, beside.logged));
      step('commit');
      return E.right(null);
    },
  };
}

const requestsOf = (others: Readonly<Record<string, OtherSide>>): readonly Databag[] => {
  const all = Object.values(others).flatMap(({ requests }) => requests);
  return all.length === 0 ? [{}] : all;
};

const sideOf = (
  others: Readonly<Record<string, OtherSide>>,
  { endpoint = '' }: Readonly<Record<string, string>>,
) => others[endpoint]?.script ?? asksAndReads;
