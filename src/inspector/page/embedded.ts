import { unpack } from '../packed.ts';
import type { Recording } from '../recording.ts';

/** The recording that was written into this file; null where there is none. */
export async function embedded(): Promise<Recording | null> {
  const text = document.getElementById('recording')?.textContent;
  if (!text) return null;
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return unpack(await new Response(stream).text()) as Recording;
}
