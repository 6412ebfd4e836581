/** A charm of which nothing is known but its folder, as the simulated Juju runs it. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { stringify } from 'yaml';
import type { Databag } from '../juju/index.ts';
import {
  type Configuration,
  type Invariant,
  Misuse,
  type Seen,
  type SimulatedCharm,
} from '../testing/index.ts';
import { type Description, defaultsOf, describeCharm } from './description.ts';
import { hookFailed } from './hook-failed.ts';
import { type HookRecord, runHookOf, type Workshop } from './hook-run.ts';
import { dispatchOf, ForkLauncher, PlainLauncher, pythonOf } from './launch.ts';
import { comesToRest } from './oracles.ts';
import { asksAndReads, checkFits, type OtherSide } from './other-side.ts';
import { CharmRoom } from './pebble/charm-room.ts';
import { withImages } from './pebble/image.ts';
import { openPebble } from './pebble/server.ts';
import { containerEvents, newPod, type Pod } from './pod.ts';
import type { Beside } from './tool-calls.ts';
import { openToolServer, type ToolServer } from './tool-server.ts';
import { topologyOf } from './topology.ts';
import { UnitFolder } from './unit-files.ts';

/** How a charm is to be run. */
export interface ForeignOptions {
  /** Who is on the other side, by endpoint; by default somebody who asks with nothing. */
  readonly others?: Readonly<Record<string, OtherSide>>;
  /** Values of options that operators may set beside the defaults. */
  readonly configurations?: readonly Configuration[];
  /** Actions that operators run now and then, on any unit. */
  readonly actions?: readonly AskedFor[];
  /** The interpreter of a charm in Python; by default that of its own venv. */
  readonly python?: string;
  /** Folders with what the images of containers bring, by the container's name. */
  readonly images?: Readonly<Record<string, string>>;
  /** Every hook is a process, and so is every call of a tool: slower, with no shortcut to distrust. */
  readonly isPlain?: boolean;
}

