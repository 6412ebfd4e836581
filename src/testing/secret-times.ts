/** When a secret is to be rotated or comes to its end, as its owner says it. */
import type { StoredSecret } from './world.ts';

/** When something becomes of a secret. */
export interface SecretTimes {
  /** How often it is to be rotated, in Juju's words; `never` takes that back. */
  readonly rotate?: string;
  /** Its newest revision comes to an end: there is no time here in which that could be said. */
  readonly expires?: true;
}

/** A secret as it is from then on; each revision has an end of its own, or none. */
export function scheduled(secret: StoredSecret, { rotate, expires }: SecretTimes): StoredSecret {
  const { rotate: before, ...rest } = secret;
  const policy = rotate ?? before;
  const expiring = new Set([
    ...(secret.expiring ?? []),
    ...(expires ? [secret.revisions.length] : []),
  ]);
  return {
    ...rest,
    ...(policy === undefined || policy === 'never' ? {} : { rotate: policy }),
    ...(expiring.size === 0 ? {} : { expiring: [...expiring] }),
  };
}
