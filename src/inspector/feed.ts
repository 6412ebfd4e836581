import { given } from '../hook/index.ts';
import {
  answered,
  asked,
  chartBegun,
  chartEnded,
  type HookHead,
  type HookTail,
  hookBegun,
  hookEnded,
  type InspectionEvent,
  noted,
  storyBegun,
} from './protocol.ts';
import { type HookEntry, type RecordedChart, type Recording, recordingParts } from './recording.ts';

/** A recording told as a feed, from its beginning. @category Recording */
export function feedOf(recording: Recording): readonly InspectionEvent[] {
  given('feedOf', 'the recording', recording, recordingParts);
  return [
    storyBegun(recording.title, recording.entries[0]?.at ?? 0, {
      ...(recording.charm && { charm: recording.charm }),
      ...(recording.clock && { clock: recording.clock }),
    }),
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
    hookBegun(headOf(entry), at),
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

const headOf = ({ id, unit, event, chosen, befell, side }: HookEntry): HookHead => ({
  id,
  unit,
  event,
  ...(chosen !== undefined && { chosen }),
  ...(befell !== undefined && { befell }),
  ...(side !== undefined && { side }),
});

const tailOf = (entry: HookEntry): HookTail => {
  const { milliseconds, reconciled, dropped, end, failure, seen, own, deferred } = entry;
  return {
    ...{ milliseconds, reconciled, dropped, end, failure, seen },
    ...(own !== undefined && { own }),
    ...(deferred !== undefined && { deferred }),
  };
};

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
