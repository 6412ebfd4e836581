/** In what PgBouncer's files differ from what they are to be, in words that give away no secret. */

/** As many as one answer tells of a file. */
const most = 30;

/** Keys that depend on the version, which is not known of a process that does not run. */
const gated = new Set(['peer_id', 'max_user_client_connections', 'max_prepared_statements']);

const absent = 'it is not there';

/** By setting and entry. What a hand has put there may be a secret, and is told where ours would be. */
export function inIni(
  before: string | null,
  after: string,
  isVersionKnown: boolean,
): readonly string[] {
  if (before === after) return [];
  if (before === null) return [absent];
  const [is, willBe] = [linesOf(before), linesOf(after)];
  const all: string[] = [];
  for (const key of new Set([...is.keys(), ...willBe.keys()])) {
    const [now, then] = [is.get(key), willBe.get(key)];
    if (now === then || (!isVersionKnown && gated.has(key))) continue;
    const isOpen = now !== undefined && !/pass|secret/i.test(`${key} ${now}`) && then !== undefined;
    const found = isOpen ? `is ${shown(now)}` : now === undefined ? 'is missing' : 'is there';
    all.push(`${key} ${found}, to be ${then === undefined ? 'left out' : shown(then)}`);
  }
  if (all.length > 0 || !isVersionKnown) return cut(all);
  return ['lines that say nothing, or their order'];
}

/** `key` of its first section, `database name` and `peer name` of the others. */
function linesOf(ini: string): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  let section = '';
  for (const line of ini.split('\n')) {
    const named = /^\[(\w+)\]$/.exec(line.trim())?.[1];
    if (named !== undefined) section = named === 'pgbouncer' ? '' : `${named.replace(/s$/, '')} `;
    const [, name, value = ''] = /^\s*([^\s#;=]+|"[^"]*")\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) continue;
    const key = section + name;
    const before = lines.get(key);
    lines.set(key, before === undefined ? value : `${before}, then ${value}`);
  }
  return lines;
}

/** By user; a verifier is told by nothing but that it differs. */
export function inUserlist(before: string | null, after: string): readonly string[] {
  if (before === after) return [];
  if (before === null) return [absent];
  const [is, willBe] = [usersOf(before), usersOf(after)];
  const all: string[] = [];
  for (const name of new Set([...is.keys(), ...willBe.keys()])) {
    const [now, then] = [is.get(name), willBe.get(name)];
    if (now === then) continue;
    const found = then === undefined ? 'to be left out' : 'is missing';
    all.push(
      `user ${name} ${now === undefined || then === undefined ? found : 'has another secret'}`,
    );
  }
  return all.length > 0 ? cut(all) : ['lines that say nothing, or their order'];
}

const usersOf = (userlist: string): ReadonlyMap<string, string> =>
  new Map(
    [...userlist.matchAll(/^"((?:[^"]|"")*)" "((?:[^"]|"")*)"/gm)].map(
      ([, name = '', secret = '']) => [name.replaceAll('""', '"'), secret] as const,
    ),
  );

/** Of a file that is told as a whole. */
export function whole(before: string | null, after: string | null): readonly string[] {
  if (before === after) return [];
  if (before === null) return [absent];
  return [after === null ? 'it is to be removed' : 'it says something else'];
}

const shown = (value: string): string =>
  value === '' ? 'empty' : value.length > 200 ? `${value.slice(0, 200)}…` : value;

const cut = (all: readonly string[]): readonly string[] =>
  all.length <= most ? all : [...all.slice(0, most), `and ${all.length - most} more`];
