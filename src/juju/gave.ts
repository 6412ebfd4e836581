/**
 * What authors give back: their functions, their handlers' words to `juju`, and ports. It is held
 * against what was asked for where it comes in, so that nothing of it is lost, or fails elsewhere.
 */
import { HookMisuse, instead, isRecord, kindOf } from '../hook/index.ts';
import type { Status } from './port.ts';

const unfit = (of: string, what: string): HookMisuse =>
  new HookMisuse('ArgumentUnfit', of, null, what);

const statuses: readonly unknown[] = ['active', 'waiting', 'blocked'] satisfies Status['name'][];

/** What a charm says of its unit. */
export function heldStatus(charm: string, status: unknown): Status {
  if (isStatus(status)) return status;
  const { name, message } = isRecord(status) ? status : {};
  const got =
    typeof name === 'string' && !statuses.includes(name)
      ? `one called "${name}", which is none: say ${instead(name, statuses.map(String))}`
      : isRecord(status)
        ? `a record with ${kindOf(name)} as its name and ${kindOf(message)} as its message`
        : kindOf(status);
  throw unfit(
    charm,
    `its status is to give { name: 'active', 'waiting' or 'blocked', message: a text }, and gave ${got}`,
  );
}

const isStatus = (status: unknown): status is Status =>
  isRecord(status) && statuses.includes(status.name) && typeof status.message === 'string';
