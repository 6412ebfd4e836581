import { useRef } from 'preact/hooks';
import type { DrawingProblem } from '../scaffold/drawn-hooks.ts';

export interface EditorProps {
  readonly source: string;
  readonly problems: readonly DrawingProblem[];
  readonly onChange: (source: string) => void;
}

/** The Mermaid source, with the numbers of its lines; what is wrong stands below, with its line. */
export function Editor({ source, problems, onChange }: EditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const wrong = new Set(problems.map(({ line }) => line));
  const lines = source.split('\n');
  const goTo = (line: number) => {
    const element = area.current;
    if (element === null) return;
    const from = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    element.focus();
    element.setSelectionRange(from, from + (lines[line - 1] ?? '').length);
  };
  return (
    <>
      <div class="editor">
        <div class="gutter" ref={gutter} aria-hidden="true">
          {lines.map((_, index) => (
            <span key={index} class={wrong.has(index + 1) ? 'wrong' : ''}>
              {index + 1}
            </span>
          ))}
        </div>
        <textarea
          ref={area}
          value={source}
          spellcheck={false}
          wrap="off"
          aria-label="Mermaid source of the chart"
          aria-invalid={problems.length > 0}
          aria-describedby="problems"
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
          onScroll={({ currentTarget }) => {
            if (gutter.current !== null) gutter.current.scrollTop = currentTarget.scrollTop;
          }}
          // What is typed here is no shortcut of the site around it.
          onKeyDown={(event) => event.stopPropagation()}
        />
      </div>
      <div id="problems" role="status">
        <ol class="problems">
          {problems.map(({ line, what }) => (
            <li key={`${line} ${what}`}>
              <button type="button" onClick={() => goTo(line)}>
                line {line}
              </button>{' '}
              {what}
            </li>
          ))}
        </ol>
      </div>
    </>
  );
}
