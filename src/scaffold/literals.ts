/** Text of a drawing as TypeScript: any of it may hold quotes, backticks, backslashes or markup. */

/** A string literal in single quotes. */
export const quoted = (text: string): string =>
  `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')}'`;

/** The key of an object, quoted where it has to be. */
export const key = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);

/** What stands behind `//`: no character of it ends the line. */
export const commented = (text: string): string =>
  text
    .replaceAll('\\n', ' ')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();

/** `"yes" or "no"` as words for people, within a comment or a string. */
export const either = (words: readonly string[]): string =>
  words.map((word) => `"${commented(word)}"`).join(' or ');
