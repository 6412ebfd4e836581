import * as E from 'fp-ts/lib/Either.js';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { definitionOf } from '../inspector/definition.ts';
import { Picture } from '../inspector/page/picture.tsx';
import { Answers } from './answers.tsx';
import { Code } from './code.tsx';
import { Editor } from './editor.tsx';
import { fragmentOf, type Shared, sharedIn } from './link.ts';
import { type DrawnMachine, machineIn } from './machine.ts';
import { runOf } from './run.ts';
import { firstSample, introduction, samples } from './samples.ts';

export interface PlaygroundProps {
  /** `look` shows a chart beside its machine and its run; `edit` has the source to change as well. */
  readonly view: 'look' | 'edit';
  /** Where a chart that is looked at can be edited; its fragment is added. */
  readonly editor: string;
}

const beginning: Shared = { source: samples.get(firstSample) ?? '', answers: [] };

/** A chart, the machine that it is, and a run of it, all in this page. */
export function Playground({ view, editor }: PlaygroundProps) {
  const isEditing = view === 'edit';
  const [shared, setShared] = useState<Shared>(
    isEditing ? () => sharedIn(location.hash) ?? beginning : { source: introduction, answers: [] },
  );
  const { source, answers } = shared;
  const drawn = useMemo(() => machineIn(source), [source]);
  // While it is no program the last one that was stays in sight.
  const last = useRef<DrawnMachine | null>(null);
  if (E.isRight(drawn)) last.current = drawn.right;
  const shown = last.current;
  const problems = E.isLeft(drawn) ? drawn.left : [];
  const run = useMemo(
    () => (shown === null ? null : runOf(shown.machine, answers)),
    [shown, answers],
  );
  useEffect(() => {
    if (!isEditing) return;
    const go = () => {
      const said = sharedIn(location.hash);
      if (said !== null) setShared(said);
    };
    addEventListener('hashchange', go);
    return () => removeEventListener('hashchange', go);
  }, [isEditing]);
  useEffect(() => {
    if (isEditing && (source !== beginning.source || answers.length > 0))
      history.replaceState(history.state, '', fragmentOf(shared));
  }, [shared]);
  const answer = (label: string) =>
    setShared({ source, answers: [...(run?.answered.map(({ answer }) => answer) ?? []), label] });
  const back = (to: number) => setShared({ source, answers: answers.slice(0, to) });
  return (
    <div class={`playground ${view} ${problems.length > 0 ? 'stale' : ''}`}>
      {isEditing && (
        <section class="source" aria-label="Chart">
          <header>
            <h3>Chart</h3>
            <Samples
              source={source}
              onChoose={(text) => setShared({ source: text, answers: [] })}
            />
            <Share />
          </header>
          <Editor
            {...{ source, problems }}
            onChange={(text) => setShared({ source: text, answers })}
          />
        </section>
      )}
      <section class="drawn" aria-label="Drawing">
        <header>
          <h3>{isEditing ? 'Drawing' : 'The chart'}</h3>
          {problems.length > 0 && <span class="before">as it was before</span>}
          {!isEditing && <a href={`${editor}${fragmentOf(shared)}`}>Edit it</a>}
        </header>
        {shown !== null && run !== null && <Drawn {...{ shown, run }} />}
      </section>
      <section class="machine" aria-label="Machine">
        <header>
          <h3>{isEditing ? 'Machine' : 'is the machine'}</h3>
        </header>
        {shown !== null && <Code file={shown.file} node={run?.path.at(-1)} />}
      </section>
      <section class="run" aria-label="Run">
        <header>
          <h3>{isEditing ? 'Run' : 'and you are the world'}</h3>
        </header>
        {shown !== null && run !== null && (
          <Answers hook={shown.hook} run={run} onAnswer={answer} onBack={back} />
        )}
      </section>
    </div>
  );
}

interface DrawnProps {
  readonly shown: DrawnMachine;
  readonly run: ReturnType<typeof runOf>;
}

function Drawn({ shown: { hook, machine }, run: { path } }: DrawnProps) {
  const definition = useMemo(() => JSON.parse(definitionOf(machine)), [machine]);
  const chart = { hook, event: {}, steps: [], path, end: null };
  return (
    <Picture
      chart={chart}
      definition={definition}
      position={path.length - 1}
      wrong={null}
      onChoose={() => {}}
    />
  );
}

interface SamplesProps {
  readonly source: string;
  readonly onChoose: (source: string) => void;
}

function Samples({ source, onChoose }: SamplesProps) {
  const chosen = [...samples].find(([, text]) => text === source)?.[0] ?? '';
  return (
    <select
      aria-label="A chart to begin with"
      value={chosen}
      onChange={({ currentTarget }) => onChoose(samples.get(currentTarget.value) ?? source)}
    >
      {chosen === '' && <option value="">your own</option>}
      {[...samples.keys()].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** The address has it all; this takes it along. */
function Share() {
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      setSaid('Copied');
    } catch {
      setSaid('Copy the address of this page');
    }
  };
  return (
    <>
      <button type="button" onClick={copy}>
        Copy link
      </button>
      <span class="said" role="status">
        {said}
      </span>
    </>
  );
}
