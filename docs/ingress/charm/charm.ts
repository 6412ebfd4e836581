/** The charm: which hook goes through which chart, and how each request of the charts is carried out. */
import { defineCharm, halt, handlers, statusOf, type Unit } from 'hookchart';
import * as v from 'valibot';
import { ingressBroken } from './ingress-broken.ts';
import { ingressRequested } from './ingress-requested.ts';
import { confirm, confirmed, entrySchema, put, recordOf, routesOf } from './record.ts';
import { refresh } from './refresh.ts';
import { requested } from './request.ts';
import type { Entry, IngressWords, Route } from './words.ts';

/**
 * What stands before the applications. Where it does not serve these routes it halts: what it served
 * before stays in force, and if it does not run, it starts with the new ones.
 */
export interface ReverseProxy {
  readonly serve: (routes: ReadonlyMap<number, Route>) => Promise<void>;
}

const events: Readonly<Record<string, 'ingress-requested' | 'ingress-broken' | 'refresh'>> = {
  'ingress-relation-joined': 'ingress-requested',
  'ingress-relation-changed': 'ingress-requested',
  'ingress-relation-departed': 'ingress-requested',
  'ingress-relation-broken': 'ingress-broken',
  'ingress-relation-created': 'refresh',
  'ingress-peers-relation-joined': 'refresh',
  'ingress-peers-relation-changed': 'refresh',
  'ingress-peers-relation-departed': 'refresh',
  'leader-elected': 'refresh',
  'config-changed': 'refresh',
  'upgrade-charm': 'refresh',
  'update-status': 'refresh',
  start: 'refresh',
};

export const charm = defineCharm({
  name: 'ingress',
  endpoints: { peers: 'ingress-peers', serves: 'ingress', tracing: 'charm-tracing' },
  machines: { 'ingress-requested': ingressRequested, 'ingress-broken': ingressBroken, refresh },
  events,
  // Hooks that would do the same are deferred as one.
  event: {
    of: ({ hook, relation }) =>
      relation === undefined || events[hook] === 'refresh'
        ? { hook: 'refresh' }
        : { hook: hook.replace(/joined|departed/, 'changed'), relation },
    schema: v.object({ hook: v.string(), relation: v.exactOptional(v.number()) }),
  },
  learned: v.object({ entry: v.nullable(entrySchema) }),
  perform: handlers<IngressWords, { readonly proxy: ReverseProxy }>({
    // Who has left its peers keeps no record any more.
    Leader: async ({ juju }) => !(await juju.hasLeft()) && juju.leader(),
    UnitLeaves: async ({ juju }) => !(await juju.plannedUnits()).includes(juju.name),
    RequestOf: async ({ juju }, { relation }) => {
      const entry = await entryFor(juju, relation, await recordOf(juju));
      if (entry === null) return 'nothing';
      return { label: 'refused' in entry ? 'what is refused' : 'a route', learned: { entry } };
    },
    PutOnRecord: ({ juju }, { relation, entry }) => {
      put(juju, relation, entry);
      // One that was suspended comes back with what was published in it.
      if (entry === null) juju.publish(relation, { ingress: '' });
    },
    ReviewRequests: async ({ juju }) => {
      const record = await recordOf(juju);
      const listed = await juju.relations('ingress');
      const units = [...(await confirmed(juju)).values()];
      // Others may know a relation of which this unit will hear yet.
      for (const relation of record.keys())
        if (!listed.has(relation) && !units.some((serving) => relation in serving))
          put(juju, relation, null);
      for (const relation of listed) {
        const entry = await entryFor(juju, relation, record);
        put(juju, relation, entry);
        if (entry === null) record.delete(relation);
        else record.set(relation, entry);
      }
    },
    ServeRoutes: async ({ juju, proxy }) => {
      const routes = await routesOf(juju);
      // A unit that has left its peers knows of no record, and is about to go: it serves nobody.
      if (await juju.hasLeft()) return proxy.serve(routes);
      // What it said before does not count where this comes to nothing.
      confirm(juju, new Map());
      await proxy.serve(routes);
      confirm(juju, routes);
    },
    PublishUrls: async ({ juju }) => {
      const routes = await routesOf(juju);
      const base = routes.size === 0 ? '' : await baseUrl(juju);
      const [planned, units] = [await juju.plannedUnits(), await confirmed(juju)];
      for (const relation of await juju.relations('ingress')) {
        const path = routes.get(relation)?.path;
        const { ingress: before = '' } = await juju.own(relation);
        // A unit that is new must not cost an application the URL that it has.
        const isServed =
          before.endsWith(`${path}"}`) ||
          planned.every((unit) => units.get(unit)?.[relation] === path);
        const ingress = path !== undefined && isServed ? JSON.stringify({ url: base + path }) : '';
        juju.publish(relation, { ingress });
      }
    },
  }),
  status: async ({ juju }, ended) => {
    const said = statusOf(ended);
    const refusals = [...(await recordOf(juju))].flatMap(([relation, entry]) =>
      'refused' in entry ? [`relation ${relation}: ${entry.refused}`] : [],
    );
    if (said.name !== 'active' || refusals.length === 0) return said;
    return { name: 'blocked', message: refusals.join('; ') };
  },
  shown: {
    records: {
      title: 'Routes on record',
      prefix: 'relation-',
      fields: ['path', 'upstreams', 'strip', 'refused'],
    },
    file: 'nginx',
    compares: {
      Leader: 'this unit, {unit}, with the leader that Juju names',
      UnitLeaves: 'this unit, {unit}, with the units that are planned',
      RequestOf: 'what relation {relation} asks for with the paths that others have on record',
    },
    look: ({ proxy }, { configured }) => {
      if (proxy === undefined) return {};
      const serve = async (routes: ReadonlyMap<number, Route>) => {
        await proxy.serve(routes);
        configured({ before: null, after: tableOf(routes) });
      };
      return { proxy: { serve } };
    },
  },
});

/** The routes that are in force, a line for each. */
const tableOf = (routes: ReadonlyMap<number, Route>): string =>
  [...routes.values()].map(({ path, upstreams }) => `${path} → ${upstreams.join(', ')}\n`).join('');

/** What a relation is to have on record, beside what the others have; null for nothing. */
async function entryFor(
  juju: Unit,
  relation: number,
  record: ReadonlyMap<number, Entry>,
): Promise<Entry | null> {
  const entry = requested(await juju.remote(relation), await juju.remoteUnits(relation));
  if (entry === null || 'refused' in entry) return entry;
  const before = record.get(relation);
  // A leader that is new has not been told of the application's units yet.
  if (entry.upstreams.length === 0)
    return before !== undefined && 'path' in before && before.path === entry.path ? before : null;
  const isTaken = [...record].some(
    ([other, known]) => other !== relation && 'path' in known && known.path === entry.path,
  );
  return isTaken ? { refused: `${entry.path} is the path of another application` } : entry;
}

/** Where clients reach the ingress, as the operator says, or else this unit. */
async function baseUrl(juju: Unit): Promise<string> {
  const { 'external-hostname': name = '' } = await juju.config();
  const why = `config external-hostname is ${JSON.stringify(name)}: set it to NAME or NAME:PORT`;
  if (typeof name !== 'string' || !/^([a-z0-9.-]+(:\d+)?)?$/i.test(name))
    halt({ _tag: 'ConfigRefused', class: 'refused', why });
  const endpoint = name === '' ? await juju.endpoint() : name;
  if (endpoint !== null) return `http://${endpoint}`;
  halt({ _tag: 'AddressUnknown', class: 'unavailable', why: `${juju.name} has no address yet` });
}
