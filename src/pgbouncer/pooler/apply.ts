/** How a configuration is put in force on one process, and taken back where it is not. */
import * as E from 'fp-ts/lib/Either.js';
import type { Configuration, DatabaseEntry, HookError } from '../engine.ts';
import { sameDatabases } from './configuration.ts';
import type { Console } from './console.ts';
import { confirm, filesFor, filesOf, listensAsIn, mark, unconfirmed, write } from './files.ts';
import { goingOn, looksUp } from './lookup.ts';
import { isFenced, oldestVersion, parseVersion } from './pgbouncer-files.ts';
import {
  begin,
  goBack,
  isInPlace,
  isOfNobody,
  refuseMove,
  refuseTaken,
  type Spoken,
} from './starting.ts';

export interface Applied {
  readonly ini: { readonly before: string | null; readonly after: string };
  readonly isNew: boolean;
  readonly isLookingUp: boolean;
  /** Puts back in force what was before. */
  readonly restore: () => Promise<void>;
}

export async function apply(
  spoken: Spoken,
  wholly: Configuration,
): Promise<E.Either<HookError, Applied>> {
  const { process, console } = spoken;
  const { workload, settings } = process;
  const before = await filesOf(process);
  const lost = await unconfirmed(process);
  /** What was in force last, as far as anybody knows. */
  const inForce = lost || before.ini;
  const isElsewhere =
    before.ini !== null &&
    (lost === null ? !listensAsIn(before.ini, settings) : !(await isInPlace(spoken)));
  const known = isElsewhere ? null : await versionOf(spoken);
  const seen = known === null || wholly.lookup === null ? new Set<string>() : await console.seen();
  const later = goingOn(wholly, { ...before, seen });
  const isStartedAnew =
    known !== null &&
    workload !== undefined &&
    looksUp(later) &&
    !looksUp(wholly) &&
    (await console.isIdle());
  const isMoving = isElsewhere || isStartedAnew;
  const version = isMoving ? null : known;
  const configuration = isMoving || console.isDown ? wholly : later;
  const isLookingUp = looksUp(configuration);
  // A wildcard that is read no more stays in force until the process is started anew.
  const wasFenced = version !== null && before.ini !== null && isFenced(before.ini);
  const files = await filesFor(process, configuration, version ?? oldestVersion, wasFenced);
  const isWritten =
    before.ini === files.ini &&
    before.userlist === files.userlist &&
    before.ca === files.ca &&
    before.access === files.access;
  const wanted = [...configuration.databases].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
  const restore = async () => {
    await write(process, before, inForce);
    if (isMoving) await workload?.restart();
    else await console.reload();
    await confirm(process);
  };
  const isCurrent = workload === undefined || (await workload.isCurrent());
  if (
    version !== null &&
    isWritten &&
    isCurrent &&
    lost === null &&
    (await differs(console, configuration, wanted)) === null
  )
    return E.right({
      ini: { before: before.ini, after: files.ini },
      isNew: false,
      isLookingUp,
      restore,
    });
  const put = async () => {
    if (!isWritten) await write(process, files, inForce);
    else if (!isCurrent) await mark(process, inForce);
  };
  let after = files.ini;
  if (workload === undefined || (version !== null && isCurrent && lost === null)) await put();
  else {
    const kept = { ...spoken, workload };
    // What a lost hook has written stands in any case.
    let isWrittenOver = lost !== null;
    try {
      if (isElsewhere) await refuseMove(spoken, inForce ?? '');
      else if (known === null) await refuseTaken(kept);
      isWrittenOver = true;
      await put();
      await begin(kept, isMoving ? 'restart' : 'start');
    } catch (problem) {
      // What kept it from going back is said by the next hook, which finds it unconfirmed.
      if (isElsewhere && isWrittenOver && inForce !== null)
        await goBack(kept, before, inForce).catch(() => {});
      throw problem;
    }
    // Only a process that runs says which keys it knows.
    const started = await versionOf(spoken);
    const whole = await filesFor(process, configuration, started ?? oldestVersion);
    if (whole.ini !== files.ini) await write(process, whole, inForce);
    after = whole.ini;
  }
  // Where the process is down this fails, and the files stay: it reads them when it starts.
  await console.reload();
  const why = await differs(console, configuration, wanted);
  if (why === null) {
    await confirm(process);
    return E.right({ ini: { before: before.ini, after }, isNew: true, isLookingUp, restore });
  }
  await restore();
  return E.left({ _tag: 'ConfigRejected', class: 'broken', file: process.iniFile, why });
}

/**
 * Null where PgBouncer is not there. One that hangs may be about to go on, and all its sessions with
 * it: whether to end it is for an operator to say.
 */
async function versionOf({ console, process }: Spoken) {
  try {
    return parseVersion(await console.version());
  } catch (problem) {
    if (await isOfNobody(process, problem)) return null;
    throw problem;
  }
}

/** In what PgBouncer differs from what it was given; null where it does not. */
async function differs(
  console: Console,
  { users }: Configuration,
  wanted: readonly DatabaseEntry[],
): Promise<string | null> {
  const found = await console.databases();
  if (!sameDatabases(found, wanted)) return difference(found, wanted);
  const known = await console.users();
  const missing = users.find(({ name }) => !known.has(name));
  return missing === undefined ? null : `user ${missing.name} is not in force`;
}

function difference(found: readonly DatabaseEntry[], wanted: readonly DatabaseEntry[]): string {
  const text = ({ name, host, port, database }: DatabaseEntry) =>
    `${name} to ${database} at ${host}:${port}`;
  const inForce = new Set(found.map(text));
  const expected = new Set(wanted.map(text));
  const missing = [...expected].filter((entry) => !inForce.has(entry));
  const left = [...inForce].filter((entry) => !expected.has(entry));
  return [
    ...missing.slice(0, 3).map((entry) => `${entry} is not in force`),
    ...left.slice(0, 3).map((entry) => `${entry} is still in force`),
  ].join('; ');
}
