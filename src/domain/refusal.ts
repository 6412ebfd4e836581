/** Why a request is not served. Nothing was done for it; it is looked at again when it changes. */
export type Refusal = { readonly class: 'refused'; readonly relation: number } & (
  | { readonly _tag: 'RequestWithdrawn' }
  | { readonly _tag: 'RequestInvalid'; readonly field: string; readonly why: string }
  | {
      readonly _tag: 'RequestChanged';
      readonly field: string;
      readonly served: string;
      readonly requested: string;
    }
  | {
      readonly _tag: 'RoleNotAllowed';
      readonly role: string;
      /** It is on no list, on none ever, or only on that of a later PostgreSQL. */
      readonly because: 'unlisted' | 'never' | 'version';
    }
  | { readonly _tag: 'RoleNotGrantable'; readonly role: string }
  | { readonly _tag: 'RoleTaken'; readonly role: string }
  /** `handOver` is the role to which its operator may give the database. */
  | {
      readonly _tag: 'DatabaseTaken';
      readonly database: string;
      readonly takenBy: string;
      readonly handOver: string;
    }
  /** What PostgreSQL or PgBouncer says to this request, and to no other. */
  | {
      readonly _tag: 'NotAccepted';
      readonly by: 'PostgreSQL' | 'PgBouncer';
      readonly what: string;
      readonly why: string;
    }
);

/** What was refused, and what to do about it. */
export function renderRefusal(refusal: Refusal): string {
  switch (refusal._tag) {
    case 'RequestWithdrawn':
      return `relation ${refusal.relation} is gone or asks for no database; nothing is left to do`;
    case 'RequestInvalid':
      return `relation ${refusal.relation}: ${refusal.field} ${refusal.why}; change the request`;
    case 'RequestChanged':
      return `relation ${refusal.relation}: ${refusal.field} was ${refusal.served} and is now ${refusal.requested}; change it back, or remove the relation and relate again`;
    case 'RoleNotAllowed':
      return `relation ${refusal.relation}: extra-user-roles asks for "${refusal.role}", ${notAllowedBecause[refusal.because]}`;
    case 'RoleNotGrantable':
      return `relation ${refusal.relation}: extra-user-roles asks for "${refusal.role}", which is no role of the backend that may be granted; change the request`;
    case 'RoleTaken':
      return `relation ${refusal.relation}: the backend has a role "${refusal.role}" that this deployment did not make; rename or drop it`;
    case 'DatabaseTaken':
      return `relation ${refusal.relation}: database "${refusal.database}" exists and belongs to "${refusal.takenBy}", which this deployment did not make; ask for another name, or hand it over to "${refusal.handOver}" as docs/hooks/database.md tells`;
    case 'NotAccepted':
      return `relation ${refusal.relation}: ${refusal.by} does not ${refusal.what}: ${refusal.why}; it is tried again with each update-status, or change the request`;
  }
}

const notAllowedBecause = {
  unlisted:
    'which the option allowed-extra-roles does not allow; change the request, or name it in the option',
  never: 'which is never granted; change the request',
  version:
    'which before PostgreSQL 16 reaches the roles of others, and so is not allowed; change the request, or name it in the option allowed-extra-roles',
} as const;
