import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { alertRules, rules } from '../../../src/pgbouncer/charm/alert-rules.ts';
import {
  exposition,
  samplesOf,
  samplesOfHooks,
  tables,
  toldApart,
  upOf,
} from '../../../src/pgbouncer/charm/exposition.ts';
import { counted, type Figures, parseFigures } from '../../../src/pgbouncer/charm/figures.ts';
import { counting } from '../../../src/pgbouncer/charm/metrics.ts';
import type { Ledger } from '../../../src/pgbouncer/relation/ledger.ts';
import type { DispatchRun } from '../../../src/pgbouncer/run.ts';

const nothing = parseFigures(null);
const chart = (hook: string, end: string) => ({ hook, end: { _tag: end } });
const run = (charts: object[], reconciled: object[] = []): DispatchRun =>
  ({ charts, reconciled }) as unknown as DispatchRun;
const records = (...states: string[]): Ledger['records'] =>
  new Map(states.map((state, relation) => [relation, { relation, state }])) as never;

/** Two hooks: one that is done, and one that fails. */
const figures = (): Figures => {
  const first = counted(nothing, {
    ...{ hook: 'update-status', seconds: 0.5, records: records('published', 'removing'), now: 7 },
    run: run([chart('update-status', 'Returned')], [chart('removal-begun', 'Deferred')]),
  });
  const hook = { hook: 'update-status', seconds: 1.5, run: null, records: null, now: 9 };
  return counted(first, hook);
};

describe('what hooks count', () => {
  it('are runs by their ends, seconds, charts by theirs, and what is on record', () => {
    expect(figures()).toEqual({
      hooks: { 'update-status': { done: 1, failed: 1, seconds: 2 } },
      charts: { 'update-status': { returned: 1 }, 'removal-begun': { deferred: 1 } },
      records: { provisioning: 0, published: 1, refused: 0, removing: 1 },
      last: 9,
    });
  });

  it('is a hook that is a defect as well: it has failed, and fails on', async () => {
    const ended: unknown[] = [];
    const count: Parameters<typeof counting>[1] = async (one, records) => {
      ended.push([one, records]);
    };
    const nothingDone = run([]);
    const done = E.right(nothingDone);
    const records = new Map();
    const recording: Parameters<typeof counting>[0] = async (recorded) => {
      recorded(records);
      return done;
    };
    expect(await counting(recording, count)).toBe(done);
    const why = E.left({ _tag: 'OutOfTime', class: 'unavailable', what: 'x' } as never);
    expect(await counting(async () => why, count)).toBe(why);
    const defect = async () => {
      throw new TypeError('a defect');
    };
    await expect(counting(defect, count)).rejects.toThrow('a defect');
    expect(ended).toEqual([
      [nothingDone, records],
      [null, null],
      [null, null],
    ]);
  });

  it('is read back, and begun anew where it cannot be', () => {
    expect(parseFigures(JSON.stringify(figures()))).toEqual(figures());
    for (const text of [null, '', 'x', '{}', '{"hooks":1}'])
      expect(parseFigures(text)).toEqual({ hooks: {}, charts: {}, records: {}, last: 0 });
  });
});

