import { inflateSync } from 'node:zlib';
import type { Recording } from '../../src/inspector/index.ts';
import { unpack } from '../../src/inspector/packed.ts';

/** The recording that a page was written with, as its browser has it. */
export function recordingIn(page: string): Recording {
  const [, text] =
    /<script type="text\/plain" id="recording">([\w+/=]+)<\/script>/.exec(page) ?? [];
  if (text === undefined) throw new Error('there is no recording in this page');
  return unpack(inflateSync(Buffer.from(text, 'base64')).toString()) as Recording;
}
