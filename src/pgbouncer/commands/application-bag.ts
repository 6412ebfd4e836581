/** What the application says to all its units: the ledger, and how far the leader is. */
export const peerAppBag = { _tag: 'PeerApp' } as const;
