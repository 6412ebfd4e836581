/** A charm of which nothing is known but its folder, taken up to be soaked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Configuration, Misuse } from '../testing/index.ts';
import { type Description, describeCharm } from './description.ts';
import type { Workshop } from './hook-run.ts';
import { asksAndReads, checkFits, type OtherSide } from './other-side.ts';
import { refusalOf } from './parameters.ts';
import { checkImages, withImages } from './pebble/image.ts';
import { type Files, withResources } from './resources.ts';
import { charmsIn, type ForeignSimulated, simulatedOf } from './simulated-foreign.ts';
import { openToolServer } from './tool-server.ts';
import { topologyOf } from './topology.ts';
import { checkNotice, type Telling } from './workload-events.ts';
import { type Running, workshopIn } from './workshop.ts';

/** How a charm is to be run. */
export interface ForeignOptions extends Running {
  /** Who is on the other side, by endpoint; by default somebody who asks with nothing. */
  readonly others?: Readonly<Record<string, OtherSide>>;
  /** Values of options that operators may set beside the defaults. */
  readonly configurations?: readonly Configuration[];
  /** Actions that operators run now and then, on any unit. */
  readonly actions?: readonly AskedFor[];
  /** What its workloads tell Pebble now and then, of which the charm hears. */
  readonly notices?: readonly Telling[];
  /** Endpoints to which nobody is ever related. */
  readonly without?: readonly string[];
  /** Folders with what the images of containers bring, by the container's name. */
  readonly images?: Readonly<Record<string, string>>;
  /** Files of the charm's resources, by the resource's name. */
  readonly resources?: Files;
}

/** An action, with what operators give it. */
export interface AskedFor {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A foreign charm that is ready to be run; it has processes and a folder until it is closed. */
export interface ForeignCharm {
  readonly description: Description;
  readonly simulated: ForeignSimulated;
  readonly others: Readonly<Record<string, OtherSide>>;
  readonly configurations: readonly Configuration[];
  readonly actions: readonly AskedFor[];
  readonly notices: readonly Telling[];
  /** How many hooks were run as a process, and how many were known from before. */
  readonly counts: { readonly run: number; readonly known: number };
  close(): void;
}

/** Takes up the charm in a folder. `Misuse` says what is wrong with the folder or the options. */
export async function openForeignCharm(
  folder: string,
  options: ForeignOptions = {},
): Promise<ForeignCharm> {
  const { images = {}, resources = {} } = options;
  const withImage = withImages(images);
  const whole = withResources(withImage(describeCharm(folder)), resources);
  const others = othersOf(whole, options, withImage);
  const endpoints = whole.endpoints.filter(({ name }) => others[name] !== undefined);
  const description = { ...whole, endpoints };
  checkImages([description, ...charmsIn(others)], images);
  const configurations = options.configurations ?? [];
  for (const name of configurations.flatMap((values) => Object.keys(values)))
    if (!description.options.some((option) => option.name === name))
      throw new Misuse(`${description.name} has no option ${name}`);
  const actions = options.actions ?? [];
  for (const { name, parameters } of actions) {
    const known = description.actions.find((one) => one.name === name);
    if (known === undefined)
      throw new Misuse(
        `${description.name} has no action ${name}; it has ${description.actions.map((one) => one.name).join(', ') || 'none'}`,
      );
    const why = refusalOf(known.schema, parameters);
    if (why !== null)
      throw new Misuse(
        `Juju would not run the action ${name}: ${why}: say what it is given, ${name}:KEY=VALUE`,
      );
  }
  const notices = options.notices ?? [];
  for (const notice of notices) checkNotice(description, notice);
  const work = mkdtempSync(join(tmpdir(), 'hookchart-soak-'));
  const server = await openToolServer(work);
  const shop = workshopIn(work, server, whole, options);
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
    notices,
    counts: shop.counts,
    simulated: simulatedOf(
      description,
      others,
      (application) => shops.get(requirers[application]?.endpoint ?? '') ?? shop,
      ...([undefined, undefined, notices] as const),
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

function othersOf(
  { name, endpoints }: Description,
  { others: given = {}, without = [] }: ForeignOptions,
  withImage: (charm: Description) => Description,
): Readonly<Record<string, OtherSide>> {
  const names = endpoints.map((endpoint) => endpoint.name);
  const unknown = [...Object.keys(given), ...without].find((one) => !names.includes(one));
  if (unknown !== undefined)
    throw new Misuse(`${name} has no endpoint ${unknown}; it has ${names.join(', ') || 'none'}`);
  const both = without.find((one) => given[one] !== undefined);
  if (both !== undefined)
    throw new Misuse(`${both} is left out, and cannot be told who is related there`);
  for (const endpoint of endpoints) checkFits(endpoint, given[endpoint.name]?.charm);
  const nobody: OtherSide = { script: asksAndReads, requests: [{}] };
  const left = names.filter((one) => !without.includes(one));
  return Object.fromEntries(
    left.map((one) => {
      const { charm, ...other } = given[one] ?? nobody;
      if (charm === undefined) return [one, other];
      return [one, { ...other, charm: { ...charm, description: withImage(charm.description) } }];
    }),
  );
}
