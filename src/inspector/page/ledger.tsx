import type { Change, Knowledge } from '../timeline.ts';

/** One record of the ledger, as it stands in the peer databag. */
interface Shown {
  readonly relation: number;
  readonly state: string;
  readonly user?: string;
  readonly database?: string;
  readonly attributes?: readonly string[];
  readonly roles?: readonly string[];
  readonly published?: { readonly endpoints: string | null } | null;
  readonly error: string | null;
}

/** What the charm has on record, one line for each relation. */
export function Ledger({ change: { before, after } }: { readonly change: Change }) {
  const [old, now] = [recordsOf(before), recordsOf(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort((one, other) => one - other);
  return (
    <section aria-labelledby="ledger">
      <h3 id="ledger">Ledger</h3>
      {keys.length === 0 ? (
        <p>Nothing is on record.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
        <section class="wide" tabIndex={0} aria-label="Records">
          <table>
            <thead>
              <tr>
                {['Relation', 'State', 'User', 'Database', 'Roles', 'Published', 'Error'].map(
                  (name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {keys.map((key) => (
                <Line key={key} before={old.get(key)} after={now.get(key)} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

function Line({
  before,
  after,
}: {
  readonly before: Shown | undefined;
  readonly after: Shown | undefined;
}) {
  const shown = after ?? before;
  if (shown === undefined) return null;
  const isSame = JSON.stringify(before) === JSON.stringify(after);
  const kind =
    after === undefined ? 'removed' : before === undefined ? 'added' : isSame ? '' : 'changed';
  const state =
    before !== undefined && after !== undefined && before.state !== after.state
      ? `${before.state} → ${after.state}`
      : shown.state;
  return (
    <tr class={kind}>
      <th scope="row">
        {shown.relation}
        <span class="spoken"> {kind}</span>
      </th>
      <td>{after === undefined ? `${state} → gone` : state}</td>
      <td>{shown.user}</td>
      <td>{shown.database}</td>
      <td>{[...(shown.attributes ?? []), ...(shown.roles ?? [])].join(', ')}</td>
      <td>{shown.published?.endpoints}</td>
      <td>{shown.error}</td>
    </tr>
  );
}

/** A record that cannot be read is passed over here: the databag shows it as it is. */
function recordsOf({ bags }: Knowledge): ReadonlyMap<number, Shown> {
  const records = new Map<number, Shown>();
  for (const [key, text] of Object.entries(bags['peers: application'] ?? {})) {
    if (!/^relation-\d+$/.test(key)) continue;
    try {
      const record = JSON.parse(text);
      records.set(record.relation, record);
    } catch {}
  }
  return records;
}
