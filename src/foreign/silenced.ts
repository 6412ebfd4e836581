/** Oracles that a charm's author has silenced, with the reason, in a file that is kept with the charm. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parse } from 'yaml';
import { Misuse } from '../testing/index.ts';

/** The file, in the charm's folder. */
const silencedFile = 'hookchart-soak.yaml';

const noReason = 'says no reason';
const reason = v.pipe(v.string(noReason), v.trim(), v.minLength(1, noReason));
const schema = v.strictObject({
  silenced: v.optional(v.record(v.string(), reason, 'is to have a NAME on each line'), {}),
});

/** Why each of these is silent, by name; `Misuse` where one has no reason, or is none of those that are known. */
export function silencedIn(
  folder: string,
  known: readonly string[],
): Readonly<Record<string, string>> {
  const file = join(folder, silencedFile);
  if (!existsSync(file)) return {};
  const wrong = (why: string) =>
    new Misuse(`${file}: ${why}: write "silenced:", and below it NAME: the reason`);
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8')) ?? {};
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : String(cause));
  }
  const parsed = v.safeParse(schema, content);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const isUnknown = issue.type === 'strict_object' && issue.expected === 'never';
    throw wrong(`${v.getDotPath(issue) ?? 'it'} ${isUnknown ? 'is not known' : issue.message}`);
  }
  const { silenced } = parsed.output;
  const unknown = Object.keys(silenced).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw wrong(`there is no oracle ${unknown}; there are ${known.join(', ')}`);
  return silenced;
}
