import { WireProblem } from './problem.ts';

/** Whether, and by whom, a server proves who it is. */
export type Tls =
  /** TLS where the server offers it; its certificate is not verified. */
  | { readonly mode: 'prefer' }
  /** TLS or nothing, the certificate verified by this CA (PEM) and for this host. */
  | { readonly mode: 'verify'; readonly ca: string }
  /** For Unix sockets, and for PgBouncer's console. */
  | { readonly mode: 'off' };

/** A server, and as whom it is entered. */
export interface Destination {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: Tls;
  /** Pinned in the startup packet, where they win over those of the role and of the database. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly applicationName?: string;
  /** Milliseconds for the whole login. */
  readonly timeout: number;
}

/** Whether a host is the folder of a Unix socket. */
export const isFolder = (host: string): boolean => host.startsWith('/');

/** Settings as the startup packet has them: blanks separate, a backslash takes that away. */
export const optionsOf = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\\s]/g, '\\$&')}`)
    .join(' ');

/** Refuses what would say something else on the wire than it says here. */
export function check(to: Destination): void {
  const { user, database, password, applicationName = '', settings = {} } = to;
  // A zero byte ends a text, and what follows would be read as the next parameter.
  const texts = [user, database, applicationName, ...Object.entries(settings).flat()];
  if (texts.some((text) => text.includes('\0')))
    throw new WireProblem('refused', 'a zero byte in a name or in a setting');
  // Where these are missing the driver takes them from its environment, or one for the other.
  if (user === '' || database === '')
    throw new WireProblem('refused', 'no name of a user or of a database');
  for (const name of Object.keys(settings))
    if (!/^[A-Za-z_][\w.]*$/.test(name))
      throw new WireProblem('refused', `no setting has a name such as ${name}`);
  if (!Number.isInteger(to.port) || to.port < 1 || to.port > 65_535)
    throw new WireProblem('refused', `no port has the number ${to.port}`);
  if (password === '') throw new WireProblem('password', 'there is no password to log in with');
}
