import { type Policy, parseRequest } from '../relation/request.ts';

/** How much one hook does for relations that it was not called for, however many there are. */
export interface Slices {
  /** Requests that are read in one hook of a look at all of them. */
  readonly look: number;
  /** Requests of those who wait that are read in any hook. */
  readonly wait: number;
  /** Requests of those who are served that `update-status` reads again. */
  readonly again: number;
  /** Relations that are told in one hook where the poolers are now; each takes five calls. */
  readonly move: number;
}

export const defaultSlices: Slices = { look: 100, wait: 8, again: 2, move: 50 };

/** What an application may be given, and how its request is read by that. */
export interface Rules {
  readonly policy: Policy;
  /** Whether clients may come by TLS, or must. */
  readonly tls: TlsMode;
  readonly parse: ReturnType<typeof parseRequest>;
  readonly slices: Slices;
  /** The host by which clients reach all units; null where each is named by its own. */
  readonly service: string | null;
}

/** `off` asks for no certificate, whatever is related. */
export type TlsMode = 'off' | 'allow' | 'require';

export const rulesOf = (
  policy: Policy,
  slices: Slices = defaultSlices,
  tls: TlsMode = 'allow',
  service: string | null = null,
): Rules => ({
  policy,
  tls,
  service,
  parse: parseRequest(policy),
  slices,
});