describe('the text that Prometheus reads', () => {
  it('has all samples of a name together, once explained, and hides no mark in a label', () => {
    const [pools] = tables;
    if (pools === undefined) throw new Error('there are no tables');
    const rows = [
      { database: 'a"\\\n', user: 'u', cl_active: 2, maxwait: '1' },
      { database: 'pgbouncer', user: 'hookchart_admin', cl_active: 1 },
    ];
    const samples = [0, 1].flatMap((n) => [
      upOf(n === 0, String(n)),
      ...samplesOf(pools, rows, String(n)),
    ]);
    expect(exposition(samples)).toBe(`# HELP pgbouncer_up Whether PgBouncer answers
# TYPE pgbouncer_up gauge
pgbouncer_up{process="0"} 1
pgbouncer_up{process="1"} 0

# HELP pgbouncer_pools_client_active_connections Clients that have a server, or need none
# TYPE pgbouncer_pools_client_active_connections gauge
pgbouncer_pools_client_active_connections{database="a\\"\\\\\\n",user="u",process="0"} 2
pgbouncer_pools_client_active_connections{database="a\\"\\\\\\n",user="u",process="1"} 2

# HELP pgbouncer_pools_client_maxwait_seconds For how long the first of those has waited
# TYPE pgbouncer_pools_client_maxwait_seconds gauge
pgbouncer_pools_client_maxwait_seconds{database="a\\"\\\\\\n",user="u",process="0"} 1
pgbouncer_pools_client_maxwait_seconds{database="a\\"\\\\\\n",user="u",process="1"} 1
`);
  });

  it('has databases with an entry by name, and all others as one, whatever they are called', () => {
    const [pools, totals, databases] = tables;
    if (pools === undefined || totals === undefined || databases === undefined)
      throw new Error('there are no tables');
    const entries = new Set(['a']);
    const row = (database: string, user: string, active: number, maxwait: number) => ({
      ...{ database, user, cl_active: active, maxwait },
    });
    const rows = [
      row('a', 'u', 1, 2),
      row('x', 'u', 1, 5),
      row('y', 'u', 2, 3),
      row('y', 'v', 4, 0),
    ];
    const own = { database: 'pgbouncer', user: 'hookchart_admin', cl_active: 1 };
    expect(toldApart(pools, [...rows, own], entries)).toMatchObject([
      rows[0],
      own,
      { database: '*', user: 'u', cl_active: 3, maxwait: 5 },
      { database: '*', user: 'v', cl_active: 4, maxwait: 0 },
    ]);
    const [known, one] = toldApart(
      totals,
      ['a', 'x', 'y'].map((database) => ({ database, query_count: 2 })),
      entries,
    );
    expect([known, one]).toMatchObject([
      { database: 'a', query_count: 2 },
      { database: '*', query_count: 4 },
    ]);
    const named = ['a', 'x', 'pgbouncer'].map((name) => ({ name, pool_size: 1 }));
    expect(toldApart(databases, named, entries)).toEqual([named[0], named[2]]);
  });

  it('counts in seconds what PgBouncer counts in millionths of one', () => {
    const totals = tables.find(({ question }) => question === 'SHOW STATS_TOTALS');
    if (totals === undefined) throw new Error('there are no totals');
    const [sample] = samplesOf(totals, [{ database: 'a', wait_time: 2_500_000 }], '0');
    expect(sample).toMatchObject({
      ...{ name: 'pgbouncer_stats_totals_client_wait_seconds_total', type: 'counter', value: 2.5 },
    });
  });
});

/** Every name that the exporter may say, and the one by which who scrapes says that it does. */
const names = new Set([
  'up',
  'pgbouncer_up',
  ...tables.flatMap(({ prefix, columns }) =>
    Object.values(columns).map(([name]) => `${prefix}_${name}`),
  ),
  ...samplesOfHooks(figures()).map(({ name }) => name),
]);
const namesIn = (text: string) => text.match(/\b(?:(?:pgbouncer|hookchart)_\w+|up(?=\{))/g) ?? [];

describe('what is made of it', () => {
  it('alarms by what is told, each of one application alone', () => {
    const topology = { model: 'm', model_uuid: '5e1f3c7a-0', application: 'pool' };
    const [group] = alertRules(topology).groups;
    expect(group?.rules.map(({ alert }) => alert)).toEqual(rules.map(({ alert }) => alert));
    for (const { expr, labels } of group?.rules ?? []) {
      expect(namesIn(expr).length).toBeGreaterThan(0);
      for (const name of namesIn(expr)) expect(names).toContain(name);
      const own = '{juju_model="m",juju_model_uuid="5e1f3c7a-0",juju_application="pool"';
      expect(expr.split(own)).toHaveLength(namesIn(expr).length + 1);
      expect(labels).toMatchObject({ juju_application: 'pool', juju_model: 'm' });
    }
  });

  it('draws what is told, in each panel of the dashboard', () => {
    const file = 'src/pgbouncer/packaging/grafana-dashboard.json';
    const { panels } = JSON.parse(readFileSync(file, 'utf8')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    expect(panels.length).toBeGreaterThan(8);
    for (const { title, targets } of panels) {
      const used = targets.flatMap(({ expr }) => namesIn(expr));
      expect(used.length, title).toBeGreaterThan(0);
      for (const name of used) expect(names, title).toContain(name);
    }
  });
});
