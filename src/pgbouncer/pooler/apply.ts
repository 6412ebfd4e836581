/** How a configuration is put in force on one process, and taken back where it is not. */
import type { LoginOf, TenantLogin } from '../ports.ts';
import { type Configuration, type DatabaseEntry, sameDatabases } from './configuration.ts';
import { type Console, introduce } from './console.ts';
import { confirm, filesFor, filesOf, listensAsIn, mark, unconfirmed, write } from './files.ts';
import { goingOn, looksUp } from './lookup.ts';
import { offersOther } from './offered.ts';
import {
  isFenced,
  oldestVersion,
  type PgbouncerFiles,
  parseVersion,
  renewedSince,
} from './pgbouncer-files.ts';
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
  readonly _tag: 'Applied';
  readonly ini: { readonly before: string | null; readonly after: string };
  readonly isNew: boolean;
  readonly isLookingUp: boolean;
  /** Puts back in force what was before. */
  readonly restore: () => Promise<void>;
}

/** PgBouncer did not take it, and what was before is back in force. */
export interface Rejected {
  readonly _tag: 'Rejected';
  readonly why: string;
}

export async function apply(
  spoken: Spoken,
  wholly: Configuration,
  loginOf: LoginOf = async () => null,
): Promise<Applied | Rejected> {
  const { process, console } = spoken;
  const { workload } = process;
  const found = await findOut(spoken);
  const { before, lost, inForce, version: known } = found;
  const { configuration, isMoving } = await chosen(spoken, wholly, found);
  const version = isMoving ? null : known;
  // A wildcard that is read no more stays in force until the process is started anew.
  const wasFenced = version !== null && before.ini !== null && isFenced(before.ini);
  const files = await filesFor(process, configuration, version ?? oldestVersion, wasFenced);
  const isWritten = sameFiles(before, files);
  const wanted = [...configuration.databases].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
  const applied = (after: string, isNew: boolean): Applied => ({
    _tag: 'Applied',
    ini: { before: before.ini, after },
    isNew,
    isLookingUp: looksUp(configuration),
    restore: async () => {
      await write(process, before, inForce);
      if (isMoving) await workload?.restart();
      else await console.reload();
      await confirm(process);
    },
  });
  const isCurrent = workload === undefined || (await workload.isCurrent());
  const isSettled = version !== null && isCurrent && lost === null;
  if (isSettled && isWritten && (await differs(console, configuration, wanted)) === null)
    return applied(files.ini, false);
  const put = async () => {
    if (!isWritten) await write(process, files, inForce);
    else if (!isCurrent) await mark(process, inForce);
  };
  let after = files.ini;
  if (workload === undefined || isSettled) await put();
  else {
    await started({ ...spoken, workload }, { ...found, isMoving }, put);
    // Only a process that runs says which keys it knows.
    const speaks = await versionOf(spoken);
    const whole = await filesFor(process, configuration, speaks ?? oldestVersion);
    if (whole.ini !== files.ini) await write(process, whole, inForce);
    after = whole.ini;
  }
  // Where the process is down this fails, and the files stay: it reads them when it starts.
  await console.reload();
  const renewed = renewedSince(before.userlist ?? '', configuration.users);
  for (const user of renewed.slice(0, mostIntroduced))
    await introduced(spoken, await loginOf(user));
  const isCertified = lost !== null || before.certificate !== files.certificate;
  const why =
    (await differs(console, configuration, wanted)) ??
    (isCertified ? await offersOther(spoken, before.certificate, files.certificate) : null);
  const outcome = applied(after, true);
  if (why === null) {
    await confirm(process);
    return outcome;
  }
  await outcome.restore();
  return { _tag: 'Rejected', why };
}

/** Each takes a look for its password and up to seconds; of many, the others wait for their own logins. */
const mostIntroduced = 4;

/** Where that fails, open sessions wait until their application logs in. */
async function introduced({ process, remaining }: Spoken, login: TenantLogin | null) {
  if (login !== null) await introduce(process.consoles, login, remaining).catch(() => {});
}

/** What is known of a process before anything is done to it. */
export interface Found {
  readonly before: Awaited<ReturnType<typeof filesOf>>;
  /** The file that a lost hook has left unconfirmed. */
  readonly lost: Awaited<ReturnType<typeof unconfirmed>>;
  /** What was in force last, as far as anybody knows. */
  readonly inForce: string | null;
  /** Whether it listens where it is to listen no more. */
  readonly isElsewhere: boolean;
  /** Null where it is not there, or elsewhere. */
  readonly version: Awaited<ReturnType<typeof versionOf>>;
}

export async function findOut(spoken: Spoken): Promise<Found> {
  const { process } = spoken;
  const before = await filesOf(process);
  const lost = await unconfirmed(process);
  const isElsewhere =
    before.ini !== null &&
    (lost === null ? !listensAsIn(before.ini, process.settings) : !(await isInPlace(spoken)));
  const version = isElsewhere ? null : await versionOf(spoken);
  return { before, lost, inForce: lost || before.ini, isElsewhere, version };
}

/** What a process is given of a configuration now, and whether it is started anew for it. */
export async function chosen(
  { process, console }: Spoken,
  wholly: Configuration,
  { before, isElsewhere, version }: Found,
): Promise<{ readonly configuration: Configuration; readonly isMoving: boolean }> {
  const seen =
    version === null || wholly.lookup === null ? new Set<string>() : await console.seen();
  const later = goingOn(wholly, { ...before, seen });
  const isStartedAnew =
    version !== null &&
    process.workload !== undefined &&
    looksUp(later) &&
    !looksUp(wholly) &&
    (await console.isIdle());
  const isMoving = isElsewhere || isStartedAnew;
  return { configuration: isMoving || console.isDown ? wholly : later, isMoving };
}

/** Has a process started on what is put there, where nobody else is in the way. */
async function started(
  kept: Parameters<typeof begin>[0],
  { before, lost, inForce, isElsewhere, version, isMoving }: Found & { readonly isMoving: boolean },
  put: () => Promise<void>,
): Promise<void> {
  // What a lost hook has written stands in any case.
  let isWrittenOver = lost !== null;
  try {
    if (isElsewhere) await refuseMove(kept, inForce ?? '');
    else if (version === null) await refuseTaken(kept);
    isWrittenOver = true;
    await put();
    await begin(kept, isMoving ? 'restart' : 'start');
  } catch (problem) {
    // What kept it from going back is said by the next hook, which finds it unconfirmed.
    if (isElsewhere && isWrittenOver && inForce !== null)
      await goBack(kept, before, inForce).catch(() => {});
    throw problem;
  }
}

const sameFiles = (one: Found['before'], other: PgbouncerFiles): boolean =>
  one.ini === other.ini &&
  one.userlist === other.userlist &&
  one.ca === other.ca &&
  one.certificate === other.certificate &&
  one.access === other.access;

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
export async function differs(
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
