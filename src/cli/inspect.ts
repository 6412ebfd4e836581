import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import * as E from 'fp-ts/lib/Either.js';
import {
  emptyRecording,
  type Hub,
  mermaidOf,
  openHub,
  parseRecording,
  type Recording,
  recordingPage,
  recordReplay,
  relationsIn,
  sequenceOf,
  tellEntry,
} from '../inspector/index.ts';
import { charmOfReplay, Misuse, parseReplay } from '../testing/index.ts';
import {
  aboutFile,
  checkEnding,
  checkWritable,
  recordingEndings,
  textOf,
  unwritable,
} from './files.ts';
import { out } from './output.ts';
import { CharmIsGone, simulatedFor, simulatedIn } from './simulated-module.ts';
import { atLeastOne, wholeNumber } from './whole-number.ts';
import { WrongUse } from './wrong-use.ts';

/** The command `inspect`. */
export function addInspect(program: Command): void {
  program
    .command('inspect')
    .description('the page that shows runs: as they come in, or from a file')
    .argument('[file]', 'a recording, or a history that a failed verification has written')
    .option(
      '--charm <module>',
      'run a history with another charm than it names: a path or a package that exports `simulated`, or #NAME',
    )
    .option(
      '--out <file>',
      'write one file that holds the page with all runs (.html), or the recording: of [file] at once, else of what came in, at the end',
    )
    .option('--text', 'print the recording in words, and serve nothing')
    .option('--run <id>', 'with --text: only the run of this id')
    .option(
      '--sequence',
      "print one relation's life as a Mermaid sequence diagram, and serve nothing",
    )
    .option('--relation <n>', 'with --sequence: this relation; the first by default', wholeNumber)
    .option(
      '--keep <n>',
      'of what comes in keep so many runs, those that failed longest',
      atLeastOne,
    )
    .option('--only <word...>', 'take only runs whose unit or hook contains one of these words')
    .option('--port <n>', 'the port of the page; any that is free by default', wholeNumber, 0)
    .option('--no-open', 'do not open the page in a browser')
    .action(async (file: string | undefined, options: InspectOptions) => {
      checkRecording(options.out);
      if (file === undefined && options.charm !== undefined)
        throw new WrongUse('--charm is for a history: name the file that holds it');
      const recording = file === undefined ? null : await readRecording(file, options.charm);
      if (options.run !== undefined && !options.text) throw new WrongUse('--run is for --text');
      if (options.relation !== undefined && !options.sequence)
        throw new WrongUse('--relation is for --sequence');
      if (recording === null && options.text)
        throw new WrongUse('name the recording that is to be told in words');
      if (recording === null && options.sequence)
        throw new WrongUse('name the recording of which a relation is to be drawn');
      if (recording !== null && (options.keep !== undefined || options.only !== undefined))
        throw new WrongUse('--keep and --only are for what comes in, not for a file');
      const isAtOnce = options.text || options.sequence || options.out !== undefined;
      if (file !== undefined && recording !== null && isAtOnce) {
        if (options.text) out(recordingText(file, recording, options.run));
        if (options.sequence) out(sequenceText(file, recording, options.relation));
        if (options.out !== undefined) writeRecording(options.out, recording);
        return;
      }
      const seen = enough();
      const hub = await serve(recording, options, out);
      try {
        await seen;
      } finally {
        await hub.close();
        if (options.out !== undefined) writeRecording(options.out, hub.recording());
      }
    });
}

interface InspectOptions extends Serving {
  readonly charm?: string;
  readonly out?: string;
  readonly text?: true;
  readonly run?: string;
  readonly sequence?: true;
  readonly relation?: number;
}

/** What is to be written in the end: it is wrong use BEFORE anything is done where that cannot be. */
export function checkRecording(file: string | undefined): void {
  if (file === undefined) return;
  checkEnding(file, recordingEndings);
  checkWritable(file);
}

/**
 * A recording from a file, or made of a history that a verification has written: run anew, with the
 * charm that it names unless another is given.
 */
