/** Where something listens. An address of IPv6 stands in `host` without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const name = /^[A-Za-z0-9_.-]+$/;
const nowhere = /^(?:none|null|undefined|nan)$/i;

/**
 * Reads `host:port`, where an address of IPv6 may stand in brackets or bare; null for anything that
 * nobody could reach, such as `None:6432`.
 */
export function parseHostPort(text: string): HostPort | null {
  const found = /^\s*(?:\[([^[\]]*)\]|([^[\]]*)):(\d{1,5})\s*$/.exec(text);
  if (found === null) return null;
  const [, bracketed, bare = '', digits] = found;
  const host = bracketed ?? bare;
  const port = Number(digits);
  const isName = bracketed === undefined && name.test(host) && !nowhere.test(host);
  if (!isPort(port) || !(isName || isIpv6(host))) return null;
  return { host, port };
}

/** As URIs and databags have it: only in brackets can an address of IPv6 be told from its port. */
export const renderHostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Whether a host and a port could be those of a server. */
export const isReachable = ({ host, port }: HostPort): boolean =>
  isPort(port) && (name.test(host) || isIpv6(host));

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;

/** Eight groups, of which `::` stands for one or more; the last two may be written as in IPv4. */
function isIpv6(text: string): boolean {
  const halves = text.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const isMixed = isIpv4(last) && !text.endsWith('::');
  const rest = isMixed ? groups.slice(0, -1) : groups;
  const count = groups.length + (isMixed ? 1 : 0);
  const isWhole = halves.length === 1 ? count === 8 : halves.length === 2 && count <= 7;
  return isWhole && rest.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group));
}

const isIpv4 = (text: string): boolean => {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
};
