/**
 * Labels between quotes: what Mermaid would take for something else is written as an entity,
 * https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters.
 */
import { unprintable } from '../hook/nodes.ts';
import { anyDirection } from './chart.ts';

/** The text that stands between quotes for a label. */
export function quoted(label: string): string {
  const text = label.replace(taken, (found) =>
    found === '"' ? '#quot;' : `#${found.codePointAt(0)};${found.slice(1)}`,
  );
  // After the words `style` and `classDef`, Mermaid takes the `;` from what looks like a colour.
  return text.replace(/:(?=\S*#)/g, '#58;');
}

/**
 * What ends the quotes, begins an entity, Markdown, HTML or a directive, and what makes a statement of
 * the whole line wherever it stands. Lines may be broken by HTML.
 */
const taken = new RegExp(`["#\`]|<(?!br */?>)|%(?=%)|direction(?=\\s+(?:${anyDirection}))`, 'g');

/** The label for which a text stands between quotes. */
export const unquoted = (text: string): string =>
  text.replace(/#(?:quot|(\d{1,7}));/g, (entity, code: string | undefined) => {
    if (code === undefined) return '"';
    const point = Number(code);
    const found = point <= 0x10_ff_ff ? String.fromCodePoint(point) : entity;
    return unprintable.test(found) ? entity : found;
  });
