/** The key of the queue in the unit's state; no key is an empty queue. */
export const deferralKey = 'deferred';
