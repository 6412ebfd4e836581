/**
 * Who takes a unit's logs: on Kubernetes those who are related to `logging`, by interface
 * `loki_push_api`. Pebble sends them itself; a machine has them in its journal.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { attempt, take } from '../../hook/index.ts';
import type { Environment, JujuModel, Variables } from '../../juju/hook-tools/index.ts';
import type { Databag } from '../../juju/port.ts';
import { endpoints, loggingKey } from '../keys.ts';
import type { Attempt } from '../ports.ts';
import { WorkloadProblem } from '../workload/index.ts';
import { forwardLogs, type LogTarget, logLayerOf } from '../workload/log-layer.ts';
import { isOfLogging } from './operating-hooks.ts';
import { pebbleSocketIn } from './place.ts';

/** Hooks after which Pebble may know nothing any more, or a unit is called otherwise. */
const occasions = /^(upgrade-charm|config-changed|start|.+-pebble-ready)$/;

/** As Loki's charm says where it takes logs, in each unit's databag. */
const endpoint = v.pipe(v.string(), v.parseJson(), v.object({ url: v.pipe(v.string(), v.url()) }));

/** Those that Pebble was told of by the last hook, whether or not it is to send to them still. */
const kept = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.nullable(v.string())));

/** What stands for the place of one that Pebble could not be told of. */
const untold = '';

/** Has Pebble send what all services say to whom it is to be sent now. */
export const logsOf = (
  environment: Environment,
  variables: Variables,
  model: JujuModel,
  { remaining, tell }: { readonly remaining: () => number; readonly tell: (line: string) => void },
): Attempt<void> =>
  attempt(async () => {
    const { event, relation, machine } = environment;
    if (machine !== null) return;
    const { [loggingKey]: text } = await take(model.state);
    const before = keptIn(text);
    const own = isOfLogging(event) && relation !== null ? relation.id : null;
    const isKnown = Object.keys(before).length > 0;
    const isOverdue = event === 'update-status' && Object.values(before).includes(untold);
    if (own === null && !isOverdue && !(isKnown && occasions.test(event))) return;
    const listed = new Set(await take(model.relations(endpoints.logging)));
    if (own !== null && !event.endsWith('-broken')) listed.add(own);
    const targets: LogTarget[] = [];
    for (const id of [...listed].sort((one, other) => one - other))
      targets.push(...(await targetsIn(model, id)));
    const gone = Object.keys(before).filter((name) => !targets.some((one) => one.name === name));
    if (targets.length + gone.length === 0) return;
    let isTold = true;
    try {
      const layer = logLayerOf(targets, gone, labelsOf(environment));
      await forwardLogs(pebbleSocketIn(variables), layer, remaining);
    } catch (problem) {
      if (!(problem instanceof WorkloadProblem)) throw problem;
      // When its container is up Pebble says so, and is told then; else in an update-status.
      isTold = false;
      tell(`logs are not sent: ${problem.message}`);
    }
    const now = Object.fromEntries([
      ...targets.map(({ name, location }) => [name, isTold ? location : untold] as const),
      ...(targets.length === 0 ? [] : gone.map((name) => [name, null] as const)),
    ]);
    const next = Object.keys(now).length === 0 ? '' : JSON.stringify(now);
    if (next !== (text ?? '')) await take(model.put({ bags: [], state: { [loggingKey]: next } }));
  });

/** What does not say where it takes logs takes none. */
async function targetsIn(model: JujuModel, relation: number): Promise<readonly LogTarget[]> {
  const units = await take(model.remoteUnits(relation));
  const said = await model.read(
    units.map((unit) => ({ _tag: 'RemoteUnit', relation, unit }) as const),
  )();
  return units.flatMap((unit, at) => {
    const found = said[at];
    const bag: Databag = found !== undefined && E.isRight(found) ? found.right : {};
    const parsed = v.safeParse(endpoint, bag.endpoint ?? '');
    if (!parsed.success || !/^https?:/.test(parsed.output.url)) return [];
    return [{ name: `loki-${relation}-${unit.replace('/', '-')}`, location: parsed.output.url }];
  });
}

/** In the words by which Juju's own tools tell units apart. */
const labelsOf = ({ application, unit, model }: Environment) => ({
  product: 'Juju',
  juju_model: model.name,
  juju_model_uuid: model.uuid,
  juju_application: application,
  juju_unit: unit,
});

function keptIn(text = ''): Readonly<Record<string, string | null>> {
  const parsed = v.safeParse(kept, text);
  return parsed.success ? parsed.output : {};
}
