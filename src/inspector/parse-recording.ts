import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import type { Recording } from './recording.ts';

const text = v.string();
const number = v.number();
const bags = v.record(text, v.record(text, text));
const said = v.looseObject({ _tag: text });
const about = { relation: v.exactOptional(number), departingUnit: v.exactOptional(text) };

const chart = v.object({
  hook: text,
  event: v.object(about),
  steps: v.array(
    v.object({ node: text, request: said, answer: v.nullable(said), milliseconds: number }),
  ),
  path: v.array(text),
  end: v.nullable(
    v.object({
      _tag: v.picklist(['Returned', 'Deferred', 'Refused', 'Failed']),
      why: v.nullable(text),
    }),
  ),
});

const hook = v.object({
  _tag: v.literal('Hook'),
  id: text,
  unit: text,
  event: v.object({ hook: text, ...about }),
  at: number,
  milliseconds: number,
  charts: v.array(chart),
  reconciled: v.array(
    v.object({
      name: text,
      relation: v.nullable(number),
      error: v.nullable(text),
      milliseconds: number,
    }),
  ),
  dropped: v.array(text),
  end: v.picklist(['Running', 'Committed', 'Failed']),
  failure: v.nullable(text),
  seen: v.object({
    read: bags,
    written: bags,
    configuration: v.nullable(v.object({ before: v.nullable(text), after: text })),
    status: v.nullable(v.object({ name: text, message: text })),
  }),
});

const note = v.object({
  _tag: v.literal('Note'),
  id: text,
  at: number,
  kind: v.picklist(['chapter', 'action', 'check', 'violation']),
  text,
  ok: v.boolean(),
});

const recording: v.GenericSchema<unknown, Recording> = v.object({
  format: v.literal('hookchart-recording'),
  version: v.literal(1),
  title: text,
  definitions: v.record(text, v.looseObject({ id: text })),
  entries: v.array(v.variant('_tag', [hook, note])),
});

/** Reads a recording back from its JSON; the left says what is wrong with it, and where. */
export function parseRecording(json: string): E.Either<string, Recording> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return E.left('it is not JSON');
  }
  const parsed = v.safeParse(recording, value);
  if (parsed.success) return E.right(parsed.output);
  const issue = parsed.issues[0];
  return E.left(`${v.getDotPath(issue) ?? 'it'} is not as expected (${issue.expected})`);
}
