import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import type { Recording } from './recording.ts';
import { recording } from './shape.ts';

const readVersion = 1;
/** What a recording of any version has. */
const anyVersion = v.looseObject({
  format: v.literal('hookchart-recording'),
  version: v.union([v.number(), v.string()]),
});

/**
 * Reads a recording back from its JSON; the left says what is wrong with it, and where.
 *
 * @category Recording
 */
export function parseRecording(json: string): E.Either<string, Recording> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return E.left('it is not JSON');
  }
  const known = v.safeParse(anyVersion, value);
  if (known.success && known.output.version !== readVersion)
    return E.left(
      `a recording of version ${known.output.version}; this hookchart reads version ${readVersion}`,
    );
  const parsed = v.safeParse(recording, value);
  if (parsed.success) return E.right(parsed.output);
  const issue = parsed.issues[0];
  const wrong =
    issue.received === 'undefined' ? 'is missing' : `is not as expected (${issue.expected})`;
  return E.left(`${v.getDotPath(issue) ?? 'it'} ${wrong}`);
}
