import type { HookEntry } from '../recording.ts';
import type { Change } from '../timeline.ts';
import { Lines } from './lines.tsx';

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
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
    <pre class="wide" tabIndex={0}>
      <Lines {...configurationOf(entry, change)} />
    </pre>
  );
}
