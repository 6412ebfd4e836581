/** How one hook of a charm becomes a process, and how that ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { Misuse } from '../testing/index.ts';
import type { Description } from './description.ts';
import type { Environment } from './hook-environment.ts';
import { gathered, printedIn } from './output.ts';
import type { CharmRoom } from './pebble/charm-room.ts';
import type { Shortcut } from './shortcut.ts';
import { endStrays } from './strays.ts';
import { toolNames } from './tool-calls.ts';
import { agentFile } from './tool-server.ts';

/** What is run, and where. */
export interface Order {
  /** Of a charm with one program for each: `hooks/NAME` or `actions/NAME`. */
  readonly program: string;
  readonly folder: string;
  readonly environment: Environment;
  /** What the hook is to find at `/charm`; null where it has no containers. */
  readonly charm: string | null;
  /** Whether what a process leaves to chance, as the order of a set in Python, falls out in another way. */
  readonly isOtherwise: boolean;
}

/** How a hook's process ended, and what it printed. */
export interface Ended {
  /** Null where it was ended by a signal. */
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The command lines of programs that it began, as far as its interpreter tells of them. */
  readonly programs?: readonly (readonly string[])[];
}

/** Runs hooks, one at a time. */
export interface Launcher {
  run(order: Order): Promise<Ended>;
  /** Ends the process that runs now, and all that it has started, at once. */
  kill(): void;
  close(): void;
}

/** Seconds after which a hook is taken for one that never ends. */
export const patience = 60;

/** Milliseconds that what a hook has left behind may hold its output. */
const grace = 200;

type Streams = ['ignore', 'pipe', 'pipe'];

/** A process of its own for each hook, as Juju's agent has it. */
export class PlainLauncher implements Launcher {
  #child: ChildProcess | null = null;
  readonly #charm: Description;
  readonly #room: CharmRoom | null;
  readonly #shortcut: Shortcut | null;

  /** With a room, in which `/charm` is where a charm has it. */
  constructor(charm: Description, room: CharmRoom | null, shortcut: Shortcut | null) {
    this.#charm = charm;
    this.#room = room;
    this.#shortcut = shortcut;
  }

