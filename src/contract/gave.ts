/**
 * What authors give back: their functions, their handlers' words to `juju`, and ports. It is held
 * against what was asked for where it comes in, so that nothing of it is lost, or fails elsewhere.
 */
import type * as E from 'fp-ts/lib/Either.js';
import { given, HookMisuse, instead, isRecord, kindOf, oneOf, right } from '../hook/index.ts';
import type { JujuError } from '../juju/errors.ts';
import type { Bag, Databag, JujuEvent, Status } from '../juju/port.ts';

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

/** Juju's event: of another kind, a relation would be one that is gone, and its hook dropped. */
export function heldEvent(to: string, event: unknown): void {
  given(to, 'the event', event, { hook: 'text' });
  const parts = event as Readonly<Record<keyof JujuEvent, unknown>>;
  if (parts.relation !== undefined)
    given(to, 'the relation of the event', parts.relation, 'number');
  for (const part of ['remoteUnit', 'departingUnit', 'secretLabel'] as const)
    if (parts[part] !== undefined) given(to, `the ${part} of the event`, parts[part], 'text');
}

export const unknownUnit = (unit: unknown, units: readonly string[]): HookMisuse =>
  unfit('MemoryJuju', `it has no unit ${JSON.stringify(unit)}: say ${oneOf(units)}`);

/** Databags hold texts alone; anything else would be something else in the next hook. */
export function heldTexts(to: string, values: Databag): Databag {
  if (!isRecord(values)) given(to, 'the values', values, 'record');
  for (const key in values)
    if (typeof values[key] !== 'string')
      throw unfit(
        to,
        `it holds texts, and got ${kindOf(values[key])} for "${key}": give a text, JSON perhaps, or an empty one to take the key away`,
      );
  return values;
}

/** In every copy of this package: the charm's own may be another than that of who runs it. */
const mark: unique symbol = Symbol.for('hookchart.ofKit');

/** Values for keys of the unit's state that are the kit's own. */
export const ofKit = (values: Databag): Databag => ({ ...values, [mark]: true });

/** Under these the kit keeps something itself, at the hook's end. */
const kitKey = /^(?:deferred(?:-\d+)?|refused|known|applications-\d+|tracing)$/;

/** What handlers put by. */
export function heldState(values: Databag): Databag {
  const to = 'juju.remember';
  heldTexts(to, values);
  if (mark in values) return values;
  for (const key in values)
    if (kitKey.test(key))
      throw unfit(to, `"${key}" is a key under which hookchart keeps something: choose another`);
  return values;
}

/** A databag, by the words that name it. */
export function heldBag(to: string, bag: Bag): void {
  if (isBag(bag)) return;
  const tag: unknown = isRecord(bag) ? bag._tag : undefined;
  const parts = typeof tag === 'string' && Object.hasOwn(bagParts, tag) ? bagParts[tag as Tag] : [];
  const got =
    typeof tag !== 'string'
      ? isRecord(bag)
        ? 'a record without a _tag'
        : kindOf(bag)
      : parts.length === 0
        ? `"${tag}": say ${instead(tag, Object.keys(bagParts))}`
        : `${tag} where ${parts.map((part) => `${part} is ${kindOf(Reflect.get(bag, part))}`).join(' and ')}`;
  throw unfit(
    to,
    `it wants a databag to be { _tag }, with the number of its relation and the name of its unit where it has one, and got ${got}`,
  );
}

type Tag = Bag['_tag'];

const bagParts: Readonly<Record<Tag, readonly string[]>> = {
  RemoteApp: ['relation'],
  RemoteUnit: ['relation', 'unit'],
  OwnApp: ['relation'],
  OwnUnit: ['relation', 'unit'],
  PeerApp: [],
  PeerUnit: ['unit'],
};

function isBag(bag: Bag | null | undefined): boolean {
  switch (bag?._tag) {
    case 'PeerApp':
      return true;
    case 'PeerUnit':
      return typeof bag.unit === 'string';
    case 'RemoteApp':
    case 'OwnApp':
      return typeof bag.relation === 'number';
    case 'RemoteUnit':
    case 'OwnUnit':
      return typeof bag.relation === 'number' && typeof bag.unit === 'string';
    default:
      return false;
  }
}

type Outcome = E.Either<JujuError, Databag>;

type Outcomes = readonly Outcome[] | null | undefined;

/** Of the databags that Juju's port was asked for, what became of one. */
export function heldOutcome(outcomes: Outcomes, at: number): Outcome {
  const outcome = Array.isArray(outcomes) ? outcomes[at] : undefined;
  if (outcome !== undefined) return outcome;
  const got = Array.isArray(outcomes) ? `${outcomes.length} of them` : kindOf(outcomes);
  throw unfit(
    'juju.read',
    `its port gives ${got} for the databags that it was asked for: give an outcome for each, in their order`,
  );
}

/** What that databag holds. */
export function heldDatabag(outcomes: Outcomes, at: number): Databag {
  const databag = right(heldOutcome(outcomes, at));
  if (!isRecord(databag)) given('juju.read', 'a databag', databag, 'record');
  return databag;
}
