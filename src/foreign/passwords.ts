/** What nobody but its reader may see, and where else it is to be seen. */
import type { World } from '../testing/index.ts';
import type { HookRecord } from './hook-run.ts';

/** Shorter values are no passwords, and are in too many other words. */
const shortest = 8;
const isSensitive = (key: string): boolean => /pass|token|secret|credential|private|uri/i.test(key);

/**
 * The values that are in secrets; with a hook, also those that it has put into a databag under a name
 * that says what they are, where a Juju without secrets has them.
 */
export function sensitiveIn(
  { secrets, relations }: World,
  record: HookRecord | null,
): readonly string[] {
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
  return [...found];
}

/** Where a hook has shown any of these. */
export function withPasswordsIn(
  passwords: readonly string[],
  { calls, stdout, stderr }: HookRecord,
  logged: readonly string[],
): readonly string[] {
  const shows = (text: string) => passwords.some((password) => text.includes(password));
  const call = calls.find(({ tool, args }) => tool !== 'juju-log' && args.some(shows));
  return [
    ...(logged.some(shows) ? ['the log'] : []),
    ...(shows(stdout) || shows(stderr) ? ['the output'] : []),
    ...(call === undefined ? [] : [`the arguments of ${call.tool}`]),
  ];
}
