/** What the functions give back that a charm has around its charts: held where it comes in. */
import { type Failure, HookMisuse, isFailure, isRecord, kindOf } from '../hook/index.ts';

const unfit = (charm: string, what: string): HookMisuse =>
  new HookMisuse('ArgumentUnfit', charm, null, what);

/** What is to be there at once; a promise is a record as well. */
const isThere = (value: unknown): boolean => isRecord(value) && typeof value.then !== 'function';

/** Yes or no: nothing at all would pass for a no, and what was asked for be dropped. */
export function heldDecision(
  charm: string,
  part: 'isAsked' | 'isCalled' | 'comesLast',
  said: unknown,
): boolean {
  if (typeof said === 'boolean') return said;
  throw unfit(charm, `its ${part} gave ${kindOf(said)}: give true or false`);
}

/** Why a chart waits that nothing has failed. */
export function heldWhy<Why extends Failure>(charm: string, why: Why | null): Why | null {
  if (why === null || isFailure(why)) return why;
  const what = 'give null, or a failure with a _tag and as its class "unavailable"';
  throw unfit(charm, `its waitsFor gave ${kindOf(why)}: ${what}`);
}

/** What handlers are given. */
export function heldPorts<Ports>(charm: string, ports: Ports): Ports {
  if (isThere(ports)) return ports;
  const what = 'give at once the record that handlers are to have; what takes time is for ready';
  throw unfit(charm, `its open gave ${kindOf(ports)}: ${what}`);
}

/** What a machine starts on. */
export function heldStart<Start>(charm: string, start: Start): Start {
  if (isThere(start)) return start;
  const what = 'give at once the record on which its machines start';
  throw unfit(charm, `its event.of gave ${kindOf(start)}: ${what}`);
}

/** Charts that are left to do, one after the other. */
export function heldWork<Work extends object>(charm: string, work: Work): Work {
  if (isRecord(work) && typeof work.next === 'function') return work;
  const what = 'let it be an async function* that yields { hook, event }';
  throw unfit(charm, `its leftToDo gave ${kindOf(work)}: ${what}`);
}

/** One of them. */
export function heldChart<One extends { readonly hook: string; readonly event: object }>(
  charm: string,
  one: One,
): One {
  if (isRecord(one) && typeof one.hook === 'string' && isThere(one.event)) return one;
  const [hook, event] = isRecord(one) ? [one.hook, one.event] : [];
  const got = isRecord(one)
    ? `a record with ${kindOf(hook)} as its hook and ${kindOf(event)} as its event`
    : kindOf(one);
  throw unfit(charm, `its leftToDo yields ${got}: yield { hook, event }, by the name of a machine`);
}

/** An action that an operator can run. */
export function heldAction(charm: string, name: string, action: unknown): void {
  if (isRecord(action) && typeof action.run === 'function') return;
  throw unfit(charm, `its action ${name} has no function run: give { parameters, run }`);
}

/** What such an action came to, which the operator reads as JSON. */
export function heldResults<Results extends object>(
  charm: string,
  action: string,
  results: Results,
): Results {
  const wrong = (what: string) => unfit(charm, `its action ${action} gave ${what}`);
  if (!isThere(results))
    throw wrong(`${kindOf(results)}: give a record of results, an empty one where there are none`);
  for (const [key, value] of Object.entries(results))
    if (!isJson(value)) throw wrong(`${kindOf(value)} as its result "${key}": give what JSON has`);
  return results;
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
