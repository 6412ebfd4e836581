/** What a charm without charts did: what it put off, what it called, what it said. */
import type { HookEntry, Seen } from '../recording.ts';

type Did = NonNullable<Seen['did']>[number];

/** Whether what a run did is told by its calls. */
export const isCalls = ({ charts, seen: { did = [] } }: HookEntry): boolean =>
  charts.length === 0 && did.length > 0;

const waits = ['put off', 'put off again', 'waits no more'];
const said = ['log', 'standard output', 'standard error'];

/** The events that wait; of a run that failed what it said of that, too, which is looked for first. */
export function CalledFirst({ entry }: { readonly entry: HookEntry }) {
  if (!isCalls(entry)) return null;
  return (
    <>
      <Section title="Put off" did={didIn(entry, waits)} />
      {entry.failure !== null && <Section title="What it said" did={worstFirst(entry)} isOpen />}
    </>
  );
}

/** Its calls, with its environment behind them, and what it said. */
export function Called({ entry }: { readonly entry: HookEntry }) {
  if (!isCalls(entry)) return null;
  const calls = (entry.seen.did ?? []).filter(({ what }) => ![...waits, ...said].includes(what));
  return (
    <>
      <Section title="What it called" did={calls} />
      {entry.failure === null && <Section title="What it said" did={didIn(entry, said)} />}
    </>
  );
}

const didIn = ({ seen: { did = [] } }: HookEntry, words: readonly string[]) =>
  did.filter(({ what }) => words.includes(what));

/** What is told at length, as where an exception came from, before single lines. */
const worstFirst = (entry: HookEntry) => {
  const all = didIn(entry, said);
  const isLong = ({ how }: Did) => how.includes('\n');
  return [...all.filter(isLong), ...all.filter((one) => !isLong(one))];
};

interface SectionProps {
  readonly title: string;
  readonly did: readonly Did[];
  readonly isOpen?: boolean;
}

function Section({ title, did, isOpen }: SectionProps) {
  if (did.length === 0) return null;
  const id = title.toLowerCase().replaceAll(' ', '-');
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      <DidList did={did} isOpen={isOpen ?? false} />
    </section>
  );
}

interface DidListProps {
  readonly did: readonly Did[];
  /** What has many lines is opened at once. */
  readonly isOpen?: boolean;
}

/** What was done, in a list. */
export function DidList({ did, isOpen = false }: DidListProps) {
  if (did.length === 0) return null;
  return (
    <ul class="did">
      {did.map((one, number) => (
        <li key={number}>
          <DidItem {...one} isOpen={isOpen} />
        </li>
      ))}
    </ul>
  );
}

/** What was done, and with which outcome; one of many lines is opened by who wants it. */
function DidItem({ what, how, isOpen }: Did & { readonly isOpen: boolean }) {
  const record = recordIn(how);
  if (record !== null)
    return (
      <details>
        <summary>
          <b>{what}</b> {record.sentence}
        </summary>
        <pre>{record.text}</pre>
      </details>
    );
  if (!how.includes('\n'))
    return (
      <>
        <b>{what}</b> {how}
      </>
    );
  return (
    <details open={isOpen}>
      <summary>
        <b>{what}</b>, {how.split('\n').length} lines
      </summary>
      <pre>{how}</pre>
    </details>
  );
}

/** A line of a log that is a record for machines, with a sentence in it for people; null for any other. */
function recordIn(text: string): { readonly sentence: string; readonly text: string } | null {
  if (!text.startsWith('{')) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('description' in parsed)) return null;
    return { sentence: String(parsed.description), text: JSON.stringify(parsed, null, 2) };
  } catch {
    return null;
  }
}
