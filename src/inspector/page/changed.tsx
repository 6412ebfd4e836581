import type { HookEntry, RecordedCharm } from '../recording.ts';
import type { Change } from '../timeline.ts';
import { DidList, isCalls } from './called.tsx';
import { Configuration, configurationOf } from './configuration.tsx';
import { bagsOf, DatabagView } from './databags.tsx';
import { Records, recordsOf } from './records.tsx';

export interface ChangedProps {
  readonly entry: HookEntry;
  readonly change: Change;
  readonly charm: RecordedCharm | undefined;
  /** The relation whose databags come first; null where there is none. */
  readonly about: number | null;
}

const fileOf = ({ unit }: HookEntry, charm: RecordedCharm | undefined) =>
  `${charm?.file ?? 'Configuration'} on ${unit}`;

/** All that a hook has changed: databags, what is on record, roles and secrets, configuration. */
export function Changed({ entry, change, charm, about }: ChangedProps) {
  const { changed } = bagsOf(entry, change, about);
  const records = charm?.records;
  const file = configurationOf(entry, change);
  // Of a charm without charts it is all that it called, which changes something or does not.
  const did = isCalls(entry) ? [] : (entry.seen.did ?? []);
  const hasRecords = records !== undefined && recordsOf(records, change).changed.length > 0;
  const isNothing =
    changed.length === 0 && did.length === 0 && !hasRecords && file.before === file.after;
  return (
    <section aria-labelledby="changed">
      <h3 id="changed">Changed</h3>
      {isNothing && <p>Nothing, as far as it was seen.</p>}
      {changed.map((name) => (
        <section key={name}>
          <h4>{name}</h4>
          <DatabagView name={name} change={change} />
        </section>
      ))}
      <DidList did={did} />
      {hasRecords && (
        <>
          <h4>{records.title}</h4>
          <Records described={records} change={change} which="changed" />
        </>
      )}
      {file.before !== file.after && (
        <>
          <h4>{fileOf(entry, charm)}</h4>
          <Configuration entry={entry} change={change} />
        </>
      )}
    </section>
  );
}

/** What the hook has looked at and left as it was. */
export function Unchanged({ entry, change, charm, about }: ChangedProps) {
  const { unchanged } = bagsOf(entry, change, about);
  const records = charm?.records;
  const same = records === undefined ? [] : recordsOf(records, change).same;
  const file = configurationOf(entry, change);
  const isFileThere = file.after !== '' && file.before === file.after;
  if (unchanged.length === 0 && same.length === 0 && !isFileThere) return null;
  return (
    <section aria-labelledby="unchanged">
      <h3 id="unchanged">As it was</h3>
      {unchanged.map((name) => (
        <details key={name}>
          <summary>{name}</summary>
          <DatabagView name={name} change={change} />
        </details>
      ))}
      {records !== undefined && same.length > 0 && (
        <details>
          <summary>
            {records.title} ({same.length})
          </summary>
          <Records described={records} change={change} which="same" />
        </details>
      )}
      {isFileThere && (
        <details>
          <summary>{fileOf(entry, charm)}</summary>
          <Configuration entry={entry} change={change} />
        </details>
      )}
    </section>
  );
}
