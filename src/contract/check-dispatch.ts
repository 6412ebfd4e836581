/** What one hook is run with: refused by name where nothing could be done with it. */
import { HookMisuse, given as held, isRecord } from '../hook/index.ts';

/** Throws where a charm, or what it is given, is nothing that a hook could be run with. */
export function heldTogether(to: string, charm: unknown, given: unknown): void {
  held(to, 'the charm', charm, madeCharm);
  held(to, 'the event of the charm', Reflect.get(Object(charm), 'event'), { of: 'function' });
  if (!isRecord(given) || !isRecord(given.juju))
    throw new HookMisuse('ArgumentUnfit', to, null, 'it wants { juju, … }, and got no juju');
  held(to, 'juju', given.juju, portOfJuju);
  if (given.clock !== undefined) held(to, 'the clock', given.clock, 'function');
  if (given.deadline !== undefined) held(to, 'the deadline', given.deadline, 'number');
}

/** Without these nothing can be done; what else is missing is found where it is asked for. */
const madeCharm = {
  name: 'text',
  machines: 'record',
  perform: 'record',
  event: 'record',
  chartOf: 'function',
  open: 'function',
  status: 'function',
} as const;
const portOfJuju = {
  unit: 'text',
  state: 'function',
  read: 'function',
  commit: 'function',
} as const;
