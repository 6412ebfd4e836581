/** Ports as `open-port` and `close-port` are told them. */
import type { Words } from './call.ts';

/** `PORT`, `FROM-TO`, either with `/PROTOCOL`, or `icmp`; a `ToolError` says what Juju does not take. */
export function portIn(words: Words): string {
  const [given] = words.rest;
  if (given === undefined) throw words.wrong('no port or range specified');
  if (given.toLowerCase() === 'icmp') return 'icmp';
  const [range = '', protocol = 'tcp'] = given.toLowerCase().split('/');
  const [, from = '', to = from] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  if (from === '') throw words.wrong(`invalid port or range "${given}"`);
  if (protocol !== 'tcp' && protocol !== 'udp')
    throw words.wrong(`invalid protocol "${protocol}", expected "tcp", "udp", or "icmp"`);
  const [first, last] = [Number(from), Number(to)];
  if (first > last) throw words.wrong(`invalid port range ${first}-${last}/${protocol}`);
  if (first < 1 || last > 65535)
    throw words.wrong(`port range bounds must be between 1 and 65535, got ${first}-${last}`);
  return `${first === last ? first : `${first}-${last}`}/${protocol}`;
}
