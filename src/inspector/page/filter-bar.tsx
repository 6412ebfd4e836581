import type { RefObject } from 'preact';
import type { Choices, Filters } from './view.ts';

export interface FilterBarProps {
  readonly choices: Choices;
  readonly filters: Filters;
  /** Whether they are shown where there is no room for them. */
  readonly isOpen: boolean;
  readonly onChange: (part: Partial<Filters>) => void;
  readonly searchRef: RefObject<HTMLInputElement | null>;
}

export function FilterBar({ choices, filters, isOpen, onChange, searchRef }: FilterBarProps) {
  return (
    <search class={`filters ${isOpen ? 'open' : ''}`} aria-label="Which runs are listed">
      <Choice
        name="Unit"
        value={filters.unit}
        of={choices.units}
        onChange={(unit) => onChange({ unit })}
      />
      <Choice
        name="Hook"
        value={filters.hook}
        of={choices.hooks}
        onChange={(hook) => onChange({ hook })}
      />
      <Choice
        name="Relation"
        value={filters.relation}
        of={choices.relations}
        onChange={(relation) => onChange({ relation })}
      />
      <Choice
        name="End"
        value={filters.end}
        of={choices.ends}
        onChange={(end) => onChange({ end })}
      />
      <label>
        Search
        <input
          ref={searchRef}
          type="search"
          value={filters.search}
          placeholder="node, key, error …"
          onInput={(event) => onChange({ search: event.currentTarget.value })}
        />
      </label>
    </search>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly of: readonly string[];
  readonly onChange: (value: string) => void;
}

function Choice({ name, value, of, onChange }: ChoiceProps) {
  // A link may name what this recording does not have: it stays visible, and can be taken back.
  const all = value === '' || of.includes(value) ? of : [value, ...of];
  return (
    <label>
      {name}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">all</option>
        {all.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    </label>
  );
}