/** An action, with what operators give it. */
export interface AskedFor {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What a hook is run with; all that it makes of the unit is in it once it has ended. */
interface Room {
  own: Pod;
  readonly step: (name: string) => unknown;
}

export type ForeignSimulated = SimulatedCharm<{ readonly room: Room }, null, Pod>;

/** A foreign charm that is ready to be run; it has processes and a folder until it is closed. */
export interface ForeignCharm {
  readonly description: Description;
  readonly simulated: ForeignSimulated;
  readonly others: Readonly<Record<string, OtherSide>>;
  readonly configurations: readonly Configuration[];
  readonly actions: readonly AskedFor[];
  /** How many hooks were run as a process, and how many were known from before. */
  readonly counts: { readonly run: number; readonly known: number };
  close(): void;
}

/** Takes up the charm in a folder. `Misuse` says what is wrong with the folder or the options. */
export async function openForeignCharm(
  folder: string,
  options: ForeignOptions = {},
): Promise<ForeignCharm> {
  const { images = {} } = options;
  const withImage = withImages(images);
  const description = withImage(describeCharm(folder));
  const others = othersOf(description, options.others ?? {}, withImage);
  checkImages([description, ...charmsIn(others)], images);
  const configurations = options.configurations ?? [];
  for (const name of configurations.flatMap((values) => Object.keys(values)))
    if (!description.options.some((option) => option.name === name))
      throw new Misuse(`${description.name} has no option ${name}`);
  const actions = options.actions ?? [];
  for (const { name } of actions)
    if (!description.actions.some((one) => one.name === name))
      throw new Misuse(
        `${description.name} has no action ${name}; it has ${description.actions.map((one) => one.name).join(', ') || 'none'}`,
      );
  const work = mkdtempSync(join(tmpdir(), 'hookchart-soak-'));
  const server = await openToolServer(work);
  const shop = workshopIn(work, server, description, options);
  const shops = new Map<string, Workshop>();
  for (const [endpoint, { charm }] of Object.entries(others))
    if (charm !== undefined)
      shops.set(endpoint, workshopIn(join(work, endpoint), server, charm.description, options));
  const { requirers } = topologyOf(description, others, 0);
  return {
    description,
    others,
    configurations,
    actions,
    counts: shop.counts,
    simulated: simulatedOf(
      description,
      others,
      (application) => shops.get(requirers[application]?.endpoint ?? '') ?? shop,
    ),
    close: () => {
      for (const { launcher, pebble } of [shop, ...shops.values()]) {
        launcher.close();
        pebble?.close();
      }
      server.close();
      rmSync(work, { recursive: true, force: true });
    },
  };
}

/** The same charm under other oracles. */
export const under = (
  simulated: ForeignSimulated,
  invariants: readonly Invariant<null, Pod>[],
): ForeignSimulated => ({ ...simulated, invariants: [...invariants, comesToRest] });

function checkImages(charms: readonly Description[], images: Readonly<Record<string, string>>) {
  const names = charms.flatMap(({ containers }) => containers.map(({ name }) => name));
  const unknown = Object.keys(images).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Misuse(`there is no container ${unknown}; there is ${names.join(', ') || 'none'}`);
}

const charmsIn = (others: Readonly<Record<string, OtherSide>>): readonly Description[] =>
  Object.values(others).flatMap(({ charm }) => charm?.description ?? []);

function othersOf(
  { name, endpoints }: Description,
  given: Readonly<Record<string, OtherSide>>,
  withImage: (charm: Description) => Description,
): Readonly<Record<string, OtherSide>> {
  const names = endpoints.map((endpoint) => endpoint.name);
  const unknown = Object.keys(given).find((one) => !names.includes(one));
  if (unknown !== undefined)
    throw new Misuse(`${name} has no endpoint ${unknown}; it has ${names.join(', ') || 'none'}`);
  for (const endpoint of endpoints) checkFits(endpoint, given[endpoint.name]?.charm);
  const nobody: OtherSide = { script: asksAndReads, requests: [{}] };
  return Object.fromEntries(
    names.map((one) => {
      const { charm, ...other } = given[one] ?? nobody;
      if (charm === undefined) return [one, other];
      return [one, { ...other, charm: { ...charm, description: withImage(charm.description) } }];
    }),
  );
}

/** What the hooks of one charm are run with, in a folder; its units' own folders may be elsewhere. */
export function workshopIn(
  work: string,
  server: ToolServer,
  charm: Description,
  { python: named, isPlain = false }: Pick<ForeignOptions, 'python' | 'isPlain'>,
  units = join(work, 'units'),
): Workshop {
  mkdirSync(work, { recursive: true });
  const isSource = charm.entry._tag === 'Source';
  // It is run from other folders than this one.
  const python =
    named === undefined ? pythonOf(charm) : named.includes('/') ? resolve(named) : named;
  const names = charm.containers.map(({ name }) => name);
  const pebble = names.length === 0 ? null : openPebble(work, names);
  const room = pebble === null ? null : new CharmRoom(join(work, 'root'), pebble.folder);
  const folders = new Map<string, UnitFolder>();
  const given = {
    ...(isSource ? { dispatch: dispatchOf(python) } : {}),
    ...packedFiles(charm),
  };
  return {
    charm,
    server,
    pebble,
    launcher:
      isSource && !isPlain ? new ForkLauncher(python, charm, work) : new PlainLauncher(charm, room),
    folderOf: (unit) => {
      const known = folders.get(unit);
      if (known !== undefined) return known;
      const path = join(units, unit.replace('/', '-'), 'charm');
      const made = new UnitFolder(path, charm.folder, given);
      folders.set(unit, made);
      return made;
    },
    storageOf: (unit, name) => {
      const path = join(units, unit.replace('/', '-'), 'storage', name);
      mkdirSync(path, { recursive: true });
      return path;
    },
    memory: isPlain ? null : new Map<string, HookRecord>(),
    counts: { run: 0, known: 0 },
  };
}

/** What charmcraft makes of its one file when it packs a charm, where that was not done yet. */
function packedFiles({ folder, document }: Description): Readonly<Record<string, string>> {
  const { config, actions, ...metadata } = document;
  const files = {
    'metadata.yaml': { summary: '', description: '', ...metadata },
    'config.yaml': config,
    'actions.yaml': actions,
  };
  return Object.fromEntries(
    Object.entries(files).flatMap(([file, content]) =>
      content === undefined || content === null || existsSync(join(folder, file))
        ? []
        : [[file, stringify(content)]],
    ),
  );
}

/** A charm as the model runs it, and with it others whose workshop is found by the application's name. */
export function simulatedOf(
  charm: Description,
  others: Readonly<Record<string, OtherSide>>,
  shopOf: (application: string) => Workshop,
  charmOf = (application: string): Pick<Description, 'containers'> => shopOf(application).charm,
  charms: readonly Pick<Description, 'containers'>[] = [charm, ...charmsIn(others)],
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
        actions: containerEvents(charms),
      },
      open: ({ own }: Seen<null, Pod>, { step }) => {
        const room: Room = { own, step };
        return { ports: { room }, state: () => ({ shared: null, own: room.own }) };
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
      const { files, containers } = before;
      const order = { tools, beside, files, containers, step };
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
