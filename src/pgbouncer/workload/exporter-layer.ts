/** What Pebble is told of the exporter that an image has: that of prometheus-community. */
import { type Described, variableOf } from './pebble-layer.ts';

export interface Exported {
  /** Where it answers. */
  readonly port: number;
  /** Where PgBouncer listens. */
  readonly listenPort: number;
  /** Whether PgBouncer lets in nobody without TLS: then the exporter comes by it. */
  readonly tls: 'off' | 'allow' | 'require';
}

/**
 * It is started by itself alone: a replan for PgBouncer starts all services that are enabled and down,
 * and fails where one of them does. A container that is started anew knows no layer, and is told again.
 *
 * The password is in no argument and in no plan: the shell reads it where the console's is kept, and
 * the driver of the exporter takes it from its environment.
 */
export const exporterLayerOf =
  ({ port, listenPort, tls }: Exported) =>
  ({ service, program, iniFile, user }: Described) =>
  (mark: string): string => {
    const folder = iniFile.replace(/\/[^/]*$/, '');
    const mode = tls === 'require' ? 'require' : 'disable';
    const to = `postgres://hookchart_admin@127.0.0.1:${listenPort}/pgbouncer?sslmode=${mode}`;
    const options = `--web.listen-address=:${port} --pgBouncer.connectionString=${to}`;
    const read = `PGPASSWORD=$(cat ${folder}/console-password) && export PGPASSWORD`;
    return [
      'services:',
      `  ${service}:`,
      '    override: replace',
      '    summary: Metrics of PgBouncer',
      '    startup: disabled',
      `    command: ${JSON.stringify(`sh -c '${read} && exec "$0" "$@"' ${program} ${options}`)}`,
      `    user: ${JSON.stringify(user)}`,
      '    environment:',
      `      ${variableOf(service)}: ${JSON.stringify(mark)}`,
      '',
    ].join('\n');
  };
