/** By what somebody is to be alarmed, as Prometheus has it; each rule is about one application. */

interface Topology {
  readonly model: string;
  readonly model_uuid: string;
  readonly application: string;
}

interface Rule {
  readonly alert: string;
  /** `{}` stands for the application's own figures. */
  readonly expr: string;
  readonly for: string;
  readonly severity: 'warning' | 'critical';
  readonly summary: string;
}

export const rules: readonly Rule[] = [
  {
    alert: 'PgbouncerDown',
    expr: 'pgbouncer_up{} == 0',
    for: '1m',
    severity: 'critical',
    summary: 'PgBouncer of {{ $labels.juju_unit }} does not answer',
  },
  {
    alert: 'PgbouncerUnseen',
    expr: 'up{} == 0 or absent(up{})',
    for: '5m',
    severity: 'critical',
    summary: 'Nobody says how {{ $labels.juju_application }} fares: a unit or its exporter is away',
  },
  {
    alert: 'PgbouncerClientsWait',
    expr: 'max by (juju_unit, database) (pgbouncer_pools_client_maxwait_seconds{}) > 15',
    for: '2m',
    severity: 'warning',
    summary: 'Clients of {{ $labels.database }} have waited for a server for more than 15 s',
  },
  {
    alert: 'PgbouncerDatabaseFull',
    expr: 'pgbouncer_databases_current_connections{} >= pgbouncer_databases_max_connections{} and pgbouncer_databases_max_connections{} > 0',
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.name }} has all the server connections that it may have',
  },
  {
    alert: 'HookchartHooksFail',
    expr: 'increase(hookchart_hook_runs_total{end="failed"}[15m]) > 2',
    for: '0m',
    severity: 'critical',
    summary: '{{ $labels.hook }} of {{ $labels.juju_unit }} fails, and is run again and again',
  },
  {
    alert: 'HookchartRemovalWaits',
    expr: 'max by (juju_application) (hookchart_removals_waiting{}) > 0',
    for: '1h',
    severity: 'warning',
    summary: 'A user that nobody needs cannot be removed: juju status says why',
  },
  {
    alert: 'HookchartNoHooks',
    expr: 'time() - hookchart_last_hook_timestamp_seconds{} > 3600',
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.juju_unit }} has run no hook for an hour: look at its agent',
  },
];

/** Of this application alone, as `prometheus_scrape` takes them. */
export function alertRules({ model, model_uuid, application }: Topology) {
  const labels = { juju_model: model, juju_model_uuid: model_uuid, juju_application: application };
  const own = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const of = (expr: string) =>
    expr.replace(
      /\{([^{}]*)\}/g,
      (_, more: string) => `{${[...own, ...(more === '' ? [] : [more])].join(',')}}`,
    );
  return {
    groups: [
      {
        name: `${model}_${model_uuid.slice(0, 8)}_${application}_hookchart_alerts`,
        rules: rules.map(({ alert, expr, for: time, severity, summary }) => ({
          ...{ alert, expr: of(expr), for: time },
          labels: { severity, ...labels },
          annotations: { summary },
        })),
      },
    ],
  };
}
