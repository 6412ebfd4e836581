/** The charm in a simulated Juju: who asks, what is outside, and what must hold whatever happens. */
import { halt } from 'hookchart';
import { isHook, type Script, simulatedCharm, type World } from 'hookchart/testing';
import { charm } from './charm.ts';
import type { Route } from './words.ts';

/** One unit's proxy as plain data: what it has, and whether it takes anything else. */
interface Proxy {
  readonly isUp: boolean;
  /** Nothing was asked of it since its pod began. */
  readonly isNew: boolean;
  readonly routes: readonly (readonly [relation: number, path: string])[];
}
type IngressWorld = World<null, Proxy>;

const down = { _tag: 'ProxyUnavailable', class: 'unavailable', why: 'it does not run' } as const;

/** An application whose leader asks, and whose units say where they are. */
const requirer: Script = {
  hook: (tools, { name, relation }, { request }) => {
    if (relation === undefined || !name.endsWith('-relation-created')) return [];
    if (tools.isLeader()) tools.relationSet(relation, 'application', request);
    const ip = `"10.1.0.${tools.view.unit.split('/')[1]}"`;
    tools.relationSet(relation, 'unit', { host: '"web.local"', ip });
    return [];
  },
  ask: (tools, { request }) => {
    for (const relation of tools.isLeader() ? tools.relationIds('ingress') : [])
      tools.relationSet(relation, 'application', request);
  },
};

export const simulated = simulatedCharm({
  charm,
  application: 'ingress',
  endpoints: ['ingress'],
  requests: [
    { model: '"a"', name: '"b-c"', port: '80' },
    // The path of the first, by other names.
    { model: '"a-b"', name: '"c"', port: '80' },
    { model: '"a"', name: '"x; }"', port: '80' },
    { model: '"a"', name: '"other"', port: '80' },
    {},
  ],
  requirer,
  outside: {
    shared: { initial: null },
    unit: {
      initial: { isUp: true, isNew: true, routes: [] },
      actions: {
        StopProxy: {
          when: ({ isUp }: Proxy) => isUp,
          becomes: (proxy: Proxy): Proxy => ({ ...proxy, isUp: false }),
          told: (unit) => `the nginx of ${unit} goes down`,
          bound: 'outages',
        },
        StartProxy: {
          when: ({ isUp }: Proxy) => !isUp,
          becomes: (proxy: Proxy): Proxy => ({ ...proxy, isUp: true }),
          told: (unit) => `the nginx of ${unit} comes up`,
          isFair: true,
        },
      },
    },
    open: (seen, hook) => {
      let { own } = seen;
      const serve = async (routes: ReadonlyMap<number, Route>): Promise<void> => {
        if (hook.step('reload') === 'fails') halt(down);
        const paths = [...routes].map(([relation, { path }]) => [relation, path] as const);
        own = { ...own, isNew: false, routes: paths };
        if (!own.isUp) halt(down);
      };
      return { ports: { proxy: { serve } }, state: () => ({ ...seen, own }) };
    },
  },
  faults: { fails: { told: 'and its nginx does not reload', bound: 'outages' } },
  bounds: { outages: { byDefault: 1, told: 'times that an nginx goes down, or does not reload' } },
  invariants: [
    {
      name: 'served first',
      claims:
        'No URL is published before each unit serves it that is to stay and has not lost its pod.',
      across: (before, _, { world }) =>
        [...urls(world)].flatMap(([relation, url]) =>
          urls(before).get(relation) === url
            ? []
            : staying(world)
                .filter((unit) => pathsOf(world, unit).get(relation) !== new URL(url).pathname)
                .map((unit) => `${url} is published, which ${unit} does not serve`),
        ),
    },
    {
      name: 'gone with it',
      claims:
        'A unit that has put its nginx right serves no path of a relation that is gone for it.',
      across: (_, action, { world, outcome }) => {
        const hasServed = outcome?.run?.charts.some(
          ({ end, commands }) =>
            end._tag === 'Returned' && commands.some(({ _tag }) => _tag === 'ServeRoutes'),
        );
        return isHook(action) && hasServed && outcome?.pending ? strays(world, action.unit) : [];
      },
      atRest: (world) => Object.keys(world.outside.units).flatMap((unit) => strays(world, unit)),
    },
    {
      name: 'one path each',
      claims: 'No two applications share a path, on any unit or in what is published.',
      always: (world) => {
        const shares = [
          ...Object.keys(world.outside.units).map((unit) => [...pathsOf(world, unit).values()]),
          [...urls(world).values()].map((url) => new URL(url).pathname),
        ];
        return shares
          .filter((paths) => new Set(paths).size < paths.length)
          .map((paths) => `two of ${paths.join(', ')} are one`);
      },
    },
    {
      name: 'all who can be',
      claims: 'At rest somebody has each path that is asked for, and nobody has one unasked.',
      atRest: (world) => {
        const asked = askedFor(world);
        const served = [...urls(world)].map(([relation, url]) => ({
          relation,
          path: new URL(url).pathname,
        }));
        return [
          ...asked
            .filter(({ path, hasUnits }) => hasUnits && !served.some((one) => one.path === path))
            .map(({ path }) => `nobody has ${path}, which is asked for`),
          ...served
            .filter((one) => !asked.some(({ relation }) => relation === one.relation))
            .map(
              ({ relation, path }) => `relation ${relation} has ${path} and does not ask for it`,
            ),
        ];
      },
    },
  ],
});

const isIngress = ([, { endpoint }]: [string, { readonly endpoint: string }]): boolean =>
  endpoint === 'ingress';

/** The units of the ingress that are to stay, and whose pod is not new. */
const staying = ({ units, outside }: IngressWorld): readonly string[] =>
  Object.keys(outside.units).filter(
    (unit) => units[unit]?.life === 'alive' && outside.units[unit]?.isNew === false,
  );

const pathsOf = ({ outside }: IngressWorld, unit: string): ReadonlyMap<number, string> =>
  new Map(outside.units[unit]?.routes);

/** What a unit serves of relations that end, and that it has left. */
const strays = (world: IngressWorld, unit: string): readonly string[] =>
  [...pathsOf(world, unit)]
    .filter(
      ([relation]) =>
        world.relations[relation]?.life !== 'alive' &&
        world.units[unit]?.told[relation] === undefined,
    )
    .map(([relation, path]) => `${unit} serves ${path} of relation ${relation}, which is gone`);

/** What is published in relations that live. */
const urls = ({ relations }: IngressWorld): ReadonlyMap<number, string> =>
  new Map(
    Object.entries(relations)
      .filter(isIngress)
      .flatMap(([relation, { life, applications }]) => {
        const ingress = applications.ingress?.ingress;
        if (life !== 'alive' || ingress === undefined) return [];
        const { url }: { readonly url: string } = JSON.parse(ingress);
        return [[Number(relation), url] as const];
      }),
  );

/** The paths that applications of living relations ask for, as far as they may. */
const askedFor = ({ relations, units }: IngressWorld) =>
  Object.entries(relations)
    .filter(isIngress)
    .flatMap(([relation, { life, applications, requirer }]) => {
      const { model = '""', name = '""' } = applications[requirer] ?? {};
      const path = `/${JSON.parse(model)}-${JSON.parse(name)}`;
      if (life !== 'alive' || !/^\/[a-z]+(-[a-z]+)+$/.test(path)) return [];
      const hasUnits = Object.values(units).some((unit) => unit.application === requirer);
      return [{ relation: Number(relation), path, hasUnits }];
    });
