/** Names that are on record outside this program: whoever changes one carries over what is there. */

/** The charm's endpoints, as `metadata.yaml` has them. */
export const endpoints = {
  database: 'database',
  backend: 'backend-database',
  peers: 'pgb-peers',
} as const;

/** What each unit says in its own databag of the peer relation. */
export const peerKeys = { address: 'address', serving: 'serving', users: 'users' } as const;

/**
 * The key in a unit's state that says that its application ends: a unit that was to go is never
 * asked to stay, and later hooks of it may hint at nothing.
 */
export const endingKey = 'ending';

export const flagPrefix = 'departing-';

/** The key in a unit's state of the flag that the departed hook of a relation leaves. */
export const flagKey = (relation: number): string => `${flagPrefix}${relation}`;

/** What they are to Juju's adapter. */
export const jujuEndpoints = {
  peers: endpoints.peers,
  serves: endpoints.database,
  requires: endpoints.backend,
} as const;
