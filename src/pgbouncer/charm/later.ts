/** What a later version of this charm has put on record: this one leaves all as it is, and says so. */
import * as E from 'fp-ts/lib/Either.js';
import type { JujuModel } from '../../juju/hook-tools/index.ts';
import type { Bag, Juju, JujuEvent } from '../../juju/port.ts';
import { actionIn } from '../../process/index.ts';
import { peerAppBag } from '../commands/application-bag.ts';
import { attempt, once, right, take } from '../commands/steps.ts';
import type { Attempt } from '../ports.ts';
import { chartNameOf } from '../relation/events.ts';
import { laterFormat } from '../relation/format.ts';

/**
 * Why nothing is to be done; null where this version knows all that is on record. It is asked BEFORE
 * anything is written; what was read meanwhile, the ledger among it, is what `model` reads first.
 */
export const writtenLater = (
  model: JujuModel,
  called: JujuEvent,
): Attempt<{ readonly why: string | null; readonly model: JujuModel }> =>
  attempt(async () => {
    const { hook: event } = called;
    const stored = model.state();
    // What a chart will ask for in any case is asked at the same time; of an echo not before it is known
    // to be more. Asked twice it is one call.
    const askWhoLeads = () => chartNameOf(event) !== null && void model.leader();
    if (event !== backendEcho) askWhoLeads();
    const request = requestOf(called);
    const asked = request === null ? [] : [begun(model, request)];
    const state = right(await stored);
    const ofState = laterFormat(state);
    if (ofState !== null) return { why: sentence('this unit’s state', ofState), model };
    // What the backend has said before is nothing, whatever the ledger says.
    if (event === backendEcho && !(await take(model.requiredHasMoved))) return { why: null, model };
    const ledger = begun(model, peerAppBag);
    askWhoLeads();
    const [found] = await ledger.read();
    const ofLedger = found === undefined || E.isLeft(found) ? null : laterFormat(found.right);
    const why = ofLedger === null ? null : sentence('the ledger', ofLedger);
    return { why, model: { ...model, read: beginningWith([ledger, ...asked], model.read) } };
  });

/** The hook that is nothing where the backend's databag says what it said before. */
export const backendEcho = 'backend-database-relation-changed';

/** Says to whoever called that nothing is done, and does nothing else. */
export const refuseLater = ({ action, say }: JujuModel, event: string, why: string) =>
  actionIn(event) === null ? say({ name: 'blocked', message: why }) : action.fail(why);

const sentence = (what: string, why: string): string =>
  `${what} was written by a later version: ${why}; nothing is changed until the charm is upgraded again (juju refresh)`;

/** A databag that is being read. */
interface Begun {
  readonly bag: Bag;
  readonly read: ReturnType<Juju['read']>;
}

function begun(model: JujuModel, bag: Bag): Begun {
  const read = once(model.read([bag]));
  void read();
  return { bag, read };
}

/** The databag that a hook's own chart looks at whoever leads; null for a hook without one. */
const requestOf = ({ hook, relation }: JujuEvent): Bag | null =>
  chartNameOf(hook) === 'database-requested' && relation !== undefined
    ? { _tag: 'RemoteApp', relation }
    : null;

/** Answers the first question for each by what was read already; whoever asks again reads anew. */
function beginningWith(all: readonly Begun[], read: Juju['read']): Juju['read'] {
  const left = new Set(all);
  return (bags) => {
    const [bag] = bags;
    const known = [...left].find((one) => isSame(one.bag, bag));
    if (bags.length !== 1 || known === undefined) return read(bags);
    left.delete(known);
    return known.read;
  };
}

/** Units are not compared: no unit's databag is begun here. */
const isSame = (one: Bag, other: Bag | undefined): boolean =>
  one._tag === other?._tag &&
  (!('relation' in one) || !('relation' in other) || one.relation === other.relation);
