/** Foreign text in words of ours: nothing in it that a terminal, a log or a file would obey. */

/** What neither Juju nor PostgreSQL says in more characters than anyone reads. */
const longest = 1000;

/** The text as one line of at most that many characters: what cannot be printed is escaped. */
export function printable(text: string, most: number = longest): string {
  const line = text
    .slice(0, most + 1)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped);
  if (line.length <= most && text.length <= most) return line;
  return `${line.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A few characters of it in quotation marks, all of them ASCII. */
export function quote(text: string): string {
  const quoted = JSON.stringify(text.slice(0, 40)).replaceAll(/[^\x20-\x7e]/g, escaped);
  return text.length > 40 ? `${quoted}…` : quoted;
}

const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
