import type { RecordedCharm } from '../recording.ts';
import type { Change, Knowledge } from '../timeline.ts';

type Described = NonNullable<RecordedCharm['records']>;
type Fields = Readonly<Record<string, string>>;

export interface RecordsProps {
  readonly described: Described;
  readonly change: Change;
  /** `changed`: those that the hook has changed; `same`: the others. */
  readonly which: 'changed' | 'same';
}

/** The keys of the records that a hook has changed, and of those that it has not. */
export function recordsOf(described: Described, { before, after }: Change) {
  const [old, now] = [read(described, before), read(described, after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort((one, other) =>
    one.localeCompare(other, 'en', { numeric: true }),
  );
  const isChanged = (key: string) => JSON.stringify(old.get(key)) !== JSON.stringify(now.get(key));
  return { old, now, changed: keys.filter(isChanged), same: keys.filter((key) => !isChanged(key)) };
}

/** What the charm has on record, a card for each; the charm itself says which fields there are. */
export function Records({ described, change, which }: RecordsProps) {
  const { old, now, ...keys } = recordsOf(described, change);
  if (keys[which].length === 0) return null;
  return (
    <section class="records" aria-label={`${described.title}, ${which}`}>
      {keys[which].map((key) => (
        <Card key={key} name={key} before={old.get(key)} after={now.get(key)} />
      ))}
    </section>
  );
}

interface CardProps {
  readonly name: string;
  readonly before: Fields | undefined;
  readonly after: Fields | undefined;
}

function Card({ name, before, after }: CardProps) {
  const shown = after ?? before ?? {};
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const kind = after === undefined ? 'removed' : before === undefined ? 'added' : '';
  return (
    <article class={`card ${kind}`} aria-label={name}>
      <h4>
        {name.replaceAll('-', ' ')}
        {kind !== '' && <span class="small"> {kind === 'added' ? 'is new' : 'is gone'}</span>}
      </h4>
      <dl>
        {names.map((field) => (
          <div
            key={field}
            class={kind === '' && before?.[field] !== after?.[field] ? 'changed' : ''}
          >
            <dt>{field}</dt>
            <dd>
              {kind === '' && before?.[field] !== after?.[field]
                ? `${before?.[field] ?? 'nothing'} → ${after?.[field] ?? 'nothing'}`
                : shown[field]}
            </dd>
          </div>
        ))}
      </dl>
    </article>
  );
}

/** A record that cannot be read is passed over here: the databag shows it as it is. */
function read({ prefix, fields }: Described, { bags }: Knowledge): ReadonlyMap<string, Fields> {
  const records = new Map<string, Fields>();
  for (const [key, text] of Object.entries(bags['peers: application'] ?? {})) {
    if (!key.startsWith(prefix)) continue;
    try {
      const record: unknown = JSON.parse(text);
      const found = fields.map((field) => [field, told(within(record, field.split('.')))] as const);
      records.set(key, Object.fromEntries(found.filter(([, value]) => value !== '')));
    } catch {}
  }
  return records;
}

const within = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null && key in part
        ? (part as Readonly<Record<string, unknown>>)[key]
        : undefined,
    value,
  );

function told(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(told).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
