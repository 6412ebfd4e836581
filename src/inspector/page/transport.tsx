import type { Actions } from './keys.ts';

export interface TransportProps {
  readonly actions: Actions;
  readonly isPlaying: boolean;
  readonly step: number;
  readonly count: number;
  readonly onJump: (step: number) => void;
}

/** Play, step, back, jump. */
export function Transport({ actions, isPlaying, step, count, onJump }: TransportProps) {
  return (
    <fieldset class="transport">
      <legend class="spoken">Steps</legend>
      <Control
        name="Previous run"
        keys="↑"
        icon="M2,2 V12 M12,2 L5,7 L12,12 Z"
        onClick={actions.previousRun}
      />
      <Control name="Step back" keys="←" icon="M10,2 L3,7 L10,12 Z" onClick={actions.back} />
      <button type="button" class="play" onClick={actions.play} title="Play or pause (space)">
        <Icon of={isPlaying ? 'M4,2 V12 M10,2 V12' : 'M4,2 L12,7 L4,12 Z'} />
        <span>{isPlaying ? 'Pause' : 'Play'}</span>
      </button>
      <Control name="Step forward" keys="→" icon="M4,2 L11,7 L4,12 Z" onClick={actions.forward} />
      <Control
        name="Next run"
        keys="↓"
        icon="M12,2 V12 M2,2 L9,7 L2,12 Z"
        onClick={actions.nextRun}
      />
      <input
        type="range"
        min={0}
        max={Math.max(count - 1, 0)}
        value={step}
        aria-label="Step of this run"
        onInput={(event) => onJump(Number(event.currentTarget.value))}
      />
      <output>
        {count === 0 ? 0 : step + 1} / {count}
      </output>
    </fieldset>
  );
}

interface ControlProps {
  readonly name: string;
  readonly keys: string;
  readonly icon: string;
  readonly onClick: () => void;
}

const Control = ({ name, keys, icon, onClick }: ControlProps) => (
  <button type="button" onClick={onClick} title={`${name} (${keys})`}>
    <Icon of={icon} />
    <span class="spoken">{name}</span>
  </button>
);

const Icon = ({ of: path }: { readonly of: string }) => (
  <svg class="icon" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">
    <path d={path} />
  </svg>
);
