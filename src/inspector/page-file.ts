import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { given } from '../hook/index.ts';
import { pack } from './packed.ts';
import { type Recording, recordingParts } from './recording.ts';

/** The page as it was built: one file with its script and its style. */
const built = (): string => readFileSync(new URL('./page/index.html', import.meta.url), 'utf8');

const placeholder = '<!--hookchart-->';

/** The page that waits for what its server sends it. */
export const livePage = (): string =>
  built().replace(placeholder, '<meta name="feed" content="/page">');

/**
 * The page with a recording in it, as one file that needs nothing else.
 *
 * @category Showing
 *
 * @example
 * ```ts
 * import { emptyRecording, recordingPage } from 'hookchart/inspect';
 *
 * const page = recordingPage(emptyRecording('nothing yet'));
 * console.log(page.startsWith('<!doctype html>'));
 * // true
 * ```
 */
export function recordingPage(recording: Recording): string {
  given('recordingPage', 'the recording', recording, recordingParts);
  const bytes = deflateSync(pack(recording), { level: 9 }).toString('base64');
  const script = `<script type="text/plain" id="recording">${bytes}</script>`;
  return built().replace(placeholder, () => script);
}