  async run({ program: named, folder, environment }: Order): Promise<Ended> {
    const program = join(folder, this.#charm.entry._tag === 'Hooks' ? named : 'dispatch');
    if (this.#charm.entry._tag === 'Hooks' && !existsSync(program))
      return { exit: 0, stdout: '', stderr: '' };
    const [first, ...words] = (await this.#room?.words(folder, program)) ?? [program];
    return await new Promise((resolve) => {
      // Its own group, so that what it starts ends with it.
      const child = spawn(first, words, {
        cwd: folder,
        env: { ...environment, ...this.#shortcut?.begin() },
        // Its type is of those three; what comes after them is the shortcut's own.
        stdio: ['ignore', 'pipe', 'pipe', ...(this.#shortcut?.stdio ?? [])] as Streams,
        detached: true,
      });
      this.#child = child;
      const line = this.#shortcut?.heard(child) ?? null;
      const [stdout, stderr] = [gathered(child.stdout), gathered(child.stderr)];
      const timer = setTimeout(() => this.kill(), patience * 1000);
      let held: NodeJS.Timeout | undefined;
      const end = (exit: number | null, said: string) => {
        clearTimeout(timer);
        clearTimeout(held);
        this.#child = null;
        resolve({ exit, stdout: stdout(), stderr: said });
      };
      // What it has started would hold its output, and outlive it.
      child.on('exit', (exit) => {
        endGroup(child.pid);
        endStrays(environment);
        held = setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
          line?.destroy();
          end(exit, stderr());
        }, grace);
      });
      child.on('error', (error) => end(126, error.message));
      child.on('close', (exit) => end(exit, stderr()));
    });
  }

  kill(): void {
    endGroup(this.#child?.pid);
  }

  close(): void {
    this.kill();
    this.#room?.close();
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

const serverMessage = v.object({
  ready: v.optional(v.boolean()),
  process: v.optional(v.number()),
  exit: v.optional(v.number()),
});
type ServerMessage = v.InferOutput<typeof serverMessage>;

/**
 * Forks of an interpreter that has read the charm's modules. All forks of one have the same order of
 * sets, so there are two, each begun when it is asked for.
 */
export class ForkLauncher implements Launcher {
  readonly #begin: (hashes: number) => Interpreter;
  readonly #interpreters = new Map<number, Interpreter>();

  /** The interpreter has all that the charm needs. */
  constructor(python: string, charm: Description, folder: string) {
    this.#begin = (hashes) => new Interpreter(python, charm, folder, hashes);
  }

  async run(order: Order): Promise<Ended> {
    const hashes = order.isOtherwise ? 2 : 1;
    const interpreter = this.#interpreters.get(hashes) ?? this.#begin(hashes);
    this.#interpreters.set(hashes, interpreter);
    return await interpreter.run(order);
  }

  kill(): void {
    for (const interpreter of this.#interpreters.values()) interpreter.kill();
  }

  close(): void {
    for (const interpreter of this.#interpreters.values()) interpreter.close();
  }
}

/** One interpreter of Python that has read the charm's modules, and a fork of it for each hook. */
class Interpreter implements Launcher {
  readonly #server: ChildProcess;
  readonly #folder: string;
  #heard: ((message: ServerMessage) => void) | null = null;
  #child: number | undefined;
  #isDoomed = false;
  readonly #isReady: Promise<void>;

  constructor(python: string, charm: Description, folder: string, hashes: number) {
    this.#folder = folder;
    const args = [agentFile('fork_server.py'), toolNames.join(','), charm.folder];
    this.#server = spawn(python, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: charm.folder,
      env: { ...process.env, PYTHONHASHSEED: String(hashes) },
      detached: true,
    });
    const { stdout, stdin } = this.#server;
    if (stdout === null || stdin === null) throw new Misuse(`${python} cannot be talked to`);
    stdin.on('error', () => {});
    this.#isReady = new Promise((resolve, reject) => {
      this.#heard = ({ ready }) => ready && resolve();
      this.#server.on('error', (error) => reject(new Misuse(`${python}: ${error.message}`)));
      this.#server.on('exit', (code) =>
        reject(new Misuse(`${python} ended with exit code ${code}, and no hook can be run by it`)),
      );
    });
    this.#isReady.catch(() => {});
    createInterface({ input: stdout }).on('line', (line) => {
      const said = v.safeParse(v.pipe(v.string(), v.parseJson(), serverMessage), line);
      if (said.success) this.#heard?.(said.output);
    });
  }

  async run({ folder, environment, charm }: Order): Promise<Ended> {
    await this.#isReady;
    const gone = () => new Misuse('the interpreter that runs the hooks has ended');
    if (this.#server.exitCode !== null || this.#server.signalCode !== null) throw gone();
    this.#isDoomed = false;
    const [stdout = '', stderr = '', programs = ''] = ['stdout', 'stderr', 'programs'].map((name) =>
      join(this.#folder, name),
    );
    rmSync(programs, { force: true });
    const exit = await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => this.kill(), patience * 1000);
      const end = () => reject(gone());
      this.#server.once('exit', end);
      this.#heard = ({ process: child, exit: code }) => {
        if (child !== undefined) this.#child = child;
        if (this.#isDoomed) endGroup(child);
        if (code === undefined) return;
        endGroup(this.#child);
        endStrays(environment);
        this.#child = undefined;
        clearTimeout(timer);
        this.#server.off('exit', end);
        resolve(code);
      };
      const order = { environment, folder, charm, stdout, stderr, programs };
      this.#server.stdin?.write(`${JSON.stringify(order)}\n`);
    });
    const printed = { stdout: printedIn(stdout), stderr: printedIn(stderr) };
    return { exit: exit < 0 ? null : exit, ...printed, programs: programsIn(programs) };
  }

  kill(): void {
    // Its first call may come before word of what process it is.
    this.#isDoomed = true;
    endGroup(this.#child);
  }

  close(): void {
    this.kill();
    this.#server.stdin?.end();
    this.#server.kill();
  }
}

/** One command line in JSON on each line; one that a signal has cut off is passed over. */
function programsIn(file: string): readonly (readonly string[])[] {
  const line = v.pipe(v.string(), v.parseJson(), v.array(v.string()));
  return printedIn(file)
    .split('\n')
    .flatMap((text) => {
      const read = v.safeParse(line, text);
      return read.success ? [read.output] : [];
    });
}

/** As charmcraft writes it for a charm in Python that it packs. */
export const dispatchOf = (python: string): string => `#!/bin/sh

JUJU_DISPATCH_PATH="\${JUJU_DISPATCH_PATH:-$0}" PYTHONPATH=src:lib:venv exec ${python} ./src/charm.py
`;

/** The interpreter of a charm's own environment, where it has one; else what PATH has. */
export const pythonOf = ({ folder }: Description): string =>
  ['venv', '.venv']
    .map((name) => join(folder, name, 'bin', 'python'))
    .find((path) => existsSync(path)) ?? 'python3';
