/** What a later version of this charm has put on record: this one leaves all as it is, and says so. */
import * as E from 'fp-ts/lib/Either.js';
import type { JujuModel } from '../../juju/hook-tools/index.ts';
import type { Juju } from '../../juju/port.ts';
import { actionIn } from '../../process/index.ts';
import { peerAppBag } from '../commands/application-bag.ts';
import { attempt, once, take } from '../commands/steps.ts';
import type { Attempt } from '../ports.ts';
import { chartNameOf } from '../relation/events.ts';
import { laterFormat } from '../relation/format.ts';

/**
 * Why nothing is to be done; null where this version knows all that is on record. It is asked BEFORE
 * anything is written; the ledger that was read for it is the one that `model` reads first.
 */
export const writtenLater = (
  model: JujuModel,
  event: string,
): Attempt<{ readonly why: string | null; readonly model: JujuModel }> =>
  attempt(async () => {
    const state = await take(model.state);
    const ofState = laterFormat(state);
    if (ofState !== null) return { why: sentence('this unit’s state', ofState), model };
    // What the backend has said before is nothing, whatever the ledger says.
    if (event === backendEcho && !(await take(model.requiredHasMoved))) return { why: null, model };
    const read = once(model.read([peerAppBag]));
    // What a chart will ask for in any case is asked at the same time.
    if (chartNameOf(event) !== null) void model.leader();
    const [found] = await read();
    const ofLedger = found === undefined || E.isLeft(found) ? null : laterFormat(found.right);
    const why = ofLedger === null ? null : sentence('the ledger', ofLedger);
    return { why, model: { ...model, read: beginningWith(read, model.read) } };
  });

/** The hook that is nothing where the backend's databag says what it said before. */
export const backendEcho = 'backend-database-relation-changed';

/** Says to whoever called that nothing is done, and does nothing else. */
export const refuseLater = ({ action, say }: JujuModel, event: string, why: string) =>
  actionIn(event) === null ? say({ name: 'blocked', message: why }) : action.fail(why);

const sentence = (what: string, why: string): string =>
  `${what} was written by a later version: ${why}; nothing is changed until the charm is upgraded again (juju refresh)`;

/** Answers the first question for the ledger by what was read already; whoever asks again reads anew. */
function beginningWith(ledger: ReturnType<Juju['read']>, read: Juju['read']): Juju['read'] {
  let isTold = false;
  return (bags) => {
    if (isTold || bags.length !== 1 || bags[0]?._tag !== peerAppBag._tag) return read(bags);
    isTold = true;
    return ledger;
  };
}
