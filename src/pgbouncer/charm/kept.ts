/** What a unit keeps in its state at the end of each hook, beside what its charts put there. */
import { attempt, take } from '../../hook/index.ts';
import type { JujuModel } from '../../juju/hook-tools/index.ts';
import type { Databag, Juju } from '../../juju/port.ts';
import { formatKey, openedKey, settingsKey } from '../keys.ts';
import { formatMark } from '../relation/format.ts';
import type { ConfigChange, ParsedConfig } from './config.ts';

interface InForce {
  /** The options in force at the end of the hook. */
  readonly values: () => ConfigChange['before'];
  /** Whether PgBouncer cannot run with them: then those of before are. */
  readonly isUnusable: () => boolean;
}

/**
 * A model that keeps the options in force for the day on which one of them is spoiled, in which form
 * the state is, and which port is open; that one it has Juju open, where clients come to a service.
 */
export const keeping = (
  model: JujuModel,
  { endpoint }: Pick<ParsedConfig, 'endpoint'>,
  { values, isUnusable }: InForce,
): Juju => ({
  ...model,
  commit: (changes) =>
    attempt(async () => {
      const before = await take(model.state);
      const now = values();
      const text = JSON.stringify(now);
      const isKept = isUnusable() || before[settingsKey] === text;
      const state = {
        ...changes.state,
        ...(isKept ? {} : { [settingsKey]: text }),
        ...(before[formatKey] === formatMark[formatKey] ? {} : formatMark),
        ...(await opened(model, before, endpoint === 'service' ? String(now.listen_port) : '')),
      };
      await take(model.commit({ ...changes, state }));
    }),
});

/** Has the port open that is to be, and the one of before no more; what is to be kept of it. */
async function opened({ ports }: JujuModel, before: Databag, port: string): Promise<Databag> {
  const { [openedKey]: last = '' } = before;
  if (last === port) return {};
  if (port !== '') await take(ports.open(Number(port)));
  if (last !== '') await take(ports.close(Number(last)));
  return { [openedKey]: port };
}

/** The port of before is in force until PgBouncer has taken another one. */
export const portOf = ({ listen_port: port }: ConfigChange['before']): ConfigChange['before'] =>
  port === undefined ? {} : { listen_port: port };
