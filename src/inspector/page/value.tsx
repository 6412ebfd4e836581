import { Lines } from './lines.tsx';

/** A value of a databag: JSON is laid out, everything else stands as it is. */
export function Value({ text }: { readonly text: string | null }) {
  if (text === null) return null;
  const json = laidOut(text);
  return json === null ? text : <pre class="json">{json}</pre>;
}

export interface ChangedCellsProps {
  readonly before: string | null;
  readonly after: string | null;
}

/** What a value was and is, in a cell each; of JSON in one for both, what differs in it alone. */
export function ChangedCells({ before, after }: ChangedCellsProps) {
  const [old, now] = [laidOut(before), laidOut(after)];
  if (old !== null && now !== null)
    return (
      <td colSpan={2}>
        <pre class="json">
          <Lines before={old} after={now} around={1} />
        </pre>
      </td>
    );
  return (
    <>
      <td>
        <Value text={before} />
      </td>
      <td>
        <Value text={after} />
      </td>
    </>
  );
}

function laidOut(text: string | null): string | null {
  if (text === null || !/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
