import { printable } from '../juju/hook-tools/printable.ts';

const longestStack = 30;

/**
 * What is said of a hook that threw, line by line. What the system refuses, and a program that
 * failed, come from outside and are told in a sentence; anything else is a defect of the charm,
 * whose stack somebody will need.
 */
export function failureOf(cause: unknown): readonly string[] {
  if (!(cause instanceof Error)) return [printable(`defect: ${String(cause)}`)];
  const { syscall, code, path } = cause as NodeJS.ErrnoException;
  if (typeof syscall === 'string' && typeof code === 'string') {
    const what = path === undefined ? syscall : `${syscall} ${path}`;
    return [printable(`the system refuses ${what} (${code}); nothing was committed`)];
  }
  // What `execFile` and `execFileSync` say of a program that did not end well.
  if ('cmd' in cause || ('status' in cause && 'output' in cause))
    return [printable(`${cause.message.trim()}; nothing was committed`)];
  const stack = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [
    printable(`defect: ${cause.message || cause.name}`),
    ...stack.slice(0, longestStack).map((line) => printable(line)),
  ];
}
