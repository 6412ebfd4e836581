import { useEffect, useRef } from 'preact/hooks';

export interface CodeProps {
  readonly file: string;
  /** The node that is marked. */
  readonly node: string | undefined;
}

/** The machine as its author has it, the node marked on which the run stands. */
export function Code({ file, node }: CodeProps) {
  const box = useRef<HTMLElement>(null);
  const lines = file.trimEnd().split('\n');
  const [from, to] = spanOf(lines, node);
  useEffect(() => {
    const [element, marked] = [box.current, box.current?.querySelector<HTMLElement>('.here')];
    if (element === null || !marked) return;
    element.scrollTop = Math.max(0, marked.offsetTop - element.clientHeight / 3);
  }, [file, node]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
    <section class="code" ref={box} tabIndex={0} aria-label="The machine's source">
      <pre>
        {lines.map((line, index) => (
          <code key={index} class={index >= from && index < to ? 'here' : ''}>
            {`${line}\n`}
          </code>
        ))}
      </pre>
    </section>
  );
}

const head = /^ {2}(\w+): /;

/** The lines of a node, the last one left out. */
function spanOf(lines: readonly string[], node: string | undefined): readonly [number, number] {
  const from = lines.findIndex((line) => head.exec(line)?.[1] === node);
  if (from < 0) return [-1, -1];
  const next = lines.findIndex(
    (line, index) => index > from && (head.test(line) || line === '});'),
  );
  return [from, next < 0 ? lines.length : next];
}
