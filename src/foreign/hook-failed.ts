/** Why a hook's process did not end well, in one line of what it has said. */
import type { Failure } from '../hook/index.ts';
import { printable } from '../juju/hook-tools/printable.ts';
import { patience } from './launch.ts';

/** A hook's process did not end well. */
export interface HookFailed extends Failure {
  readonly _tag: 'HookFailed';
  readonly why: string;
}

/**
 * How it ended, and what it says of that on its standard error or, as ops has it, in Juju's log: there a
 * line of JSON comes after the traceback, and of an action nothing but where to look.
 */
export function hookFailed(
  exit: number | null,
  stderr: string,
  logged: readonly string[],
): HookFailed {
  const how =
    exit === null
      ? `it was ended by a signal, or had not ended within ${patience} s`
      : `exit code ${exit}`;
  const raised = [stderr, ...logged.toReversed()].map(exceptionIn).find((line) => line !== null);
  const said = printable(raised ?? lastLineOf(stderr.trim() || (logged.at(-1) ?? '')), 400);
  return { _tag: 'HookFailed', class: 'broken', why: said === '' ? how : `${how}: ${said}` };
}

const traceback = 'Traceback (most recent call last):';

/** What the last traceback in a text ends with: the first line after its own that is not indented. */
function exceptionIn(text: string): string | null {
  const at = text.lastIndexOf(traceback);
  if (at < 0) return null;
  const lines = text.slice(at + traceback.length).split('\n');
  return lines.find((line) => /^\S/.test(line)) ?? null;
}

function lastLineOf(text: string): string {
  const lines = text.trim().split('\n');
  return lines.findLast((line) => /^\S*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? '';
}
