/** What its owner says of a secret beside its content. */
import type { StoredSecret } from './world.ts';

/** When something becomes of a secret. */
export interface SecretTimes {
  /** How often it is to be rotated, in Juju's words; `never` takes that back. */
  readonly rotate?: string;
  /** Its newest revision comes to an end: there is no time here in which that could be said. */
  readonly expires?: true;
}

/** A secret as it is from then on; each revision has an end of its own, or none. */
function scheduled(secret: StoredSecret, { rotate, expires }: SecretTimes): StoredSecret {
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

/** What an owner may say of a secret. */
export interface SecretDetails extends SecretTimes {
  readonly label?: string;
  readonly description?: string;
}

/** A secret of which that is said, as far as it is. */
export function described(
  secret: StoredSecret,
  { label, description, ...times }: SecretDetails,
): StoredSecret {
  return {
    ...scheduled(secret, times),
    ...(label === undefined ? {} : { label }),
    ...(description === undefined ? {} : { description }),
  };
}
