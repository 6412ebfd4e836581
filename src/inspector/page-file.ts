import { readFileSync } from 'node:fs';
import { given } from '../hook/index.ts';
import { type Recording, recordingParts } from './recording.ts';

/** The page as it was built: one file with its script and its style. */
const built = (): string => readFileSync(new URL('./page/index.html', import.meta.url), 'utf8');

const place = '<!--hookchart-->';

/** The page that waits for what its server sends it. */
export const livePage = (): string => built().replace(place, '<meta name="feed" content="/page">');

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
  // Within a script only this sign could end it.
  const json = JSON.stringify(recording).replaceAll('<', '\\u003c');
  const script = `<script type="application/json" id="recording">${json}</script>`;
  return built().replace(place, () => script);
}
