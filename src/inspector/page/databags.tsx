import type { HookEntry } from '../recording.ts';
import { type Change, type ComparedKey, compareBags } from '../timeline.ts';
import type { Pair } from './lines.tsx';
import { JsonLine, jsonPairs, Value } from './value.tsx';

export interface DatabagsProps {
  readonly entry: HookEntry;
  readonly change: Change;
}

/**
 * The names of the databags that a hook has read or written: what it changed, and what it did not;
 * first those of the relation that it is about.
 */
export function bagsOf({ seen }: HookEntry, { before, after }: Change, about: number | null) {
  const isAbout = (name: string) => Number(name.startsWith(`relation ${about}:`));
  // The relations before the peers: what was asked and answered matters most.
  const names = [...new Set([...Object.keys(seen.read), ...Object.keys(seen.written)])]
    .sort()
    .reverse()
    .sort((one, other) => isAbout(other) - isAbout(one));
  const isChanged = (name: string) =>
    compareBags(before.bags[name], after.bags[name]).some((row) => row.before !== row.after);
  return {
    changed: names.filter(isChanged),
    unchanged: names.filter((name) => !isChanged(name)),
  };
}

/** A databag, what has changed in it first. */
export function DatabagView({
  name,
  change: { before, after },
}: Pick<DatabagsProps, 'change'> & { readonly name: string }) {
  const rows = compareBags(before.bags[name], after.bags[name]);
  const changed = rows.filter((row) => row.before !== row.after);
  const same = rows.filter((row) => row.before === row.after);
  if (rows.length === 0) return <p>It is empty.</p>;
  if (changed.length === 0) return <Table rows={same} name={name} />;
  return (
    <>
      <Table rows={changed} name={name} />
      {same.length > 0 && (
        <details>
          <summary>{same.length} more as before</summary>
          <Table rows={same} name={`${name}, as before`} />
        </details>
      )}
    </>
  );
}

const kindOf = ({ before, after }: ComparedKey) => {
  if (before === after) return '';
  if (before === null) return 'added';
  return after === null ? 'removed' : 'changed';
};

const signs: Readonly<Record<string, string>> = { added: '+', removed: '−', changed: '±', '': '' };

function Table({ rows, name }: { readonly rows: readonly ComparedKey[]; readonly name: string }) {
  const isChange = rows.some(({ before, after }) => before !== after);
  // Before and after only where something was there before.
  const hasBefore = rows.some(({ before, after }) => before !== null && before !== after);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
    <section class="wide" tabIndex={0} aria-label={`Databag ${name}`}>
      <table class={`databag ${isChange ? 'change' : ''}`}>
        <thead>
          <tr>
            {isChange && (
              <th scope="col">
                <span class="spoken">Change</span>
              </th>
            )}
            <th scope="col">Key</th>
            {hasBefore && <th scope="col">Before</th>}
            <th scope="col">{hasBefore ? 'After' : 'Value'}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.key} row={row} isChange={isChange} hasBefore={hasBefore} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  readonly row: ComparedKey;
  readonly isChange: boolean;
  readonly hasBefore: boolean;
}

/** A key with its value; with as many rows as its JSON has lines that are shown beside each other. */
function Row({ row, isChange, hasBefore }: RowProps) {
  const { key, before, after } = row;
  const kind = kindOf(row);
  const pairs = hasBefore && before !== after ? jsonPairs(before, after) : null;
  const [first, ...others] = pairs ?? [];
  const rowSpan = Math.max(pairs?.length ?? 1, 1);
  return (
    <>
      <tr class={kind}>
        {isChange && (
          <td rowSpan={rowSpan}>
            {signs[kind]}
            <span class="spoken">{kind || 'unchanged'}</span>
          </td>
        )}
        <th scope="row" rowSpan={rowSpan}>
          {key}
        </th>
        {first !== undefined ? (
          <Pairing pair={first} />
        ) : (
          <>
            {hasBefore && (
              <td>
                <Value text={before} />
              </td>
            )}
            <td>
              <Value text={after} />
            </td>
          </>
        )}
      </tr>
      {others.map((pair, number) => (
        <tr key={number} class={kind}>
          <Pairing pair={pair} />
        </tr>
      ))}
    </>
  );
}

const Pairing = ({ pair: [before, after] }: { readonly pair: Pair }) => (
  <>
    <JsonLine line={before} />
    <JsonLine line={after} />
  </>
);
