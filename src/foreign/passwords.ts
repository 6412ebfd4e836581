/** What nobody but its reader may see, and where else it is to be seen. */
import type { World } from '../testing/index.ts';
import type { HookRecord, MadeCall } from './hook-run.ts';
import { layerOf, PlanRefused } from './pebble/plan.ts';

/** Shorter values are no passwords, and are in too many other words. */
const shortest = 8;
/** What such a key says of a password, and is none. */
const about =
  /(address|age|algorithm|count|days|endpoint|expiry|file|host|hosts|id|issuer|kind|length|name|path|policy|port|ttl|type|version)s?$/i;
const isUri = (key: string): boolean => /(ur[il]|dsn)s?$/i.test(key);

/** Whether what stands under such a key is a password, or holds one as a URI does. */
function isSensitive(key: string, value: string): boolean {
  if (isUri(key)) return /:\/\/[^/@\s]*:[^/@\s]+@/.test(value);
  return /pass|token|secret|credential|private.?key/i.test(key) && !about.test(key);
}

/** Values that nobody may see. */
export interface Sensitive {
  readonly values: readonly string[];
  /** The key under which one stands that is in a text; null where none is. */
  keyIn(text: string): string | null;
}

/**
 * The values that are in secrets; with a hook, also those that it has put into a databag under a name
 * that says what they are, where a Juju without secrets has them. One that is a name of something as
 * well (the password "password") is in a text only where it is all of it, or what follows a sign.
 */
export function sensitiveIn(world: World, record: HookRecord | null): Sensitive {
  const { secrets, relations } = world;
  const found = new Map<string, string>();
  const take = (bag: Readonly<Record<string, string>>) => {
    for (const [key, whole] of Object.entries(bag)) {
      // A file that it was read from ends in a new line, which a shell takes away.
      const value = whole.trim();
      if (value.length < shortest || value.startsWith('secret:')) continue;
      if (!found.has(value) && isSensitive(key, value)) found.set(value, key);
    }
  };
  for (const { revisions } of Object.values(secrets))
    for (const content of revisions) take(content);
  if (record !== null)
    for (const { applications } of Object.values(relations))
      for (const bag of Object.values(applications)) take(bag);
  const names = namesIn(world);
  const isIn = (text: string, value: string) =>
    names.has(value) ? text === value || text.endsWith(`=${value}`) : text.includes(value);
  return {
    values: [...found.keys()],
    keyIn: (text) => [...found].find(([value]) => isIn(text, value))?.[1] ?? null,
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

/** Which of these a hook has shown, and where, in words. */
export function withPasswordsIn(
  { keyIn }: Sensitive,
  { calls, programs = [], stdout, stderr }: HookRecord,
  logged: readonly string[],
): readonly string[] {
  const shown = (texts: readonly string[], where: string): readonly string[] => {
    const key = texts.map(keyIn).find((found) => found !== null);
    return key == null ? [] : [`a password (${key}) in ${where}`];
  };
  const ofCalls = calls
    .filter(({ tool }) => tool !== 'juju-log')
    .flatMap((call) =>
      shown([...call.args, ...commandsIn(call)], `the arguments of ${nameOf(call)}`),
    )
    .slice(0, 1);
  const ofPrograms = programs
    .flatMap((words) => shown(words, `the arguments of ${words[0] ?? 'a program'}`))
    .slice(0, 1);
  const printed = shown([stdout, stderr], 'the output');
  return [...shown(logged, 'the log'), ...printed, ...ofCalls, ...ofPrograms];
}

/** A command line of a layer is seen by whoever lists the container's processes. */
const nameOf = (call: MadeCall): string =>
  commandsIn(call).length === 0 ? call.tool : "a layer's command";

/** The command lines of the services and checks of a layer that is added. */
function commandsIn({ tool, args, input }: MadeCall): readonly string[] {
  if (tool !== 'pebble' || args[1] !== 'add-layer') return [];
  try {
    const { services, checks } = layerOf('', input);
    const all = [...Object.values(services), ...Object.values(checks).map(({ exec }) => exec)];
    return all.flatMap((one) =>
      typeof one === 'object' && one !== null && 'command' in one ? String(one.command) : [],
    );
  } catch (error) {
    if (error instanceof PlanRefused) return [];
    throw error;
  }
}
