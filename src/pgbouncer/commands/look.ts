/** Which requests one hook reads: a few, however many relations there are. */
import type { JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { endpoints, lookedKey, lookingKey } from '../keys.ts';
import { hasBegunNothing } from '../relation/ledger.ts';
import {
  encodeLooked,
  inOrder,
  inTurn,
  type Looked,
  markOf,
  nothingLooked,
  parseLooked,
  whoMayWait,
} from '../relation/looked.ts';
import { peerAppBag } from './application-bag.ts';
import type { BackendView } from './backend-view.ts';
import type { UnitFate } from './fate.ts';
import type { HookBasics } from './hook-basics.ts';
import { breakingIn } from './requests.ts';
import type { Rules } from './rules.ts';
import { once } from './steps.ts';

/** What the leader looks at in one hook beside what it was called for. */
interface Look {
  readonly relations: readonly number[];
  /** Whether this hook begins anew: then it looks as well for what nobody speaks of. */
  readonly isRound: boolean;
  /** What the unit knows once all of these are looked at. */
  readonly after: Looked;
  /** How far a look at all has come; null where none is left to go on. */
  readonly looking: number | null;
}

export interface Looking {
  /**
   * The relations that Juju lists. Where one breaks and nothing is known to be left of the others, it
   * is not asked: they are as they are on record.
   */
  readonly listed: () => Promise<ReadonlySet<number>>;
  readonly look: () => Promise<Look>;
  /** The relation that the hook is about, where it is one that asks for a database. */
  readonly about: number | undefined;
  /** Whether a relation that was looked at is on record as served, and its request is in doubt. */
  readonly found: (relation: number, isDoubtful: boolean) => void;
  readonly isDoubtful: (relation: number) => boolean;
  /** Puts by what is known at the hook's end. */
  readonly remember: () => Promise<void>;
}

interface Needed
  extends Pick<BackendView, 'readyVersion'>,
    Pick<Rules, 'policy' | 'slices'>,
    Pick<UnitFate, 'flags'> {
  readonly juju: Unit;
  readonly basics: HookBasics;
  readonly relations: () => Promise<ReadonlySet<number>>;
}

/** Hooks after which a unit goes by nothing that it knew before. */
const doubting = /^(leader-elected|upgrade-charm)$/;

export function openLook(needed: Needed, called: JujuEvent): Looking {
  const { juju, policy, slices, relations, flags, readyVersion } = needed;
  const { ledger, said, leads, state, succeeding } = needed.basics;
  const found = new Map<number, boolean>();
  const looked = once(() => parseLooked(state()[lookedKey]));
  const breaking = breakingIn(called);
  const isNarrow = once((): boolean => {
    const { mark, doubtful } = looked();
    if (breaking === null || mark === null || doubtful.length > 0) return false;
    if (flags().length > 0 || succeeding()) return false;
    if (said()[lookingKey] !== undefined) return false;
    return hasBegunNothing(ledger(), breaking);
  });
  const recorded = once(async (): Promise<ReadonlySet<number>> => {
    const beside = new Set(ledger().records.keys());
    if (breaking !== null) beside.delete(breaking);
    return beside;
  });
  const listed = () => (isNarrow() ? recorded() : relations());
  const look = once(async (): Promise<Look> => {
    const before = looked();
    if (isNarrow()) return { relations: [], isRound: false, after: before, looking: null };
    const { records } = ledger();
    const there = await listed();
    const waiting = whoMayWait(there, records, before.doubtful);
    const waited = inTurn(waiting, before.waited, slices.wait);
    const last = waited.length < waiting.length ? (waited.at(-1) ?? -1) : -1;
    const version = await readyVersion();
    // What is asked for now is not done now; all is looked at anew when it can be.
    if (version === null)
      return {
        relations: waited,
        isRound: false,
        after: { ...before, mark: null, waited: last },
        looking: null,
      };
    const mark = markOf(policy, version);
    const reached = said()[lookingKey];
    const isAnew = before.mark !== mark || doubting.test(called.hook) || succeeding();
    if (isAnew || reached !== undefined) {
      const from = isAnew ? -1 : Number(reached);
      const left = inOrder(there).filter((id) => id > from);
      const next = left.slice(0, slices.look);
      return {
        relations: next,
        isRound: isAnew,
        after: { ...before, mark, waited: -1 },
        looking: left.length > next.length ? (next.at(-1) ?? null) : null,
      };
    }
    if (called.hook !== 'update-status' || there.size <= slices.again)
      return {
        relations: called.hook === 'update-status' ? inOrder(there) : waited,
        isRound: there.size <= slices.again,
        after: { ...before, waited: last },
        looking: null,
      };
    const again = inOrder(there)
      .filter((id) => id > before.again)
      .slice(0, slices.again);
    return {
      relations: [...new Set([...waited, ...again])],
      isRound: again.length === 0,
      after: { ...before, waited: last, again: again.at(-1) ?? -1 },
      looking: null,
    };
  });
  return {
    listed,
    look,
    about: called.hook.startsWith(`${endpoints.database}-relation-`) ? called.relation : undefined,
    found: (relation, isDoubtful) => void found.set(relation, isDoubtful),
    isDoubtful: (relation) => found.get(relation) ?? looked().doubtful.includes(relation),
    remember: async () => {
      if (!leads()) {
        // What it passes over while another one leads it would never read.
        juju.remember({ [lookedKey]: encodeLooked(nothingLooked) });
        return;
      }
      const { after, looking } = await look();
      const there = await listed();
      const doubtful = after.doubtful.filter((id) => !found.has(id));
      for (const [relation, isDoubtful] of found) if (isDoubtful) doubtful.push(relation);
      const left = inOrder(doubtful.filter((id) => there.has(id)));
      juju.remember({ [lookedKey]: encodeLooked({ ...after, doubtful: left }) });
      const text = looking === null ? '' : String(looking);
      if ((said()[lookingKey] ?? '') !== text) juju.overwrite(peerAppBag, { [lookingKey]: text });
    },
  };
}
