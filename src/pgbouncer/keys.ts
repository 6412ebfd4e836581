/** Names that are on record outside this program: whoever changes one carries over what is there. */

/** The charm's endpoints, as `metadata.yaml` has them. */
export const endpoints = {
  database: 'database',
  backend: 'backend-database',
  peers: 'pgb-peers',
} as const;
