import { Line, type LineOf, type Pair, pairsOf } from './lines.tsx';

/** A value of a databag: JSON is laid out, everything else stands as it is. */
export function Value({ text }: { readonly text: string | null }) {
  if (text === null) return null;
  const json = laidOut(text);
  return json === null ? text : <pre class="json">{json}</pre>;
}

/** What a value of JSON was and is, line beside line; null where it is no JSON before and after. */
export function jsonPairs(before: string | null, after: string | null): readonly Pair[] | null {
  const [old, now] = [laidOut(before), laidOut(after)];
  return old === null || now === null ? null : pairsOf(old, now, 1);
}

/** A line of JSON, or the place where the other side has one. */
export const JsonLine = ({ line }: { readonly line: LineOf | null }) => (
  <td class={`line ${line?.kind ?? 'none'}`}>
    {line !== null && (
      <pre class="json">
        <Line {...line} />
      </pre>
    )}
  </td>
);

function laidOut(text: string | null): string | null {
  if (text === null || !/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
