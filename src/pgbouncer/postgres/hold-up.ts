/** What tenants' sessions hold up: who waits cannot end them itself, so another session does. */
import { setTimeout as after } from 'node:timers/promises';
import type { Row } from '../wire/index.ts';

/** Does what waited in vain before, or waits already, and has those ended meanwhile who hold it up. */
export async function unhindered<Result>(
  endThem: () => Promise<unknown>,
  body: () => Promise<Result>,
): Promise<Result> {
  let isOver = false;
  const going = body().finally(() => {
    isOver = true;
  });
  // It is awaited below; what it fails with must not go by unheard before.
  going.catch(() => {});
  while (!isOver) await endThem();
  return going;
}

/** Milliseconds after which who logs in stands behind others. */
const soon = 1_000;

/** Whether something is over, well or not, before anybody has to be looked for. */
export async function isSoonOver(body: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController();
  const late = after(soon, false, { signal: waiting.signal }).catch(() => false);
  const isOver = await Promise.race([
    body.then(
      () => true,
      () => true,
    ),
    late,
  ]);
  waiting.abort();
  return isOver;
}

/** Whose sessions were ended. */
export function noteEnded(sessions: readonly Row[], notes: Set<string>): void {
  for (const { user, database, ended } of sessions)
    if (ended === true)
      notes.add(
        `a session of ${String(user)} in ${String(database)} was ended: it held what was to be changed`,
      );
}
