/** What an application says in its databags, read with suspicion: it becomes configuration. */
import { isIP } from 'node:net';
import type { Databag } from 'hookchart/juju';
import * as v from 'valibot';
import type { Entry } from './words.ts';

const name = v.pipe(
  v.string('must be a text'),
  v.regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'may be 63 of a-z, 0-9 and inner hyphens'),
);
const whole = 'must be a whole number from 1 to 65535';
const application = v.object({
  model: name,
  name,
  port: v.pipe(v.number(whole), v.integer(whole), v.minValue(1, whole), v.maxValue(65_535, whole)),
  'strip-prefix': v.optional(v.boolean('must be true or false'), false),
  'redirect-https': v.optional(v.literal(false, 'must be false: there is no HTTPS here'), false),
});
const address = v.pipe(
  v.string('must be a text'),
  // A name does not do: where nginx cannot look one up, it reads nothing of its configuration.
  v.check((text) => isIP(text) > 0 && !text.includes('%'), 'must be an IP address'),
);

/**
 * The route that an application asks for, or why it gets none; null while it asks for nothing. Only
 * its path is still to be held against those of others.
 */
export function requested(said: Databag, units: ReadonlyMap<string, Databag>): Entry | null {
  const asked = decoded(said);
  const located = [...units].flatMap(([of, bag]) => {
    const { ip, host } = decoded(bag);
    if (ip == null && host === undefined) return [];
    return [ip == null ? { of, key: 'host', value: host } : { of, key: 'ip', value: ip }];
  });
  if (!('port' in asked)) return null;
  const parsed = v.safeParse(application, asked);
  if (!parsed.success) return { refused: whyNot(parsed.issues[0]) };
  const { model, name, port, 'strip-prefix': strip } = parsed.output;
  const upstreams: string[] = [];
  for (const { of, key, value } of located) {
    const at = v.safeParse(address, value);
    if (!at.success) return { refused: `${of}: ${whyNot(at.issues[0], key)}` };
    upstreams.push(`${isIP(at.output) === 6 ? `[${at.output}]` : at.output}:${port}`);
  }
  return { path: `/${model}-${name}`, upstreams: upstreams.sort(), strip };
}

/** Values are JSON; the interface's first library wrote texts bare. */
const decoded = (bag: Databag): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(bag).map(([key, text]) => {
      try {
        return [key, JSON.parse(text)];
      } catch {
        return [key, text];
      }
    }),
  );

function whyNot({ path, input, message }: v.BaseIssue<unknown>, key = path?.[0]?.key): string {
  if (input === undefined) return `${key} is missing`;
  return `${key} is ${JSON.stringify(input).slice(0, 60)}: it ${message}`;
}
