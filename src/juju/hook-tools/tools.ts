/** Juju's hook tools as child processes, by their own names, with JSON in and out. */
import { type ChildProcess, spawn } from 'node:child_process';
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { type Attempt, attempt, isRecord } from '../../hook/index.ts';
import type { JujuError } from '../errors.ts';
import type { Databag } from '../port.ts';
import type { Variables } from './environment.ts';
import { filed, gathered, input as inputOf, type Output, piped } from './output.ts';
import { printable } from './printable.ts';

/** What a tool answered, or what was wrong with it. */
type ToolOutcome<Result> = Promise<E.Either<ToolProblem, Result>>;

/** A tool that is missing, failed, or printed what it should not. */
export interface ToolProblem {
  readonly _tag: 'ToolMissing' | 'ToolFailed' | 'ToolUnreadable';
  readonly class: 'broken';
  readonly tool: string;
  /** What it said, or how it ended; never what it was given. */
  readonly why: string;
}

export interface Tools {
  /** Runs a tool, when it is called, and reads the JSON that it prints. */
  readonly ask: <Schema extends v.GenericSchema>(
    schema: Schema,
    tool: string,
    ...args: readonly string[]
  ) => () => ToolOutcome<v.InferOutput<Schema>>;
  /** Runs a tool for what it does; the input, where there is any, goes to its standard input. */
  readonly tell: (tool: string, args: readonly string[], input?: string) => ToolOutcome<string>;
  /** Runs a tool for JSON that may have megabytes, and yields it as it was printed. */
  readonly print: (tool: string, ...args: readonly string[]) => ToolOutcome<string>;
}

const mebibyte = 1024 * 1024;
const most = {
  milliseconds: 20_000,
  bytes: 16 * mebibyte,
  saidBytes: mebibyte / 16,
  /** Each takes a process and its descriptors; Juju itself answers one after the other. */
  atOnce: 8,
};

/**
 * The tools on the PATH of these variables, all of which they are given. One that does not end in
 * time is ended, and so is one that prints without end.
 */
export function hookTools(
  variables: Variables,
  /** Milliseconds that are left for the hook. */
  remaining: () => number,
  /** A folder for what a tool reads, and for what may be megabytes that it prints; null for none. */
  folder: string | null = null,
): Tools {
  const inTurn = turns(most.atOnce);
  const tell: Tools['tell'] = (tool, args, input) =>
    inTurn(() => run(tool, args, piped(most.bytes), input));
  const run = (tool: string, args: readonly string[], out: Output, input?: string) =>
    new Promise<E.Either<ToolProblem, string>>((resolve) => {
      const problem = (_tag: ToolProblem['_tag'], why: string) =>
        resolve(E.left({ _tag, class: 'broken', tool, why: printable(why) }));
      const patience = Math.min(most.milliseconds, remaining());
      if (patience <= 0) return problem('ToolFailed', 'no time is left for it in this hook');
      const given = inputOf(folder, input);
      let child: ChildProcess;
      try {
        child = spawn(tool, args, {
          env: variables as NodeJS.ProcessEnv,
          stdio: [given.stdio, out.stdio, 'pipe'],
        });
      } catch (cause) {
        // An argument with a NUL, or one that is too long; what it was nobody is told.
        return problem('ToolFailed', `it could not be run (${codeOf(cause)})`);
      } finally {
        given.close();
      }
      const giveUp = (why: string) => {
        problem('ToolFailed', why);
        child.kill('SIGKILL');
        // Whoever it has started may hold the pipes, and would keep this process.
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
        child.unref();
      };
      const timer = setTimeout(
        () => giveUp(`it did not answer within ${Math.ceil(patience / 1_000)} s`),
        patience,
      );
      const tooMuch = `it printed more than ${most.bytes / mebibyte} MB`;
      out.follow(child.stdout, () => giveUp(tooMuch));
      const said = gathered(child.stderr, most.saidBytes);
      // A tool that ends before it has read all says so by its exit code.
      child.stdin?.on('error', () => {}).end(input);
      child.on('error', (error) => {
        clearTimeout(timer);
        const code = codeOf(error);
        if (code === 'ENOENT') problem('ToolMissing', 'there is no such program on PATH');
        else problem('ToolFailed', `it could not be run (${code})`);
      });
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        const text = code === 0 ? out.text() : null;
        if (text !== null) resolve(E.right(text));
        else if (code === 0) problem('ToolFailed', tooMuch);
        else
          problem('ToolFailed', said().trim() || `it ended with ${signal ?? `exit code ${code}`}`);
      });
    });
  return {
    tell,
    print: (tool, ...args) =>
      inTurn(async () => {
        const out = folder === null ? piped(most.bytes) : filed(folder, most.bytes);
        try {
          return await run(tool, ['--format=json', ...args], out);
        } finally {
          out.close();
        }
      }),
    ask:
      (schema, tool, ...args) =>
      async () => {
        const printed = await tell(tool, ['--format=json', ...args]);
        return E.chain((text: string) => read(schema, tool, text))(printed);
      },
  };
}

