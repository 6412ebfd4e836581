/** The charm's dashboard, for Grafanas that are related to `grafana-dashboard`, by interface `grafana_dashboard`. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt, right, take } from '../../hook/index.ts';
import { difference } from '../../juju/databag.ts';
import type { Environment, JujuModel } from '../../juju/hook-tools/index.ts';
import type { JujuAttempt } from '../../juju/port.ts';
import { endpoints } from '../keys.ts';
import { isOfDashboard } from './operating-hooks.ts';
import { xzOf } from './xz.ts';

const uid = 'hookchart-pgbouncer';

/** What is said of it, in the words of Grafana's charm library. */
export const dashboardsOf = (dashboard: string): string =>
  JSON.stringify({
    templates: {
      'file:pgbouncer': {
        charm: 'hookchart-pgbouncer',
        content: xzOf(dashboard).toString('base64'),
        dashboard_alt_uid: uid,
        // It has choices of its own, of the data source and of the application.
        inject_dropdowns: false,
      },
    },
    // Random elsewhere, so that something differs; what does not differ need not be told again.
    uuid: createHash('sha256').update(dashboard).digest('hex').slice(0, 32),
  });

/** The leader says it: to who comes, and where it or another version of the charm comes to lead. */
export const tellDashboard = (environment: Environment, model: JujuModel): JujuAttempt<void> =>
  attempt(async () => {
    const { event, relation, charmFolder } = environment;
    if (!(await take(model.leader))) return;
    const listed = new Set(await take(model.relations(endpoints.dashboard)));
    if (isOfDashboard(event) && relation !== null) listed.add(relation.id);
    if (listed.size === 0) return;
    const text = await readFile(join(charmFolder, 'grafana-dashboard.json'), 'utf8');
    const values = { dashboards: dashboardsOf(text) };
    const own = [...listed].map((id) => ({ _tag: 'OwnApp', relation: id }) as const);
    const said = await model.read(own)();
    const bags = own.flatMap((bag, at) => {
      const found = said[at];
      const changed = difference(found === undefined ? {} : right(found), values);
      return changed === null ? [] : [{ bag, values: changed }];
    });
    if (bags.length > 0) await take(model.put({ bags, state: {} }));
  });
