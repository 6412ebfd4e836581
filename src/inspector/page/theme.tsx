import { useLayoutEffect, useState } from 'preact/hooks';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];
const key = 'hookchart-theme';

/** Light, dark, or as the system has it; a browser that lets nothing be kept forgets it. */
export function Theme() {
  const [theme, setTheme] = useState<Theme>(kept);
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(key, theme);
    } catch {
      // It is chosen anew next time.
    }
  }, [theme]);
  return (
    <label>
      Colours
      <select value={theme} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
        {themes.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

function kept(): Theme {
  try {
    const found = localStorage.getItem(key);
    return themes.find((theme) => theme === found) ?? 'auto';
  } catch {
    return 'auto';
  }
}
