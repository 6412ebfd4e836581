/** What every charm's process has around its hook; a charm's entry loads it before anything else. */
import { printable } from '../juju/hook-tools/printable.ts';
import { failureOf } from './failure.ts';
import type { HookOutput } from './run-hook.ts';

/**
 * Runs a hook as this process: its words go to the agent, its outcome is the exit code, and what
 * nobody waits for fails it as well.
 */
export function hookProcess(run: (output: HookOutput) => Promise<0 | 1>): void {
  const fail = (cause: unknown): void => {
    for (const line of failureOf(cause)) process.stderr.write(`${line}\n`);
    process.exitCode = 1;
  };
  // Whoever reads the log may go away before the hook is over.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const say = (stream: NodeJS.WriteStream, most: number) => (line: string) =>
    void stream.write(`${printable(line, most)}\n`);
  process.on('uncaughtException', (cause) => {
    fail(cause);
    process.exit();
  });
  // A chart's way is told with its milliseconds, and there are long ones.
  run({ out: say(process.stdout, 4_000), error: say(process.stderr, 1_000) })
    .then((code) => {
      process.exitCode = code;
    })
    .catch(fail);
}
