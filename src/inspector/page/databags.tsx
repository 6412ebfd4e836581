import type { HookEntry } from '../recording.ts';
import { type Change, compareBags, type Difference } from '../timeline.ts';

export interface DatabagsProps {
  readonly entry: HookEntry;
  readonly change: Change;
}

/** The databags that a hook has read or written, before it and after it, side by side. */
export function Databags({ entry, change: { before, after } }: DatabagsProps) {
  const { read, written } = entry.seen;
  // The relations before the peers: what was asked and answered matters most.
  const names = [...new Set([...Object.keys(read), ...Object.keys(written)])].sort().reverse();
  const isChanged = (name: string) => before.bags[name] !== after.bags[name];
  return (
    <section aria-labelledby="databags">
      <h3 id="databags">Databags</h3>
      {names.length === 0 && <p>This hook has looked into none.</p>}
      {names.map((name) => (
        <details key={name} open={isChanged(name)}>
          <summary>
            {name} <span class="took">{isChanged(name) ? 'changed' : 'as it was'}</span>
          </summary>
          <Table rows={compareBags(before.bags[name], after.bags[name])} name={name} />
        </details>
      ))}
    </section>
  );
}

const kindOf = ({ before, after }: Difference) => {
  if (before === after) return '';
  if (before === null) return 'added';
  return after === null ? 'removed' : 'changed';
};

const signs: Readonly<Record<string, string>> = { added: '+', removed: '−', changed: '±', '': '' };

function Table({ rows, name }: { readonly rows: readonly Difference[]; readonly name: string }) {
  if (rows.length === 0) return <p>It is empty.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
    <section class="wide" tabIndex={0} aria-label={`Databag ${name}`}>
      <table class="databag">
        <thead>
          <tr>
            <th scope="col">
              <span class="spoken">Change</span>
            </th>
            <th scope="col">Key</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} class={kindOf(row)}>
              <td>
                {signs[kindOf(row)]}
                <span class="spoken">{kindOf(row) || 'unchanged'}</span>
              </td>
              <th scope="row">{row.key}</th>
              <td>{row.before}</td>
              <td>{row.after}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
