/** What the owner is told of a secret. */
import type { StoredSecret } from './world.ts';

export interface SecretInfo
  extends Pick<StoredSecret, 'label' | 'description' | 'grants' | 'owner'> {
  readonly revision: number;
  /** How often it is to be rotated, in Juju's words. */
  readonly rotation: string;
  /** Whether it was made in this hook, and is not in force yet. */
  readonly isNew: boolean;
}

export const infoOf = (
  { label, description, grants, owner, revisions, rotate: rotation = 'never' }: StoredSecret,
  isNew: boolean,
): SecretInfo => ({
  ...{ label, grants, owner, revision: revisions.length, isNew, rotation },
  ...(description === undefined ? {} : { description }),
});
