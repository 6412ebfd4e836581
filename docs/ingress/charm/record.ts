/** What this application has on record in its peers' databags: routes, and who serves them. */
import type { Unit } from 'hookchart';
import * as v from 'valibot';
import type { Entry, Route } from './words.ts';

/** Read back as strictly as it was written: nothing else that stands there becomes configuration. */
export const entrySchema = v.union([
  v.strictObject({ refused: v.string() }),
  v.strictObject({
    path: v.pipe(v.string(), v.regex(/^\/[a-z0-9-]{1,127}$/)),
    upstreams: v.array(v.pipe(v.string(), v.regex(/^[0-9a-f.:[\]]+:\d+$/i))),
    strip: v.boolean(),
  }),
]);
const servingSchema = v.fallback(
  v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())),
  {},
);

/** All that is on record, by relation. */
export async function recordOf(juju: Unit): Promise<Map<number, Entry>> {
  const record = new Map<number, Entry>();
  for (const [key, text] of Object.entries(await juju.read({ _tag: 'PeerApp' }))) {
    const relation = /^relation-(\d+)$/.exec(key)?.[1];
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), entrySchema), text);
    if (relation !== undefined && parsed.success) record.set(Number(relation), parsed.output);
  }
  return record;
}

/** Only the leader may; null takes the relation off the record. */
export const put = (juju: Unit, relation: number, entry: Entry | null): void =>
  juju.write(
    { _tag: 'PeerApp' },
    { [`relation-${relation}`]: entry === null ? '' : JSON.stringify(entry) },
  );

/** The routes on record that this unit can serve: of relations that it knows, and that do not break. */
export async function routesOf(juju: Unit): Promise<ReadonlyMap<number, Route>> {
  const listed = await juju.relations('ingress');
  const routes = [...(await recordOf(juju))].flatMap(([relation, entry]) =>
    'path' in entry && listed.has(relation) ? [[relation, entry] as const] : [],
  );
  return new Map(routes);
}

/** Says in this unit's databag what it serves. */
export function confirm(juju: Unit, routes: ReadonlyMap<number, Route>): void {
  const paths = [...routes].map(([relation, { path }]) => [relation, path]);
  const serving = JSON.stringify(Object.fromEntries(paths));
  juju.write({ _tag: 'PeerUnit', unit: juju.name }, { serving });
}

/** The units that are there, and the path that each serves for a relation. */
export async function confirmed(
  juju: Unit,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const units = [juju.name, ...(await juju.peers())];
  const bags = await juju.readAll(units.map((unit) => ({ _tag: 'PeerUnit', unit })));
  return new Map(units.map((unit, at) => [unit, v.parse(servingSchema, bags[at]?.serving)]));
}
