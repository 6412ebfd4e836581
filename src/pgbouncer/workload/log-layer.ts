/** What Pebble is told of who takes logs: it sends what every service says, from version 1.4 on. */
import type { Variables } from '../../juju/hook-tools/index.ts';
import { pebbleClient } from './pebble-http.ts';

/** Somebody who takes logs, by a name of its own. */
export interface LogTarget {
  readonly name: string;
  /** Where Loki takes them, `http://…/loki/api/v1/push`. */
  readonly location: string;
}

/** Those who are gone are told nothing: Pebble forgets no target that it was once told of. */
export const logLayerOf = (
  targets: readonly LogTarget[],
  gone: readonly string[],
  labels: Variables,
): string =>
  [
    'log-targets:',
    ...targets.flatMap(({ name, location }) => [
      `  ${name}:`,
      '    override: replace',
      '    type: loki',
      `    location: ${JSON.stringify(location)}`,
      '    services: [all]',
      '    labels:',
      ...Object.entries(labels).map(([key, value]) => `      ${key}: ${JSON.stringify(value)}`),
    ]),
    ...gone.flatMap((name) => [
      `  ${name}:`,
      '    override: replace',
      '    type: loki',
      '    location: http://127.0.0.1:9',
      '    services: [-all]',
    ]),
    '',
  ].join('\n');

/** Has Pebble send logs so; `WorkloadProblem` where it is not there. */
export async function forwardLogs(
  socket: string,
  layer: string,
  remaining: () => number,
): Promise<void> {
  const { post } = pebbleClient(socket, () => Math.ceil(Math.max(1, remaining())));
  await post('/v1/layers', {
    ...{ action: 'add', combine: true, label: 'logging', format: 'yaml', layer },
  });
}
