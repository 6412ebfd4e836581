import { useEffect, useRef } from 'preact/hooks';
import { type Entry, type EntryEnd, endOf } from '../recording.ts';

export interface StripProps {
  readonly entries: readonly Entry[];
  readonly shown: readonly number[];
  readonly units: readonly string[];
  readonly index: number;
  readonly version: number;
  readonly onChoose: (index: number) => void;
}

const [laneHeight, margin] = [12, 6];

/** The runs in time, a lane for each unit. The list beside it says the same to those who do not see it. */
export function Strip({ entries, shown, units, index, version, onChoose }: StripProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const from = entries[0]?.at ?? 0;
  const last = entries.at(-1);
  const until = Math.max(
    (last?.at ?? from) + (last?._tag === 'Hook' ? last.milliseconds : 0),
    from + 1,
  );
  const height = Math.max(units.length, 1) * laneHeight + 2 * margin;
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const draw = () => paint(element, { entries, shown, units, index }, from, until);
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    draw();
    return () => {
      observer.disconnect();
      themed.disconnect();
      scheme.removeEventListener('change', draw);
    };
  }, [entries, shown, units, index, version]);
  const choose = (event: MouseEvent) => {
    const element = event.currentTarget as HTMLCanvasElement;
    const { width } = element.getBoundingClientRect();
    const at = from + ((event.offsetX - margin) / (width - 2 * margin)) * (until - from);
    const unit = units[Math.floor((event.offsetY - margin) / laneHeight)];
    const nearest = shown
      .filter((number) => {
        const entry = entries[number];
        return entry?._tag === 'Hook' && (unit === undefined || entry.unit === unit);
      })
      .reduce(
        (best, number) =>
          distance(entries[number], at) < distance(entries[best], at) ? number : best,
        -1,
      );
    if (nearest >= 0) onChoose(nearest);
  };
  return (
    <canvas
      ref={canvas}
      class="strip"
      style={{ height: `${height}px` }}
      role="img"
      aria-label="The runs in time; the list of runs says the same"
      onClick={choose}
    />
  );
}

const distance = (entry: Entry | undefined, at: number) =>
  entry === undefined ? Number.POSITIVE_INFINITY : Math.abs(entry.at - at);

const colours: Readonly<Record<EntryEnd, string>> = {
  running: '--accent',
  returned: '--good',
  deferred: '--waiting',
  refused: '--refused',
  failed: '--bad',
};

function paint(
  element: HTMLCanvasElement,
  { entries, shown, units, index }: Omit<StripProps, 'version' | 'onChoose'>,
  from: number,
  until: number,
): void {
  const { clientWidth: width, clientHeight: height } = element;
  const scale = devicePixelRatio;
  element.width = width * scale;
  element.height = height * scale;
  const context = element.getContext('2d');
  if (context === null) return;
  context.scale(scale, scale);
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name);
  const x = (at: number) => margin + ((at - from) / (until - from)) * (width - 2 * margin);
  context.fillStyle = colour('--line');
  for (const lane of units.keys())
    context.fillRect(margin, margin + (lane + 0.5) * laneHeight, width - 2 * margin, 1);
  for (const number of shown) {
    const entry = entries[number];
    if (entry?._tag !== 'Hook') continue;
    const top = margin + units.indexOf(entry.unit) * laneHeight;
    const long = Math.max(x(entry.at + entry.milliseconds) - x(entry.at), 3);
    context.fillStyle = colour(colours[endOf(entry)]);
    context.fillRect(x(entry.at), top + 2, long, laneHeight - 4);
  }
  const current = entries[index];
  if (current === undefined) return;
  context.fillStyle = colour('--text');
  context.fillRect(x(current.at) - 1, 0, 2, height);
}
