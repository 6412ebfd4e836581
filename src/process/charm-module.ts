import { type Failure, HookMisuse, isRecord, type Words } from '../hook/index.ts';
import type { Charm } from '../juju/charm.ts';
import type { Environment, Variables } from '../juju/hook-tools/index.ts';
import type { Unit } from '../juju/unit.ts';
import type { Actions } from './action.ts';

/** Where a hook runs, for a charm that makes its ports there. What is not asked for costs nothing. */
export interface Whereabouts {
  readonly environment: Environment;
  /** The variables of the process. */
  readonly variables: Variables;
  /** The charm's options. */
  readonly config: () => Promise<Readonly<Record<string, unknown>>>;
  /** What this unit listens on, and where others reach it; null while Juju names nothing. */
  readonly address: () => Promise<{ readonly bind: string; readonly ingress: string } | null>;
  /** Milliseconds that are left for what a port waits for. */
  readonly remaining: () => number;
}

/** What is opened for a hook may be let go of at its end, whatever became of it. */
export interface Closing {
  readonly close?: () => Promise<void> | void;
}

/** Where clients reach what a charm serves. */
export interface Served {
  /**
   * The port on which clients reach a unit: with it `juju.endpoint()` is `host:port`, without it
   * the host alone.
   */
  readonly port?: number | ((at: Whereabouts) => number | Promise<number>);
}

/** The module of a charm whose handlers need more than `juju`. */
export interface WithPorts<W extends Words, Given extends object, Ports, Why extends Failure>
  extends Served {
  readonly charm: Charm<W, Given, Ports, Why>;
  /** What operators may ask a unit for; `actions.yaml` lists them. */
  readonly actions?: Actions<W, Ports, Why>;
  /** Makes what the handlers are given beside `juju`, once in a hook that somebody handles. */
  readonly ports: (at: Whereabouts) => (Given & Closing) | Promise<Given & Closing>;
}

/** The module of one whose handlers need nothing else. */
export interface WithoutPorts<W extends Words, Ports, Why extends Failure> extends Served {
  readonly charm: Charm<W, object, Ports, Why>;
  readonly actions?: Actions<W, Ports, Why>;
  readonly ports?: undefined;
}

/** What the module of a charm exports; `ports` only where its handlers need more than `juju`. */
export type CharmModule<
  W extends Words = Words,
  Given extends object = object,
  Ports = Given & { readonly juju: Unit },
  Why extends Failure = Failure,
> = WithPorts<W, Given, Ports, Why> | WithoutPorts<W, Ports, Why>;

const nothing: Readonly<Record<string, unknown>> = {};

/**
 * Holds what was loaded to be the module of a charm. `HookMisuse` where it does not export `charm`,
 * made by `defineCharm`, or something else than a function as `ports`.
 */
export function assertCharmModule(loaded: unknown, from: string): asserts loaded is CharmModule {
  const invalid = (what: string) => new HookMisuse('CharmInvalid', from, null, what);
  const { charm, ports, port, actions } = isRecord(loaded) ? loaded : nothing;
  if (!isRecord(charm) || typeof charm.chartOf !== 'function' || typeof charm.open !== 'function')
    throw invalid('it exports no charm: say `export const charm = defineCharm({ … })`');
  if (ports !== undefined && typeof ports !== 'function')
    throw invalid('its export "ports" is no function: say `export const ports = (at) => ({ … })`');
  if (actions !== undefined && !isRecord(actions))
    throw invalid('its export "actions" is no record: say `export const actions = { … }`');
  if (port !== undefined && typeof port !== 'function' && !Number.isInteger(port))
    throw invalid('its export "port" is neither a whole number nor a function that gives one');
}
