/** The texts of the charm, made from what the code knows. */
import { readFileSync } from 'node:fs';
import { options } from '../../src/pgbouncer/charm/config.ts';
import { isIdle } from '../../src/pgbouncer/charm/idle.ts';
import { container } from '../../src/pgbouncer/charm/place.ts';

export type Substrate = 'kubernetes' | 'machine';

/** Whose the charm is, and where it is spoken of. */
const { author, bugs, homepage, repository } = JSON.parse(readFileSync('package.json', 'utf8'));
const links = {
  documentation: new URL('charm.html', homepage).href,
  source: String(repository.url).replace(/^git\+|\.git$/g, ''),
  issues: bugs.url,
  website: homepage,
};

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
 * deferred one waits for any occasion. A tool that hangs is ended. charmcraft takes the last word
 * of all for the charm's program, which must be there and be executable.
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
cd "\${0%/*}" && exec ./node ./hookchart.cjs
`;

const name = (substrate: Substrate) =>
  substrate === 'kubernetes' ? 'hookchart-pgbouncer-k8s' : 'hookchart-pgbouncer';

const title = (substrate: Substrate) =>
  substrate === 'kubernetes' ? 'PgBouncer on Kubernetes, by hookchart' : 'PgBouncer, by hookchart';

export const metadata = (substrate: Substrate): string => `name: ${name(substrate)}
display-name: ${title(substrate)}
summary: PgBouncer, a connection pooler for PostgreSQL
description: |
  Pools connections to the PostgreSQL that is related to backend-database. Each application that
  is related to database gets a user and a database of its own, and leaves nothing behind when it goes.
docs: ${links.documentation}
source: ${links.source}
issues: ${links.issues}
website: ${links.website}
maintainers:
  - ${author}
${substrate === 'kubernetes' ? 'assumes:\n  - k8s-api\n  - juju >= 2.9\n' : 'assumes:\n  - juju >= 2.9\n'}
peers:
  pgb-peers:
    interface: pgb_peers
provides:
  database:
    interface: postgresql_client
    optional: true
requires:
  backend-database:
    interface: postgresql_client
    optional: false
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
    description: An image that holds PgBouncer, and a user to run it as (pgbouncer-program, pgbouncer-user)
    # That of Canonical's charm, tag 1.21-22.04_edge.
    upstream-source: ghcr.io/canonical/charmed-pgbouncer@sha256:fe159e511a023b1eb1358313d223bf20d20ca7e2bbb635662b1a9b5793cfd32f
`
    : ''
}`;

/** What of the folder goes into the charm, beside the texts that charmcraft itself puts there. */
export const packed = [
  'LICENSE',
  'README.md',
  'dispatch',
  'hookchart.cjs',
  'icon.svg',
  'licenses.txt',
  'node',
] as const;

/** What charmcraft would say of names that stay. */
export const knownWarnings = ['naming-conventions'] as const;

/** Two charms of the same files, since charmcraft makes one for each base. */
export const charmcraft = (substrate: Substrate, architecture: string): string => `type: charm
title: ${title(substrate)}
links:
  documentation: ${links.documentation}
  source: ${links.source}
  issues: ${links.issues}
  website: ${links.website}
  contact: ${author}
platforms:
  ubuntu@22.04:${architecture}:
  ubuntu@24.04:${architecture}:
analysis:
  ignore:
    linters:
      # Options such as listen_port are called what they are in PgBouncer and in the charm that operators know.
${knownWarnings.map((linter) => `      - ${linter}\n`).join('')}parts:
  charm:
    plugin: dump
    source: .
    prime:
${packed.map((file) => `      - ${file}\n`).join('')}`;

/** The options of the charm, as Juju's operators read them. */
export const configuration = (): string =>
  `options:\n${Object.entries(options)
    .map(
      ([key, { byDefault, description, may }]) =>
        `  ${key}:\n    type: ${typeof byDefault === 'number' ? 'int' : 'string'}\n    default: ${JSON.stringify(byDefault)}\n    description: |\n      ${description} ${may[0]?.toUpperCase()}${may.slice(1)}.\n`,
    )
    .join('')}`;

/** What Charmhub shows of the charm, and whoever unpacks it reads. */
export const readme = (substrate: Substrate): string => {
  const isKubernetes = substrate === 'kubernetes';
  return `# ${title(substrate)}

A charm for [Juju](https://juju.is) that runs [PgBouncer](https://www.pgbouncer.org), a connection pooler, in front of a PostgreSQL. An application that is related to \`database\` gets a user and a database of its own, with credentials and endpoints; when it leaves, its user, its configuration and its secrets are gone.

\`\`\`console
juju deploy ./${name(substrate)}_*.charm pgbouncer${isKubernetes ? ' --resource pgbouncer-image=IMAGE' : ''}
juju deploy ${isKubernetes ? 'postgresql-k8s --trust' : 'postgresql'}
juju integrate pgbouncer:backend-database ${isKubernetes ? 'postgresql-k8s' : 'postgresql'}:database
juju integrate pgbouncer:database APPLICATION
\`\`\`

${isKubernetes ? '`IMAGE` holds PgBouncer 1.17 or later, a shell, and a user to run it as: `/usr/sbin/pgbouncer` and `postgres`, unless `pgbouncer-program` and `pgbouncer-user` say otherwise.' : 'PgBouncer is installed from the distribution and runs under systemd.'} \`juju config pgbouncer\` shows the options, each with what it may be. A status that is not active says what is missing, and whose turn it is.

Statuses, upgrades, secrets, and what is measured: [documentation](${links.documentation}). Something is wrong: [issues](${links.issues}).

The charm holds its own Node; see \`LICENSE\` and \`licenses.txt\` for the terms of all that is in it.
`;
};

/** A funnel: many clients, few connections. */
export const icon =
  (): string => `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" viewBox="0 0 100 100">
  <circle cx="50" cy="50" r="50" fill="#1f4e5f"/>
  <path d="M26 26h48L57 50v10H43V50z" fill="#f4f1de"/>
  <path d="M46 66v12M54 66v12" stroke="#e9c46a" stroke-width="4" stroke-linecap="round"/>
</svg>
`;
