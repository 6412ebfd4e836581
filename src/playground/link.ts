/** What a link to the playground says: the chart, and how far its run has come. */
export interface Shared {
  readonly source: string;
  readonly answers: readonly string[];
}

/** As it stands behind the `#` of an address: nobody's server is sent it. */
export function fragmentOf({ source, answers }: Shared): string {
  const bytes = new TextEncoder().encode(JSON.stringify([source, ...answers]));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return `#chart=${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

/** What a fragment says; null where it is none of these. */
export function sharedIn(fragment: string): Shared | null {
  const [, text] = /^#chart=([\w-]+)$/.exec(fragment) ?? [];
  if (text === undefined) return null;
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const said: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (!Array.isArray(said) || !said.every((one) => typeof one === 'string')) return null;
    const [source, ...answers] = said;
    return source === undefined ? null : { source, answers };
  } catch {
    return null;
  }
}
