/** Juju's hook tools as child processes, by their own names, with JSON in and out. */
import { spawn } from 'node:child_process';
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import type { Attempt, HookError } from '../../engine/index.ts';
import type { Variables } from './environment.ts';

/** What a tool answered, or what was wrong with it. */
export type Answer<Result> = Promise<E.Either<ToolProblem, Result>>;

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
  ) => () => Answer<v.InferOutput<Schema>>;
  /** Runs a tool for what it does; the input, where there is any, goes to its standard input. */
  readonly tell: (tool: string, args: readonly string[], input?: string) => Answer<string>;
}

/** The tools on the PATH of these variables, all of which they are given. */
export function hookTools(variables: Variables): Tools {
  const tell: Tools['tell'] = (tool, args, input) =>
    new Promise((resolve) => {
      const problem = (_tag: ToolProblem['_tag'], why: string) =>
        resolve(E.left({ _tag, class: 'broken', tool, why }));
      const child = spawn(tool, args, {
        env: variables as NodeJS.ProcessEnv,
        stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      });
      let [out, said] = ['', ''];
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        out += chunk;
      });
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
      });
      // A tool that ends before it has read all says so by its exit code.
      child.stdin?.on('error', () => {}).end(input);
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') problem('ToolMissing', 'there is no such program on PATH');
        else problem('ToolFailed', `it could not be run (${error.code})`);
      });
      child.on('close', (code, signal) => {
        if (code === 0) resolve(E.right(out));
        else problem('ToolFailed', said.trim() || `it ended with ${signal ?? `exit code ${code}`}`);
      });
    });
  return {
    tell,
    ask:
      (schema, tool, ...args) =>
      async () => {
        const answer = await tell(tool, ['--format=json', ...args]);
        if (E.isLeft(answer)) return answer;
        const json = v.safeParse(v.pipe(v.string(), v.parseJson()), answer.right);
        if (!json.success) return unreadable(tool, 'it printed no JSON');
        const parsed = v.safeParse(schema, json.output);
        if (parsed.success) return E.right(parsed.output);
        const [issue] = parsed.issues;
        const path = v.getDotPath(issue) ?? 'what it printed';
        return unreadable(tool, `${path} is not as expected (${issue.expected})`);
      },
  };
}

export const unreadable = (tool: string, why: string): E.Left<ToolProblem> => ({
  _tag: 'Left',
  left: { _tag: 'ToolUnreadable', class: 'broken', tool, why },
});

/** As the engine says it: Juju refuses a call, whatever kept it from being answered. */
export const refused = ({ _tag, tool, why }: ToolProblem): HookError => ({
  _tag: _tag === 'ToolFailed' ? 'ModelRefused' : 'ModelUnusable',
  class: 'broken',
  call: tool,
  why,
});

/** What is not there, or not to be seen by this unit. */
export const isOutOfReach = ({ _tag, why }: ToolProblem): boolean =>
  _tag === 'ToolFailed' && /not found|permission denied/i.test(why);

/** A call as a step of a port. */
export const asModel =
  <Result>(call: () => Promise<E.Either<ToolProblem, Result>>): Attempt<Result> =>
  async () => {
    const outcome = await call();
    return E.isLeft(outcome) ? E.left(refused(outcome.left)) : outcome;
  };
