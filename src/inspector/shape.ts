/** What recordings are made of, for whoever is given one, or a part of it, by somebody else. */
import * as v from 'valibot';
import type { HookHead, HookTail, StoryHead } from './protocol.ts';
import type {
  Definition,
  NoteEntry,
  RecordedAnswer,
  RecordedEnd,
  Recording,
  Said,
} from './recording.ts';

const text = v.string();
// JSON has no other numbers, though it can be made to give them.
const number = v.pipe(v.number(), v.finite());
const bags = v.record(text, v.record(text, text));

const said: v.GenericSchema<unknown, Said> = v.looseObject({ _tag: text });
export const definition: v.GenericSchema<unknown, Definition> = v.looseObject({ id: text });

const called = { relation: v.exactOptional(number), departingUnit: v.exactOptional(text) };
export const about = v.object({
  ...called,
  user: v.exactOptional(text),
  damage: v.exactOptional(text),
});
const event = v.object({
  hook: text,
  remoteUnit: v.exactOptional(text),
  secretLabel: v.exactOptional(text),
  ...called,
});

export const end: v.GenericSchema<unknown, RecordedEnd> = v.object({
  _tag: v.picklist(['Returned', 'Deferred', 'Refused', 'Failed']),
  why: v.nullable(text),
});

export const asked = v.object({ node: text, request: said });
/** Until recordings of version 0.1 are no more: their answers had tags, `Yes` for `yes`. */
const tagged = v.pipe(
  said,
  v.transform(({ _tag, ...rest }): RecordedAnswer => ({ label: _tag.toLowerCase(), ...rest })),
);
const answer: v.GenericSchema<unknown, RecordedAnswer> = v.union([
  v.looseObject({ label: text }),
  tagged,
]);
export const answered = v.object({ answer, milliseconds: number });

const chart = v.object({
  hook: text,
  event: about,
  steps: v.array(v.object({ ...asked.entries, answer: v.nullable(answer), milliseconds: number })),
  path: v.array(text),
  end: v.nullable(end),
});

const head = {
  unit: text,
  event,
  chosen: v.exactOptional(v.boolean()),
  befell: v.exactOptional(text),
  side: v.exactOptional(v.literal('other')),
};
export const hookHead: v.GenericSchema<unknown, Omit<HookHead, 'id'>> = v.object(head);

const tail = {
  milliseconds: number,
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
    did: v.exactOptional(v.array(v.object({ what: text, how: text }))),
  }),
  own: v.exactOptional(number),
  deferred: v.exactOptional(v.array(text)),
};
export const hookTail: v.GenericSchema<unknown, HookTail> = v.object(tail);

const hook = v.object({
  _tag: v.literal('Hook'),
  id: text,
  ...head,
  at: number,
  charts: v.array(chart),
  ...tail,
});

const words = {
  kind: v.picklist(['chapter', 'action', 'check', 'violation']),
  text,
  ok: v.boolean(),
  detail: v.exactOptional(text),
  of: v.exactOptional(text),
  chosen: v.exactOptional(v.boolean()),
  violated: v.exactOptional(
    v.object({ invariant: text, claims: text, what: text, by: v.nullable(text) }),
  ),
};
/** A note as its message has it. */
export const noteSaid: v.GenericSchema<
  unknown,
  Omit<NoteEntry, '_tag' | 'id' | 'at'> & { readonly note: string }
> = v.object({ note: text, ...words });
const note = v.object({ _tag: v.literal('Note'), id: text, at: number, ...words });

/** What is known of a recording before anything comes in. */
const story = {
  charm: v.exactOptional(
    v.object({
      name: text,
      peers: v.exactOptional(text),
      records: v.exactOptional(v.object({ title: text, prefix: text, fields: v.array(text) })),
      file: v.exactOptional(text),
      compares: v.exactOptional(v.record(text, text)),
    }),
  ),
  clock: v.exactOptional(v.literal('model')),
};
export const storyHead: v.GenericSchema<unknown, StoryHead> = v.object(story);

export const recording: v.GenericSchema<unknown, Recording> = v.object({
  format: v.literal('hookchart-recording'),
  version: v.literal(1),
  title: text,
  ...story,
  definitions: v.record(text, definition),
  entries: v.array(v.variant('_tag', [hook, note])),
});