/**
 * Texts by their keys, and texts in a list. There may be tens of thousands, which are looked at as they
 * stand; the schema says what is wrong with those that are none.
 */
export const textsByKey = v.lazy((value: unknown) =>
  isTextsByKey(value) ? v.custom<Databag>(() => true) : v.record(v.string(), v.string()),
);
export const textList = v.lazy((value: unknown) =>
  isTexts(value) ? v.custom<string[]>(() => true) : v.array(v.string()),
);

function isTextsByKey(value: unknown): boolean {
  if (!isRecord(value)) return false;
  // Those keys the schema leaves out.
  for (const key in value) if (typeof value[key] !== 'string' || unfit.has(key)) return false;
  return true;
}

const unfit: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);

function isTexts(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  for (const one of value) if (typeof one !== 'string') return false;
  return true;
}

/** What a tool has printed. */
export function read<Schema extends v.GenericSchema>(
  schema: Schema,
  tool: string,
  printed: string,
): E.Either<ToolProblem, v.InferOutput<Schema>> {
  let json: unknown;
  try {
    json = JSON.parse(printed);
  } catch {
    return E.left(unreadable(tool, 'it printed no JSON'));
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return E.right(parsed.output);
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue) ?? 'what it printed';
  return E.left(unreadable(tool, `${path} is not as expected (${issue.expected})`));
}

/** Lets so many calls be under way; the others begin in the order in which they were made. */
function turns(atOnce: number): <Result>(call: () => Promise<Result>) => Promise<Result> {
  let underWay = 0;
  const waiting: (() => void)[] = [];
  const begun = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    underWay += 1;
    try {
      return await call();
    } finally {
      underWay -= 1;
      waiting.shift()?.();
    }
  };
  return (call) =>
    underWay < atOnce
      ? begun(call)
      : new Promise((resolve) => waiting.push(() => resolve(begun(call))));
}

const codeOf = (cause: unknown): string => String((cause as NodeJS.ErrnoException).code);

export const unreadable = (tool: string, why: string): ToolProblem => ({
  _tag: 'ToolUnreadable',
  class: 'broken',
  tool,
  why: printable(why),
});

/** What a tool knows nothing of, though it says so in good order. */
export const unanswered = (tool: string, why: string): ToolProblem => ({
  _tag: 'ToolFailed',
  class: 'broken',
  tool,
  why,
});

/** A file for a tool could not be written, or not be taken away. */
export type FileFailed = Extract<JujuError, { readonly _tag: 'FileFailed' }>;

/** As a hook is told it: Juju refuses a call, whatever kept it from being answered. */
export function refused(problem: ToolProblem | FileFailed): JujuError {
  if (problem._tag === 'FileFailed') return problem;
  const { _tag, tool, why } = problem;
  const isRefusal = _tag === 'ToolFailed';
  return { _tag: isRefusal ? 'ModelRefused' : 'ModelUnusable', class: 'broken', call: tool, why };
}

/** What is not there, or not to be seen by this unit. */
export const isOutOfReach = (problem: ToolProblem | FileFailed): boolean =>
  problem._tag === 'ToolFailed' && /not found|permission denied/i.test(problem.why);

/** A relation that this unit is not in, or not in any more. */
export const isNoRelation = ({ _tag, why }: ToolProblem): boolean =>
  _tag === 'ToolFailed' && /relation not found/i.test(why);

/** Steps that take what tools answer, as an attempt of a port. */
export const asModel = <Result>(steps: () => Promise<Result>): Attempt<Result, JujuError> => {
  const attempted = attempt<Result, ToolProblem | FileFailed>(steps);
  return async () => E.mapLeft(refused)(await attempted());
};
