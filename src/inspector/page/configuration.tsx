import { diffLines } from 'diff';
import { useMemo } from 'preact/hooks';
import type { HookEntry } from '../recording.ts';
import type { Change } from '../timeline.ts';

export interface ConfigurationProps {
  readonly entry: HookEntry;
  readonly change: Change;
}

export const configurationOf = ({ unit }: HookEntry, { before, after }: Change) => ({
  before: before.configurations[unit] ?? '',
  after: after.configurations[unit] ?? '',
});

/** The charm's file of configuration on this unit, with what the hook has changed in it. */
export function Configuration({ entry, change }: ConfigurationProps) {
  const { before, after } = configurationOf(entry, change);
  const lines = useMemo(
    () =>
      diffLines(before, after).flatMap(({ value, added, removed }) =>
        value
          .replace(/\n$/, '')
          .split('\n')
          .map((text) => ({ text, kind: added ? 'added' : removed ? 'removed' : '' })),
      ),
    [before, after],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
    <pre class="wide" tabIndex={0}>
      {lines.map(({ text, kind }, number) => (
        <Line key={`${number}`} text={text} kind={kind} />
      ))}
    </pre>
  );
}

function Line({ text, kind }: { readonly text: string; readonly kind: string }) {
  const sign = kind === 'added' ? '+ ' : kind === 'removed' ? '- ' : '  ';
  const line = `${sign}${text}\n`;
  if (kind === 'added') return <ins>{line}</ins>;
  return kind === 'removed' ? <del>{line}</del> : <span>{line}</span>;
}
