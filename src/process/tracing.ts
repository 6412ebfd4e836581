/**
 * Whom a unit tells of its hooks: a collector that the environment names, or the one that is related,
 * by interface `tracing`, version 2. Where it is was learned in the relation's own hooks and stands in
 * the unit's state, which every hook reads: any other hook asks Juju for nothing more.
 */
import type * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { attempt, type Failure, right, take } from '../hook/index.ts';
import type { Environment, JujuModel, Variables } from '../juju/hook-tools/index.ts';
import type { Changes, Databag, JujuAttempt } from '../juju/port.ts';
import type { Attributes, TraceWatch } from '../tracing/index.ts';
import { isOfTracing } from './tracing-hooks.ts';

/** Where in the unit's state it stands. */
const stateKey = 'tracing';
/** What each side writes of itself into its application's databag. */
const bagKey = 'receivers';
const protocol = 'otlp_http';
const wanted = JSON.stringify([protocol]);

const kept = v.object({ relation: v.number(), url: v.nullable(v.string()) });
const receivers = v.array(v.object({ protocol: v.object({ name: v.string() }), url: v.string() }));

type Kept = v.InferOutput<typeof kept>;

/**
 * Where this hook is to be told; null where nobody wants to hear of it. `HOOKCHART_OTLP` goes before
 * what is related. In the hooks of the relation the leader asks for OTLP over HTTP, and each unit
 * notes the answer.
 */
export const collectorOf = (
  environment: Environment,
  { HOOKCHART_OTLP: named }: Variables,
  model: JujuModel,
  endpoint: string | undefined,
): JujuAttempt<string | null> =>
  attempt(async () => {
    const related = endpoint === undefined ? null : await relatedTo(environment, model, endpoint);
    return named || related;
  });

async function relatedTo(
  { event, relation: own }: Environment,
  model: JujuModel,
  endpoint: string,
): Promise<string | null> {
  const before = keptIn(await take(model.state));
  if (!isOfTracing(event, endpoint)) return before?.url ?? null;
  if (own?.endpoint !== endpoint) {
    if (before === null) return null;
    const isThere = (await take(model.relations(endpoint))).includes(before.relation);
    return isThere ? asked(model, before.relation, before) : forget(model);
  }
  if (!event.endsWith('-broken')) return asked(model, own.id, before);
  return before?.relation === own.id ? forget(model) : (before?.url ?? null);
}

/** Asks where nobody has, and notes what is answered. */
async function asked(
  model: JujuModel,
  relation: number,
  before: Kept | null,
): Promise<string | null> {
  const mine = { _tag: 'OwnApp', relation } as const;
  const leads = await take(model.leader);
  const [theirs, said] = await model.read([
    { _tag: 'RemoteApp', relation },
    ...(leads ? [mine] : []),
  ])();
  const isAsked = said === undefined || right(said)[bagKey] === wanted;
  const url = theirs === undefined ? null : receiverIn(right(theirs));
  const isKept = before?.relation === relation && before.url === url;
  const changes = {
    bags: isAsked ? [] : [{ bag: mine, values: { [bagKey]: wanted } }],
    state: isKept ? {} : { [stateKey]: JSON.stringify({ relation, url } satisfies Kept) },
  };
  await put(model, changes);
  return url;
}

async function forget(model: JujuModel): Promise<null> {
  await put(model, { bags: [], state: { [stateKey]: '' } });
  return null;
}

async function put(model: JujuModel, changes: Pick<Changes, 'bags' | 'state'>): Promise<void> {
  if (changes.bags.length + Object.keys(changes.state).length > 0) await take(model.put(changes));
}

function keptIn({ [stateKey]: text = '' }: Databag): Kept | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), kept), text);
  return parsed.success ? parsed.output : null;
}

/** Null where it has not answered yet, or takes no OTLP over HTTP. */
function receiverIn({ [bagKey]: text = '' }: Databag): string | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), receivers), text);
  if (!parsed.success) return null;
  return parsed.output.find(({ protocol: { name } }) => name === protocol)?.url ?? null;
}

/** What a hook's process says of itself in a trace. */
export interface Telling<Why extends Failure> {
  readonly environment: Environment;
  /** When the hook began, on the clock of `performance`. */
  readonly began: number;
  /** Milliseconds that the hook has left. */
  readonly remaining: () => number;
  readonly tell: (line: string) => void;
  readonly render: (why: Why) => string;
}

/** Runs a hook so that a collector is told of it; where there is none, nothing is loaded for it. */
export async function toldTo<Why extends Failure, Run>(
  collector: string | null,
  { environment, began, remaining, tell, render }: Telling<Why>,
  run: (watch: TraceWatch | undefined) => Promise<E.Either<Why, Run>>,
): Promise<E.Either<Why, Run>> {
  if (collector === null) return run(undefined);
  const { traced } = await import('../tracing/index.ts');
  return traced(
    {
      url: collector,
      resource: resourceOf(environment),
      hook: {
        name: environment.event,
        attributes: attributesOf(environment),
        began: performance.timeOrigin + began,
      },
      tell,
      remaining,
      render: (why) => render(why as Why),
    },
    run,
  );
}

/** In the words of OpenTelemetry, and in those by which Juju's own tools tell units apart. */
const resourceOf = ({ application, unit, model }: Environment): Attributes => ({
  'service.name': application,
  'service.namespace': model.name,
  'service.instance.id': unit,
  juju_application: application,
  juju_unit: unit,
  juju_model: model.name,
  juju_model_uuid: model.uuid,
});

const attributesOf = ({ event, relation, departingUnit, secret }: Environment): Attributes =>
  Object.fromEntries(
    Object.entries({
      'juju.hook': event,
      'juju.relation': relation === null ? null : `${relation.endpoint}:${relation.id}`,
      'juju.remote.application': relation?.remoteApplication ?? null,
      'juju.remote.unit': relation?.remoteUnit ?? null,
      'juju.departing.unit': departingUnit,
      'juju.secret.label': secret?.label || null,
    }).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
  );
