/** Recordings of what real agents ran, read from JSON. */
import * as v from 'valibot';

const call = v.object({
  tool: v.string(),
  argv: v.array(v.string()),
  stdin: v.nullish(v.string(), null),
  stdout: v.string(),
  stderr: v.string(),
  exit: v.number(),
});

const hook = v.object({
  unit: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]*\/\d+$/)),
  hook: v.string(),
  environment: v.record(v.string(), v.string()),
  calls: v.array(call),
  exit: v.string(),
  commit: v.nullable(v.object({ changes: v.array(v.string()), error: v.nullable(v.string()) })),
});

const recording = v.object({
  scenarios: v.array(
    v.object({
      run: v.string(),
      scenario: v.string(),
      actions: v.array(v.string()),
      hooks: v.array(hook),
    }),
  ),
});

/** One call of a hook tool. */
export type RecordedCall = v.InferOutput<typeof call>;
/** One hook, with what it was told, what it called and what came of its commit. */
export type RecordedHook = v.InferOutput<typeof hook>;
/** What followed one thing that happened in a model; scenarios of one run follow each other. */
export type Scenario = v.InferOutput<typeof recording>['scenarios'][number];

/** A file that is no such recording. */
export class NotARecording extends Error {
  override readonly name = 'NotARecording';
}

/** The scenarios of a recording; `NotARecording` says where a text is not one. */
export function parseRecording(text: string): readonly Scenario[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new NotARecording(`no JSON: ${(error as Error).message}`);
  }
  const parsed = v.safeParse(recording, json);
  if (parsed.success) return parsed.output.scenarios;
  const [issue] = parsed.issues;
  const path = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  throw new NotARecording(
    `no recording of hooks: ${path === '' ? '' : `${path}: `}${issue.message}`,
  );
}
