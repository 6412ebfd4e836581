import type { Recording } from '../inspector/index.ts';
import { checkEnding, checkWritable, recordingEndings } from './files.ts';
import { writeRecording } from './inspect.ts';

/** The option of commands that look for failures. */
export const recordOption = [
  '--record <file>',
  'where a failure is recorded: a page for .html, a recording for .json',
  'hookchart-failure.json',
] as const;

/** Wrong use where a failure could not be recorded: to be known BEFORE it is looked for. */
export function checkRecord(file: string): void {
  checkEnding(file, recordingEndings);
  checkWritable(file);
}

/** Writes a failure as a recording; what is to be said of that, and the file where there is one. */
export async function recordFailure(
  file: string,
  recorded: () => Promise<Recording>,
): Promise<{ readonly file: string | null; readonly told: string }> {
  try {
    writeRecording(file, await recorded());
  } catch (error) {
    // The failure itself must not be lost for want of its recording.
    const why = error instanceof Error ? error.message : String(error);
    return { file: null, told: `It could not be recorded: ${why}\n` };
  }
  const isPage = /\.html?$/i.test(file);
  const look = isPage ? `open ${file} in a browser` : `hookchart inspect ${file}`;
  return { file, told: `Look at it:   ${look}\n` };
}
