/** A recording for a terminal: each hook as the path through its charts, with what was said there. */

import { chartOfDefinition } from '../chart/of-machine.ts';
import { given } from '../hook/index.ts';
import {
  type Entry,
  endOf,
  type HookEntry,
  hasTimes,
  type NoteEntry,
  type RecordedChart,
  type RecordedStep,
  type Recording,
  recordingParts,
} from './recording.ts';
import { duration, hookName, workName } from './words.ts';

type Definitions = Recording['definitions'];

/** How long something took, in words; none where no clock ran. */
type Took = (milliseconds: number) => string;

/** One entry of a recording in lines. @category Showing */
export function tellEntry(entry: Entry, recording: Recording): readonly string[] {
  given('tellEntry', 'the entry', entry, { _tag: 'text' });
  given('tellEntry', 'the recording', recording, recordingParts);
  if (entry._tag === 'Note') return tellNote(entry);
  const took: Took = hasTimes(recording) ? (time) => ` (${duration(time)})` : () => '';
  return tellHook(entry, recording.definitions, took);
}

const marks = { chapter: '#', action: '·', check: '✓', violation: '✗' } as const;

const tellNote = ({ kind, text, ok, detail }: NoteEntry): readonly string[] => {
  const why = ok || detail === undefined ? '' : `: ${detail}`;
  return [`${ok ? marks[kind] : '✗'} ${text}${why}`];
};

function tellHook(entry: HookEntry, definitions: Definitions, took: Took): readonly string[] {
  const { id, unit, milliseconds, charts, reconciled, dropped, failure, seen } = entry;
  return [
    `${id}  ${unit}  ${hookName(entry)}: ${endOf(entry)}${took(milliseconds)}`,
    ...charts.flatMap((chart) => tellChart(chart, labelsOf(definitions[chart.hook]), took)),
    ...dropped.map((hook) => `  dropped ${hook}: it was met, or its relation is gone`),
    ...reconciled.map(
      (work) => `  ${workName(work)}: ${work.error ?? 'done'}${took(work.milliseconds)}`,
    ),
    ...Object.entries(seen.written).flatMap(([bag, values]) =>
      Object.entries(values).map(
        ([key, value]) => `  ${bag}: ${value === '' ? `- ${key}` : `${key} = ${value}`}`,
      ),
    ),
    // Of a charm without charts there is nothing else to tell what it did.
    ...(charts.length > 0 ? [] : (seen.did ?? []).map(({ what, how }) => toldOf(what, how))),
    ...(failure === null ? [] : [`  failed: ${failure}`]),
  ];
}

const toldOf = (what: string, how: string): string =>
  how === '' ? `  ${what}` : `  ${what}: ${how.replaceAll('\n', '\n    ')}`;

function tellChart(
  { hook, path, steps, end }: RecordedChart,
  labels: ReadonlyMap<string, string>,
  took: Took,
): readonly string[] {
  const answered = new Map(steps.map((step) => [step.node, step]));
  const way = path.flatMap((node) => {
    const step = answered.get(node);
    const line = `    ${node}  ${labels.get(node) ?? ''}`.trimEnd();
    return step === undefined ? [line] : [line, `      ${exchange(step, took)}`];
  });
  const why = end?.why == null ? '' : `: ${end.why}`;
  return [
    `  ${hook}`,
    ...way,
    `    ${end === null ? 'never ended' : end._tag.toLowerCase()}${why}`,
  ];
}

/** A request and its answer in one line. */
function exchange({ request, answer, milliseconds }: RecordedStep, took: Took): string {
  const { _tag, ...rest } = request;
  const detail = Object.entries(rest).filter(([, value]) => value !== null);
  const said = detail.map(([key, value]) => ` ${key}=${typeof value === 'object' ? '{…}' : value}`);
  const outcome = answer === null ? 'no answer' : answer.label;
  return `${_tag}${said.join('')} → ${outcome}${took(milliseconds)}`;
}

function labelsOf(definition: Definitions[string] | undefined): ReadonlyMap<string, string> {
  const { nodes } = chartOfDefinition(definition);
  return new Map(nodes.map(({ id, label }) => [id, label.replaceAll('\\n', ' ')]));
}
