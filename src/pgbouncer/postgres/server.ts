/** What is known of the server, and of the login, once the home is entered. */
export interface Server {
  readonly login: string;
  readonly isSuperuser: boolean;
  readonly isAble: boolean;
  readonly isOwner: boolean;
  readonly isPrimary: boolean;
  readonly isFurnished: boolean;
  readonly version: string;
  readonly major: number;
  /** How many sessions one tenant may have: four fifths of them all, so that others get in. */
  readonly limit: number;
}
