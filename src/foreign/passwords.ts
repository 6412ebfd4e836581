/** What nobody but its reader may see, and where else it is to be seen. */
import type { World } from '../testing/index.ts';
import type { HookRecord } from './hook-run.ts';

/** Shorter values are no passwords, and are in too many other words. */
const shortest = 8;
const isSensitive = (key: string): boolean => /pass|token|secret|credential|private|uri/i.test(key);

/** Values that nobody may see. */
export interface Sensitive {
  readonly values: readonly string[];
  /** Whether one of them is in a text. */
  isIn(text: string): boolean;
}

/**
 * The values that are in secrets; with a hook, also those that it has put into a databag under a name
 * that says what they are, where a Juju without secrets has them. One that is a name of something as
 * well (the password "password") is in a text only where it is all of it, or what follows a sign.
 */
export function sensitiveIn(world: World, record: HookRecord | null): Sensitive {
  const { secrets, relations } = world;
  const found = new Set<string>();
  const take = (bag: Readonly<Record<string, string>>) => {
    for (const [key, whole] of Object.entries(bag)) {
      // A file that it was read from ends in a new line, which a shell takes away.
      const value = whole.trim();
      if (isSensitive(key) && value.length >= shortest && !value.startsWith('secret:'))
        found.add(value);
    }
  };
  for (const { revisions } of Object.values(secrets))
    for (const content of revisions) take(content);
  if (record !== null)
    for (const { applications } of Object.values(relations))
      for (const bag of Object.values(applications)) take(bag);
  const names = namesIn(world);
  const values = [...found];
  return {
    values,
    isIn: (text) =>
      values.some((value) =>
        names.has(value) ? text === value || text.endsWith(`=${value}`) : text.includes(value),
      ),
  };
}

/** By what things are called: keys of secrets and databags, endpoints, applications. */
function namesIn({ secrets, relations }: World): ReadonlySet<string> {
  const bags = [
    ...Object.values(secrets).flatMap(({ revisions }) => revisions),
    ...Object.values(relations).flatMap(({ applications, units }) => [
      ...Object.values(applications),
      ...Object.values(units),
    ]),
  ];
  const ends = Object.values(relations).flatMap(
    ({ endpoint, requirerEndpoint = endpoint, provider, requirer }) => [
      endpoint,
      requirerEndpoint,
      provider,
      requirer,
    ],
  );
  return new Set([...bags.flatMap((bag) => Object.keys(bag)), ...ends]);
}

/** Where a hook has shown any of these. */
export function withPasswordsIn(
  { isIn: shows }: Sensitive,
  { calls, stdout, stderr }: HookRecord,
  logged: readonly string[],
): readonly string[] {
  const call = calls.find(({ tool, args }) => tool !== 'juju-log' && args.some(shows));
  return [
    ...(logged.some(shows) ? ['the log'] : []),
    ...(shows(stdout) || shows(stderr) ? ['the output'] : []),
    ...(call === undefined ? [] : [`the arguments of ${call.tool}`]),
  ];
}
