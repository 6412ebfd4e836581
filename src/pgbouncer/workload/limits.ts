/** How many files a process may have open; each connection is one. */
import { readFile } from 'node:fs/promises';

/** What every system allows. */
const least = 1_024;

/** The hard limit that `/proc/PID/limits` names. */
export function hardLimitIn(limits: string | null): number {
  const [, hard] = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(limits ?? '') ?? [];
  if (hard === 'unlimited') return Number.MAX_SAFE_INTEGER;
  return hard === undefined ? least : Number(hard);
}

export const withinLimit = (wanted: number, hard: number): number => Math.min(wanted, hard);

/** Those of this process, and of what it starts. */
export const ownLimit = async (): Promise<number> =>
  hardLimitIn(await readFile('/proc/self/limits', 'utf8').catch(() => null));

/**
 * What a shell is told to run a program with so many files: it begins with fewer than it may have,
 * 1,024 as a rule, and PgBouncer does not ask for more.
 */
export const raised = (openFiles: number): string => `ulimit -n ${openFiles} && exec "$0" "$@"`;
