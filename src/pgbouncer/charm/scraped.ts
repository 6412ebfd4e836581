/**
 * Whom a unit tells where its metrics are: those who are related to `metrics-endpoint`, by interface
 * `prometheus_scrape`. Who that is stands in the unit's state, which every hook reads: any hook but
 * those of the relation, and those after which something may be otherwise, asks Juju nothing more.
 */
import * as v from 'valibot';
import { attempt, right, take } from '../../hook/index.ts';
import { difference } from '../../juju/databag.ts';
import type { Environment, JujuModel } from '../../juju/hook-tools/index.ts';
import type { Databag, JujuAttempt } from '../../juju/port.ts';
import { endpoints, metricsKey } from '../keys.ts';
import { alertRules } from './alert-rules.ts';
import { isOfMetrics } from './operating-hooks.ts';

/** What is told, and whether this hook is one in which it is looked at. */
export interface Scraped {
  readonly isScraped: boolean;
  readonly isOccasion: boolean;
}

/** Hooks after which a unit may be elsewhere, or another one may have to tell. */
const occasions = /^(leader-elected|upgrade-charm|config-changed|start|.+-pebble-ready)$/;

export const scrapedBy = (
  environment: Environment,
  model: JujuModel,
  { host, port }: { readonly host: () => Promise<string>; readonly port: number },
): JujuAttempt<Scraped> =>
  attempt(async () => {
    const { event, relation } = environment;
    const before = idsIn(await take(model.state));
    const own = isOfMetrics(event) && relation !== null ? relation.id : null;
    const isOccasion = own !== null || (before.length > 0 && occasions.test(event));
    if (!isOccasion) return { isScraped: before.length > 0, isOccasion: event === 'update-status' };
    const listed = new Set(await take(model.relations(endpoints.metrics)));
    if (own !== null && !event.endsWith('-broken')) listed.add(own);
    const now = [...listed].sort((one, other) => one - other);
    const address = now.length === 0 ? '' : await host();
    if (address !== '') for (const id of now) await tell(environment, model, id, { address, port });
    const text = now.length === 0 ? '' : JSON.stringify(now);
    if (text !== (before.length === 0 ? '' : JSON.stringify(before)))
      await take(model.put({ bags: [], state: { [metricsKey]: text } }));
    return { isScraped: now.length > 0, isOccasion };
  });

/** Says what differs: each unit where it is, the leader what is to be scraped and what to be alarmed by. */
async function tell(
  { unit, application, machine, model: { name, uuid } }: Environment,
  model: JujuModel,
  relation: number,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<void> {
  const own = { _tag: 'OwnUnit', relation, unit } as const;
  const ofApplication = { _tag: 'OwnApp', relation } as const;
  const leads = await take(model.leader);
  const topology = { model: name, model_uuid: uuid, application, unit };
  const charm = `hookchart-pgbouncer${machine === null ? '-k8s' : ''}`;
  const wanted: readonly (readonly [typeof own | typeof ofApplication, Databag])[] = [
    [own, { prometheus_scrape_unit_address: address, prometheus_scrape_unit_name: unit }],
    ...(leads
      ? ([
          [
            ofApplication,
            {
              scrape_jobs: JSON.stringify([
                { metrics_path: '/metrics', static_configs: [{ targets: [`*:${port}`] }] },
              ]),
              scrape_metadata: JSON.stringify({ ...topology, charm_name: charm }),
              alert_rules: JSON.stringify(alertRules(topology)),
            },
          ],
        ] as const)
      : []),
  ];
  const said = await model.read(wanted.map(([bag]) => bag))();
  const bags = wanted.flatMap(([bag, values], at) => {
    const found = said[at];
    const changed = difference(found === undefined ? {} : right(found), values);
    return changed === null ? [] : [{ bag, values: changed }];
  });
  if (bags.length > 0) await take(model.put({ bags, state: {} }));
}

function idsIn({ [metricsKey]: text = '' }: Databag): readonly number[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.array(v.number())), text);
  return parsed.success ? parsed.output : [];
}
