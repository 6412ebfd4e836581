/** What a hook has logged and printed, as the lines of Juju's own log. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Hook } from '../../testing/index.ts';
import { argumentsOf } from '../arguments.ts';
import type { Description } from '../description.ts';
import { programOf } from '../hook-environment.ts';
import type { HookRecord } from '../hook-run.ts';
import type { LogLine } from './kept.ts';

/** A hook that was run, and how it ended. */
export interface Told {
  readonly unit: string;
  readonly hook: Hook;
  /** Its endpoint and number, where it is about a relation. */
  readonly relation: string | null;
  readonly record: HookRecord | null;
  /** Why it failed; null where it did not. */
  readonly failure: string | null;
}

type Line = Omit<LogLine, 'at'>;

/** The lines of one hook, in the order in which Juju has them. */
export function linesOf(charm: Description, told: Told): readonly Line[] {
  const { unit, hook, relation, record } = told;
  const line = (level: string, module: string, message: string): Line => ({
    ...{ entity: `unit-${unit.replace('/', '-')}`, level, module, message },
  });
  const about = relation === null ? '' : `${relation}: `;
  const logged = (record?.calls ?? []).flatMap(({ tool, args, exit }) => {
    if (tool !== 'juju-log' || exit !== 0) return [];
    const { flags, rest } = argumentsOf(tool, args);
    const level = (flags.get('log-level') ?? 'INFO').toUpperCase();
    return [line(level, `unit.${unit}.juju-log`, `${about}${rest.join(' ')}`)];
  });
  const printed = (level: string, text = '') =>
    text
      .split('\n')
      .flatMap((one) => (one === '' ? [] : [line(level, `unit.${unit}.${hook.name}`, one)]));
  return [
    ...logged,
    ...printed('DEBUG', record?.stdout),
    ...printed('WARNING', record?.stderr),
    endOf(charm, told, line),
  ];
}

function endOf(
  { entry, folder }: Description,
  { hook, record, failure }: Told,
  line: (level: string, module: string, message: string) => Line,
): Line {
  const operation = 'juju.worker.uniter.operation';
  const isMissing = entry._tag === 'Hooks' && !existsSync(join(folder, programOf(hook)));
  if (isMissing && failure === null)
    return line('INFO', operation, `skipped "${hook.name}" hook (missing)`);
  const via =
    entry._tag === 'Hooks' ? 'explicit, bespoke hook script' : 'hook dispatching script: dispatch';
  if (hook.action !== undefined)
    return failure === null
      ? line('INFO', operation, `ran action "${hook.name}"`)
      : line('ERROR', operation, `action "${hook.name}" failed: ${failure}`);
  if (failure === null) return line('INFO', operation, `ran "${hook.name}" hook (via ${via})`);
  const exit = record?.exit ?? null;
  // What Juju says of its own, where it is not the process that failed.
  const why = exit === null || exit === 0 ? failure : `exit status ${exit}`;
  return line('ERROR', operation, `hook "${hook.name}" (via ${via}) failed: ${why}`);
}

/** Juju's levels, from the least grave on. */
export const levels = ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;

/** A line as `juju debug-log` prints it, with its number in place of the time. */
export const logText = ({ entity, at, level, module, message }: LogLine): string =>
  `${entity}: ${at} ${level} ${module} ${message}`;
