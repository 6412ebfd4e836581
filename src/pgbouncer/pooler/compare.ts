/** What a configuration would change on one process, told and not done. */
import type { PoolerDifference } from '../ports.ts';
import { chosen, differs, type Found, findOut } from './apply.ts';
import type { Configuration } from './configuration.ts';
import { inIni, inUserlist, whole } from './file-differences.ts';
import { consolesIn, filesFor, ownListening } from './files.ts';
import { isFenced, oldestVersion, parseVersion, type Version } from './pgbouncer-files.ts';
import { consoleAt, type Spoken } from './starting.ts';

/** Empty where nothing would be done. */
export async function compare(
  spoken: Spoken,
  wholly: Configuration,
): Promise<readonly PoolerDifference[]> {
  const { process } = spoken;
  const { settings, workload } = process;
  const found = await findOut(spoken);
  const { before, lost } = found;
  const { configuration, isMoving } = await chosen(spoken, wholly, found);
  const running = isMoving ? null : found.version;
  const version = running ?? (await versionBefore(spoken, found));
  const wasFenced = running !== null && before.ini !== null && isFenced(before.ini);
  const files = await filesFor(process, configuration, version ?? oldestVersion, wasFenced);
  const by: PoolerDifference['by'] = isMoving ? 'restart' : running === null ? 'start' : 'reload';
  const certificateFile = settings.clientCertificateFile ?? '';
  const written = [
    [process.iniFile, inIni(before.ini, files.ini, version !== null)],
    [settings.userlistFile, inUserlist(before.userlist, files.userlist)],
    [settings.caFile, whole(before.ca, files.ca)],
    [settings.accessFile, whole(before.access, files.access)],
    [certificateFile, whole(before.certificate, files.certificate)],
  ] as const;
  const told = written.flatMap(([file, what]) => (what.length === 0 ? [] : [{ file, what, by }]));
  const isCurrent = workload === undefined || (await workload.isCurrent());
  const others = [
    ...(isCurrent ? [] : ['it is to be run otherwise than it is']),
    ...(lost === null ? [] : ['a hook that was lost has left it unconfirmed']),
    ...(running === null && !isMoving
      ? ['PgBouncer does not run, or does not let the charm in']
      : []),
  ];
  if (others.length > 0)
    return [...told, { file: process.iniFile, what: others, by: isCurrent ? by : 'restart' }];
  if (told.length > 0 || running === null) return told;
  const wanted = [...configuration.databases].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
  const why = await differs(spoken.console, configuration, wanted);
  return why === null ? [] : [{ file: process.iniFile, what: [why], by }];
}

/** Which version runs where its file says that it listens; null where nobody says. */
async function versionBefore(spoken: Spoken, { before: { ini } }: Found): Promise<Version | null> {
  if (ini === null) return null;
  const there = consoleAt(spoken, consolesIn(ini, spoken.process), ownListening(ini));
  try {
    return parseVersion(await there.version());
  } catch {
    return null;
  } finally {
    await there.release();
  }
}