export async function readRecording(file: string, named?: string): Promise<Recording> {
  if (/\.html?$/i.test(file))
    throw new WrongUse(
      `${file} is to be a recording (.json); a page is opened by a browser itself`,
    );
  const text = textOf(file);
  const recording = parseRecording(text);
  if (E.isRight(recording) && named !== undefined)
    throw new WrongUse(
      `--charm runs a history anew, and ${file} is a recording, which has its charm's own words`,
    );
  if (E.isRight(recording)) return recording.right;
  if (/"format"\s*:\s*"hookchart-soak"/.test(text))
    throw new WrongUse(
      `${file} is the story of a soak: hookchart soak --replay ${file} --record ${file.replace(/\.json$/, '')}.html makes a page of it`,
    );
  if (recording.left.startsWith('a recording of version'))
    throw new WrongUse(
      ...([`${file} is ${recording.left}`, null] as const),
      'The hookchart that wrote it shows it, or a later one',
    );
  if (/"format"\s*:\s*"hookchart-recording"/.test(text) || !/"actions"\s*:/.test(text))
    throw new WrongUse(
      ...([`${file} is no recording: ${recording.left}`, null] as const),
      'verify and soak --record FILE.json, and inspect --out FILE.json, write one',
    );
  try {
    const charm =
      named === undefined
        ? await simulatedFor(file, charmOfReplay(text))
        : await simulatedIn(named);
    return await recordReplay(charm, parseReplay(charm, text));
  } catch (cause) {
    if (cause instanceof CharmIsGone || !(cause instanceof Misuse || cause instanceof WrongUse))
      throw cause;
    const writes = 'hookchart verify --save FILE';
    throw aboutFile(file, cause, { text, command: 'hookchart verify --replay', writes });
  }
}

/** The whole recording of a file in words; only the hook of that id where one is named. */
export function recordingText(file: string, recording: Recording, id: string | undefined): string {
  const { title, entries } = recording;
  const chosen = id === undefined ? entries : entries.filter((entry) => entry.id === id);
  if (chosen.length === 0 && id !== undefined)
    throw new WrongUse(
      `${file} has no run "${id}"`,
      null,
      `hookchart inspect ${file} --text names its runs`,
    );
  const lines = chosen.flatMap((entry) => ['', ...tellEntry(entry, recording)]);
  return `${title}\n${lines.join('\n')}\n`;
}

/** One relation's life as a Mermaid sequence diagram; of the file's first one where none is named. */
export function sequenceText(
  file: string,
  recording: Recording,
  wanted: number | undefined,
): string {
  const relations = relationsIn(recording);
  const relation = wanted ?? relations[0];
  if (relation === undefined) throw new WrongUse(`${file} has no hook of a relation`);
  if (!relations.includes(relation))
    throw new WrongUse(`${file} has no relation ${relation}; it has ${relations.join(', ')}`);
  return mermaidOf(sequenceOf(recording, relation));
}

/** Writes a recording: the page with it where the name ends in `.html`, else its JSON. */
export function writeRecording(file: string, recording: Recording): void {
  const isPage = /\.html?$/i.test(file);
  const text = isPage ? recordingPage(recording) : `${JSON.stringify(recording)}\n`;
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

export interface Serving {
  readonly port: number;
  /** Whether to show the page in the browser of this desktop. */
  readonly open: boolean;
  /** How many runs are kept of what comes in. */
  readonly keep?: number;
  /** Words, one of which the unit or the hook of a run is to contain. */
  readonly only?: readonly string[];
}

/** Serves the page; a port that is taken is wrong use. */
export async function serve(
  recording: Recording | null,
  { port, open, keep, only }: Serving,
  out: (text: string) => void,
): Promise<Hub> {
  let hub: Hub;
  try {
    hub = await openHub(recording ?? emptyRecording('hookchart'), {
      port,
      ...(keep !== undefined && { entries: keep }),
      ...(only !== undefined && { only }),
    });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new WrongUse(`port ${port} cannot be taken (${code}); choose another --port`);
  }
  out(`Page:   ${hub.page}\nSource: HOOKCHART_INSPECT=${hub.source}\nFeed:   ${hub.feed}\n`);
  if (open) show(hub.page);
  return hub;
}

/**
 * Resolves when the operator has seen enough: at Ctrl-C, or a polite request to end. It is called
 * BEFORE anything is said, for whoever reads that may end it at once.
 */
export const enough = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

/** Where there is no desktop nothing opens, and the address that was printed has to do. */
function show(url: string): void {
  const [program, ...args] = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }[
    process.platform as string
  ] ?? ['xdg-open'];
  spawn(program as string, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
