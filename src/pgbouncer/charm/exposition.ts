/**
 * Figures as Prometheus reads them. Those of PgBouncer are called as the exporter of
 * prometheus-community calls them, so that what is made for that one fits here as well.
 *
 * Follows https://prometheus.io/docs/instrumenting/exposition_formats/.
 */
import type { Row } from '../wire/index.ts';
import type { Figures } from './figures.ts';

type Labels = Readonly<Record<string, string>>;

interface Kind {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
}

export interface Sample extends Kind {
  readonly labels: Labels;
  readonly value: number;
}

/** A table of the console: which columns are labels, and what is made of the others. */
interface Table {
  readonly question: string;
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly columns: Readonly<
    Record<string, readonly [name: string, help: string, factor?: number]>
  >;
}

const micro = 1e-6;

/** What is asked of each process; a column that a version has not is left out. */
export const tables: readonly Table[] = [
  {
    question: 'SHOW POOLS',
    prefix: 'pgbouncer_pools',
    labels: { database: 'database', user: 'user' },
    columns: {
      cl_active: ['client_active_connections', 'Clients that have a server, or need none'],
      cl_waiting: ['client_waiting_connections', 'Clients that wait for a server'],
      maxwait: ['client_maxwait_seconds', 'For how long the first of those has waited'],
      sv_active: ['server_active_connections', 'Servers that have a client'],
      sv_idle: ['server_idle_connections', 'Servers that could be given to a client'],
      sv_used: ['server_used_connections', 'Servers that are to be looked at before'],
      sv_login: ['server_login_connections', 'Servers that are being logged in to'],
    },
  },
  {
    question: 'SHOW STATS_TOTALS',
    prefix: 'pgbouncer_stats_totals',
    labels: { database: 'database' },
    columns: {
      query_count: ['queries_pooled_total', 'Queries'],
      xact_count: ['sql_transactions_pooled_total', 'Transactions'],
      bytes_received: ['received_bytes_total', 'Bytes from clients'],
      bytes_sent: ['sent_bytes_total', 'Bytes to clients'],
      query_time: ['queries_duration_seconds_total', 'Time in queries', micro],
      xact_time: ['server_in_transaction_seconds_total', 'Time in transactions', micro],
      wait_time: ['client_wait_seconds_total', 'Time for which clients have waited', micro],
    },
  },
  {
    question: 'SHOW DATABASES',
    prefix: 'pgbouncer_databases',
    labels: { name: 'name', database: 'database' },
    columns: {
      pool_size: ['pool_size', 'Servers that a pool may have'],
      max_connections: ['max_connections', 'Servers that a database may have; 0 is no limit'],
      current_connections: ['current_connections', 'Servers that it has'],
    },
  },
];

/**
 * Rows of databases that have an entry, and one for all others: where somebody may make databases a
 * wildcard leads to them, PgBouncer remembers each name that anybody makes up for a minute, and who
 * reads metrics keeps each for weeks.
 */
export function toldApart(
  { prefix, labels, columns }: Table,
  rows: readonly Row[],
  entries: ReadonlySet<string>,
): readonly Row[] {
  const [key = 'database'] = Object.keys(labels);
  const named = (row: Row) => entries.has(String(row[key])) || row[key] === 'pgbouncer';
  const others = new Map<string, Record<string, unknown>>();
  // What a database may have adds up to nothing.
  if (prefix !== 'pgbouncer_databases')
    for (const row of rows.filter((one) => !named(one))) {
      const user = String(row.user ?? '');
      const sum = others.get(user) ?? { user: row.user, [key]: '*' };
      for (const column of Object.keys(columns)) {
        const [before, more] = [Number(sum[column] ?? 0), Number(row[column] ?? Number.NaN)];
        sum[column] = column === 'maxwait' ? Math.max(before, more) : before + more;
      }
      others.set(user, sum);
    }
  return [...rows.filter(named), ...others.values()];
}

/** What one process answers to one of these questions; the console's own database is nobody's. */
export function samplesOf(table: Table, rows: readonly Row[], process: string): readonly Sample[] {
  const { prefix, labels, columns } = table;
  return rows
    .filter((row) => row.database !== 'pgbouncer' && row.name !== 'pgbouncer')
    .flatMap((row) =>
      Object.entries(columns).flatMap(([column, [name, help, factor = 1]]): readonly Sample[] => {
        const value = Number(row[column] ?? Number.NaN);
        if (Number.isNaN(value)) return [];
        const type = name.endsWith('_total') ? 'counter' : 'gauge';
        const of = Object.entries(labels).map(([key, from]) => [key, String(row[from] ?? '')]);
        return [
          {
            ...{ name: `${prefix}_${name}`, type, help },
            labels: { ...Object.fromEntries(of), process },
            value: value * factor,
          },
        ];
      }),
    );
}

/** Whether a process answers. */
export const upOf = (isUp: boolean, process: string): Sample => ({
  ...{ name: 'pgbouncer_up', type: 'gauge', help: 'Whether PgBouncer answers' },
  labels: { process },
  value: isUp ? 1 : 0,
});

/** What the hooks have counted. */
export function samplesOfHooks({ hooks, charts, records, last }: Figures): readonly Sample[] {
  const counter = (name: string, help: string, labels: Labels, value: number): Sample => ({
    ...{ name: `hookchart_${name}`, type: 'counter', help },
    ...{ labels, value },
  });
  const gauge = (name: string, help: string, labels: Labels, value: number): Sample => ({
    ...counter(name, help, labels, value),
    type: 'gauge',
  });
  return [
    ...Object.entries(hooks).flatMap(([hook, { done, failed, seconds }]) => [
      counter('hook_runs_total', 'Hooks by how they ended', { hook, end: 'done' }, done),
      counter('hook_runs_total', 'Hooks by how they ended', { hook, end: 'failed' }, failed),
      counter('hook_seconds_total', 'Time that hooks have taken', { hook }, seconds),
    ]),
    ...Object.entries(charts).flatMap(([chart, ends]) =>
      Object.entries(ends).map(([end, count]) =>
        counter('charts_total', 'Charts gone through, by their end', { chart, end }, count),
      ),
    ),
    ...Object.entries(records).map(([state, count]) =>
      gauge('relations', 'Relations on record, by their state', { state }, count),
    ),
    gauge('removals_waiting', 'Users whose removal waits', {}, records.removing ?? 0),
    gauge('last_hook_timestamp_seconds', 'When the last hook ended', {}, last),
  ];
}

/** All samples in one text, those of a name together, as they have to be. */
export function exposition(samples: readonly Sample[]): string {
  const families = new Map<string, Sample[]>();
  for (const sample of samples) {
    const family = families.get(sample.name) ?? [];
    families.set(sample.name, family);
    family.push(sample);
  }
  return [...families]
    .flatMap(([name, family]) => [
      `# HELP ${name} ${family[0]?.help}`,
      `# TYPE ${name} ${family[0]?.type}`,
      ...family.map(({ labels, value }) => `${name}${labelled(labels)} ${value}`),
      '',
    ])
    .join('\n');
}

function labelled(labels: Labels): string {
  const all = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return all.length === 0 ? '' : `{${all.join(',')}}`;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
