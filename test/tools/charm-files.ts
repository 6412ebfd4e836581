/** The texts of the charm, made from what the code knows. */
import { options } from '../../src/charm/config.ts';
import { isIdle } from '../../src/charm/idle.ts';
import { container } from '../../src/charm/place.ts';

type Substrate = 'kubernetes' | 'machine';

const endpoints = ['database', 'backend-database', 'pgb-peers'];
const kinds = ['created', 'joined', 'changed', 'departed', 'broken'];
const lifecycle = [
  'collect-metrics',
  'leader-settings-changed',
  'secret-remove',
  'secret-expired',
  'secret-rotate',
];

/** Hooks of which nobody has anything to learn or to do. */
const idle = [
  ...endpoints.flatMap((endpoint) => kinds.map((kind) => `${endpoint}-relation-${kind}`)),
  ...lifecycle,
].filter((hook) => isIdle(hook));

/**
 * What Juju calls. A hook that is nothing to this charm is over before Node is started, unless a
 * deferred one waits for any occasion. A tool that hangs is ended.
 */
export const dispatchScript = (): string => `#!/bin/sh
case "\${JUJU_DISPATCH_PATH#hooks/}" in
${idle.join(' | ')})
  deferred=$(timeout -k 1 9 state-get --format=json deferred)
  case $? in
  0) [ "$deferred" = '""' ] && exit 0 ;;
  124 | 137) echo "\${JUJU_DISPATCH_PATH#hooks/}: state-get did not answer within 9 s" >&2; exit 1 ;;
  esac
  ;;
esac
exec "\${0%/*}/node" "\${0%/*}/hookchart.cjs"
`;

const name = (substrate: Substrate) =>
  substrate === 'kubernetes' ? 'hookchart-pgbouncer-k8s' : 'hookchart-pgbouncer';

export const metadata = (substrate: Substrate): string => `name: ${name(substrate)}
summary: PgBouncer, a connection pooler for PostgreSQL
description: |
  Pools connections to the PostgreSQL that is related to backend-database. Each application that
  is related to database gets a user and a database of its own, and leaves nothing behind when it goes.
${substrate === 'kubernetes' ? 'assumes:\n  - k8s-api\n  - juju >= 2.9\n' : 'assumes:\n  - juju >= 2.9\n'}
peers:
  pgb-peers:
    interface: pgb_peers
provides:
  database:
    interface: postgresql_client
requires:
  backend-database:
    interface: postgresql_client
    limit: 1
${
  substrate === 'kubernetes'
    ? `
containers:
  ${container}:
    resource: pgbouncer-image
resources:
  pgbouncer-image:
    type: oci-image
    description: An image that holds /usr/sbin/pgbouncer and a user postgres
`
    : ''
}`;

export const charmcraft = (substrate: Substrate): string => `type: charm
${substrate === 'kubernetes' ? '# A sidecar charm: PgBouncer runs in a container of its own.\n' : '# A machine charm: PgBouncer runs under systemd.\n'}bases:
  - build-on:
      - name: ubuntu
        channel: "22.04"
    run-on:
      - name: ubuntu
        channel: "22.04"
      - name: ubuntu
        channel: "24.04"
parts:
  charm:
    plugin: dump
    source: .
    prime:
      - dispatch
      - hookchart.cjs
      - licenses.txt
      - node
`;

/** The options of the charm, as Juju's operators read them. */
export const configuration = (): string =>
  `options:\n${Object.entries(options)
    .map(
      ([key, { byDefault, description, may }]) =>
        `  ${key}:\n    type: ${typeof byDefault === 'number' ? 'int' : 'string'}\n    default: ${JSON.stringify(byDefault)}\n    description: |\n      ${description} ${may[0]?.toUpperCase()}${may.slice(1)}.\n`,
    )
    .join('')}`;
