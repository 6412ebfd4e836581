import * as E from 'fp-ts/lib/Either.js';
import type { HookError } from '../errors.ts';
import { markerOf } from '../pooler/files.ts';
import { portIn } from '../pooler/pgbouncer-files.ts';
import { isListenedTo } from '../pooler/taken.ts';
import { FileProblem, WorkloadProblem } from '../workload/index.ts';
import { type ConfigChange, type ParsedConfig, withPort } from './config.ts';
import type { Place } from './pooler.ts';

/**
 * The options with which a unit is served: with the port of before, where another one is wanted that
 * somebody has. It is found out before anything is published or ended for it.
 */
export async function settled(
  { config, before: { listen_port: before } }: ConfigChange,
  placed: (options: ParsedConfig['run']) => Promise<E.Either<HookError, Place>>,
): Promise<ParsedConfig> {
  const { listenPort: wanted } = config.options;
  if (typeof before !== 'number' || before === wanted) return config;
  const place = await placed(config.run);
  const isKept = E.isRight(place) && (await isOthers(place.right, { wanted, before }));
  return isKept ? withPort(config, before) : config;
}

/** Whether somebody else has the port that is wanted. */
async function isOthers(
  { workload, iniFile, listens }: Place,
  { wanted, before }: { readonly wanted: number; readonly before: number },
): Promise<boolean> {
  const listening = (listenPort: number) => isListenedTo({ listenAddress: listens, listenPort });
  try {
    if (!(await listening(wanted))) return false;
    const ini = (await workload.read(iniFile)) ?? '';
    if (portIn(ini) !== wanted) return true;
    // A hook that failed at its end has moved PgBouncer there already, and one that was lost may have.
    const isMoved = (await workload.read(markerOf(iniFile))) === null;
    return !isMoved && (await listening(before));
  } catch (problem) {
    if (!(problem instanceof WorkloadProblem || problem instanceof FileProblem)) throw problem;
    // Who cannot be asked is not there to be moved; the hook says so when it comes to it.
    return true;
  }
}
