import { given } from '../hook/given.ts';
import {
  answered,
  asked,
  chartBegun,
  chartEnded,
  hookBegun,
  hookEnded,
  type InspectionEvent,
  noted,
  storyBegun,
} from './protocol.ts';
import { type HookEntry, type RecordedChart, type Recording, recordingParts } from './recording.ts';

/** A recording told as a feed, from its beginning. */
export function feedOf(recording: Recording): readonly InspectionEvent[] {
  given('feedOf', 'the recording', recording, recordingParts);
  return [
    storyBegun(recording.title, recording.entries[0]?.at ?? 0),
    ...recording.entries.flatMap((entry) =>
      entry._tag === 'Note' ? [noted(entry)] : hookFeed(entry, recording.definitions),
    ),
  ];
}

function hookFeed(
  entry: HookEntry,
  definitions: Recording['definitions'],
): readonly InspectionEvent[] {
  const { id, at, charts, end, milliseconds } = entry;
  return [
    hookBegun(entry, at),
    ...charts.flatMap((chart, number) =>
      chartFeed(
        id,
        number,
        { ...chart, definition: JSON.stringify(definitions[chart.hook] ?? { id: chart.hook }) },
        at,
      ),
    ),
    ...(end === 'Running' ? [] : hookEnded(id, tailOf(entry), at + milliseconds)),
  ];
}

const tailOf = ({ milliseconds, reconciled, dropped, end, failure, seen }: HookEntry) => ({
  milliseconds,
  reconciled,
  dropped,
  end,
  failure,
  seen,
});

function chartFeed(
  root: string,
  number: number,
  chart: RecordedChart & { readonly definition: string },
  at: number,
): readonly InspectionEvent[] {
  const last = chart.path.at(-1);
  return [
    ...chartBegun(root, number, { ...chart, from: chart.path[0] ?? '' }, at),
    ...chart.steps.flatMap((step) => [
      ...asked(root, number, step, at),
      ...(step.answer === null ? [] : [answered(root, number, step, at)]),
    ]),
    ...(chart.end === null || last === undefined
      ? []
      : [chartEnded(root, number, last, chart.end, at)]),
  ];
}
