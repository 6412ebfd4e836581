/** What can go wrong between here and a server, as far as somebody would act on it differently. */
export type WireProblemKind =
  /** Nothing came within the time given. */
  | 'hang'
  /** Nobody is there, or somebody who does not speak PostgreSQL's protocol. */
  | 'unreachable'
  /** No TLS where it is wanted, or a certificate that proves nothing. */
  | 'tls'
  /** The server knows another password, or there is none. */
  | 'password'
  /** The server wanted what only an impostor needs, or did not prove that it knows the password. */
  | 'untrusted'
  /** The server has no place for another client. */
  | 'full'
  /** A session that was there is there no more. */
  | 'lost'
  /** Any other answer of the server. */
  | 'refused';

/** Why a server was not reached, or what it answered; its text is nobody's secret, but untrusted. */
export class WireProblem extends Error {
  readonly kind: WireProblemKind;
  /** The server's own code, five letters or digits. */
  readonly sqlState: string | null;
  /** What the server added to its message. */
  readonly detail: string | null;

  constructor(
    kind: WireProblemKind,
    message: string,
    { sqlState, detail }: { sqlState?: unknown; detail?: unknown } = {},
  ) {
    super(printable(message));
    this.name = 'WireProblem';
    this.kind = kind;
    const isState = typeof sqlState === 'string' && /^[0-9A-Z]{5}$/.test(sqlState);
    this.sqlState = isState ? sqlState : null;
    this.detail = typeof detail === 'string' ? printable(detail) : null;
  }
}

/** An answer of the server's that is an error, as the driver hands it over. */
export interface Refusal {
  readonly message: string;
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
}

/** A server's refusal, by its code; PgBouncer has one code for nearly all that it says. */
export function refusal({ message, code, detail }: Refusal): WireProblem {
  // A message without a text makes the driver say undefined.
  const text = message ?? '';
  const isFull = code === '53300' || (code === '08P01' && /^no more connections/.test(text));
  const isPassword =
    code === '28P01' || (code === '08P01' && /^(?:SASL|password) authentication failed/.test(text));
  const kind = isFull ? 'full' : isPassword ? 'password' : 'refused';
  return new WireProblem(kind, text, { sqlState: code, detail });
}

const most = 500;

/** Text that cannot spoil a log or a terminal, nor fill it. */
const printable = (text: string): string =>
  [...text.slice(0, 4 * most).replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')].slice(0, most).join('');

/** What the system says of a connection; where several addresses were tried, of the first. */
export function wordsOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return wordsOf(cause.errors[0]);
  return cause instanceof Error ? cause.message : String(cause);
}
