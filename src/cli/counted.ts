/** How many there are of something, by its plural: `2 crashes`, `1 crash`. */
export const counted = (count: number, plural: string, shown = String(count)): string =>
  `${shown} ${count === 1 ? singularOf(plural) : plural}`;

function singularOf(plural: string): string {
  if (plural.endsWith('ies')) return `${plural.slice(0, -3)}y`;
  return plural.replace(/(?<=sh|ch|ss|x)es$|s$/, '');
}
