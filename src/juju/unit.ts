import * as E from 'fp-ts/lib/Either.js';
import { heldBag, heldOutcome, heldState, heldTexts } from '../contract/gave.ts';
import { once, take } from '../hook/index.ts';
import { difference, joined, merged } from './databag.ts';
import type { Bag, Databag, Juju, SecretStore, Status } from './port.ts';
import { openReads } from './reads.ts';
import { gatheredWrites } from './writes.ts';

/**
 * Juju, as the handlers of one hook have it: each thing is read once, and what is to be written is
 * gathered and leaves at the hook's end, all at once. A call that Juju refuses fails the handler.
 */
export interface Unit {
  /** This unit's name, `ingress/1`. */
  readonly name: string;
  /** Marks what this deployment makes elsewhere; the same for all units, unlike any other's. */
  readonly owner: string;
  /** Where clients reach this unit; null while that is not known. */
  readonly endpoint: () => Promise<string | null>;
  readonly leader: () => Promise<boolean>;
  readonly config: () => Promise<Readonly<Record<string, unknown>>>;
  readonly plannedUnits: () => Promise<readonly string[]>;
  /** Whether the unit has left its peers, as one does that is about to go. */
  readonly hasLeft: () => Promise<boolean>;
  /** The other units of the application. */
  readonly peers: () => Promise<readonly string[]>;
  /** The ids of an endpoint's relations; one that breaks in this hook is none of them. */
  readonly relations: (endpoint: string) => Promise<ReadonlySet<number>>;
  /** What the other application says in a relation. */
  readonly remote: (relation: number) => Promise<Databag>;
  /** What each of the other application's units says in a relation, by the unit's name. */
  readonly remoteUnits: (relation: number) => Promise<ReadonlyMap<string, Databag>>;
  /** What this application says in a relation; only the leader may read it. */
  readonly own: (relation: number) => Promise<Databag>;
  /** A databag, with what this hook has written to it. */
  readonly read: (bag: Bag) => Promise<Databag>;
  readonly readAll: (bags: readonly Bag[]) => Promise<readonly Databag[]>;
  /** Says something in a relation for the application; only the leader may. An empty value takes a key back. */
  readonly publish: (relation: number, values: Databag) => void;
  /** Gathers what is to be written; only what differs will be. */
  readonly write: (bag: Bag, values: Databag) => void;
  /** As `write`, where it is known that something differs: the databag need not be read for it. */
  readonly overwrite: (bag: Bag, values: Databag) => void;
  /** Whether anything is to be written to a databag. */
  readonly writes: (bag: Bag) => boolean;
  /** What the unit has put by, with what this hook has added. */
  readonly state: () => Promise<Databag>;
  /** What this hook has put into it so far. */
  readonly remembered: () => Databag;
  /** Puts values into the unit's durable state; `deferred`, `refused` and the like are hookchart's own keys. */
  readonly remember: (values: Databag) => void;
  /** The application's secrets; null for a Juju that has none. */
  readonly secrets: SecretStore | null;
  /** What is to be said of the hook beside its charts, in sentences. */
  readonly notes: string[];
  /** True once the hook's time is up. */
  readonly isLate: () => boolean;
}

/** A unit whose hook is under way, with what is left to be done at its end. */
export interface OpenUnit extends Unit {
  /**
   * Says of a relation that it is gone: its databags are empty from now on, and what is written to
   * them is left out with a note, for Juju would refuse the whole commit.
   */
  readonly forgo: (relation: number) => void;
  /** Writes what was gathered, where it differs from what Juju holds. */
  readonly commit: (status: Status) => Promise<void>;
}

type Write = Unit['write'];

/** Opens a unit for one hook. */
export function openUnit(juju: Juju, isLate: () => boolean): OpenUnit {
  const writes = gatheredWrites();
  const gone = new Set<number>();
  const notes: string[] = [];
  const isGone = (bag: Bag): boolean => 'relation' in bag && gone.has(bag.relation);
  const read: Juju['read'] = (bags) => {
    if (gone.size === 0) return juju.read(bags);
    const there = bags.filter((bag) => !isGone(bag));
    return async () => {
      const found = there.length === 0 ? [] : await juju.read(there)();
      let next = 0;
      return bags.map((bag) => (isGone(bag) ? E.right({}) : heldOutcome(found, next++)));
    };
  };
  const { held, shown, allShown } = openReads({ read }, writes.of);
  /** Leaves out what is for a relation that is gone. */
  const writing = (to: string, write: Write) => (bag: Bag, values: Databag) => {
    heldBag(to, bag);
    heldTexts(to, values);
    if (!isGone(bag)) return write(bag, values);
    const what = 'relation' in bag ? `relation ${bag.relation}` : 'it';
    const note = `${what} is gone: what was to be written to its databag ${bag._tag} is left out`;
    if (!notes.includes(note)) notes.push(note);
  };
  const publish = writing('juju.publish', writes.write);
  const stored = once(() => take(juju.state));
  let remembered: Databag = {};
  const relations = new Map<string, Promise<ReadonlySet<number>>>();
  return {
    name: juju.unit,
    owner: juju.owner,
    endpoint: once(() => take(juju.endpoint)),
    leader: once(() => take(juju.leader)),
    config: once(() => take(juju.config)),
    plannedUnits: once(() => take(juju.plannedUnits)),
    hasLeft: () => take(juju.hasLeft),
    peers: once(() => take(juju.peers)),
    relations: (endpoint) => {
      const known = relations.get(endpoint);
      if (known !== undefined) return known;
      const asked = take(juju.relations(endpoint)).then((ids) => new Set(ids));
      relations.set(endpoint, asked);
      return asked;
    },
    remote: (relation) => held({ _tag: 'RemoteApp', relation }),
    remoteUnits: async (relation) => {
      const units = gone.has(relation) ? [] : await take(juju.remoteUnits(relation));
      const said = await allShown(units.map((unit) => ({ _tag: 'RemoteUnit', relation, unit })));
      return new Map(units.map((unit, at) => [unit, said[at] ?? {}]));
    },
    own: (relation) => shown({ _tag: 'OwnApp', relation }),
    read: shown,
    readAll: allShown,
    publish: (relation, values) => publish({ _tag: 'OwnApp', relation }, values),
    write: writing('juju.write', writes.write),
    overwrite: writing('juju.overwrite', writes.overwrite),
    writes: writes.has,
    state: async () => merged(await stored(), remembered),
    remembered: () => remembered,
    remember: (values) => {
      remembered = joined(remembered, heldState(values));
    },
    secrets: juju.secrets,
    notes,
    isLate,
    forgo: (relation) => void gone.add(relation),
    commit: async (status) => {
      const bags = await writes.differing(held);
      const state = difference(await stored(), remembered) ?? {};
      await take(juju.commit({ bags, state, status }));
    },
  };
}
