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
