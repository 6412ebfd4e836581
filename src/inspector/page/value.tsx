/** A value of a databag: JSON is laid out, everything else stands as it is. */
export function Value({ text }: { readonly text: string | null }) {
  if (text === null) return null;
  const json = laidOut(text);
  return json === null ? text : <pre class="json">{json}</pre>;
}

function laidOut(text: string): string | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
