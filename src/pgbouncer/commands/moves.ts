/** Whom one hook tells where the poolers are now: those who came first, and no more than a slice. */
import type { Databag } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { movingKey } from '../keys.ts';
import type { Ledger } from '../relation/ledger.ts';
import { moved } from '../relation/reconcile.ts';
import { peerAppBag } from './application-bag.ts';
import type { Looking } from './look.ts';
import type { Peers } from './peers.ts';
import type { Rules } from './rules.ts';
import { attempt } from './steps.ts';

/** How far it is. */
export interface Progress {
  readonly left: number;
  readonly of: number;
}

export interface Moves {
  /** Takes as many as may still be told in this hook; what will be read for them is read at once. */
  readonly next: () => Promise<readonly number[]>;
  /** Whether one more may be told, which is counted. */
  readonly takeOne: () => boolean;
  /** What earlier hooks have left; null where they have left nothing. */
  readonly before: () => Progress | null;
  /** Puts on record what is left; null where nothing is. */
  readonly remember: () => Promise<Progress | null>;
}

interface Needed extends Pick<Rules, 'slices'> {
  readonly juju: Unit;
  readonly ledger: () => Ledger;
  readonly said: () => Databag;
  readonly peers: Pick<Peers, 'info' | 'knownInfo'>;
  readonly looking: Pick<Looking, 'isDoubtful' | 'listed'>;
}

export function openMoves({ juju, slices, ledger, said, peers, looking }: Needed): Moves {
  let taken = 0;
  /** The relations that are told another place than that of today; those in doubt come last. */
  const due = async (info: Awaited<ReturnType<Peers['info']>>) => {
    const listed = await looking.listed();
    const sure: number[] = [];
    const doubtful: number[] = [];
    for (const [relation, record] of ledger().records)
      if (record.state === 'published' && listed.has(relation) && moved(record, info))
        (looking.isDoubtful(relation) ? doubtful : sure).push(relation);
    const byNumber = (one: number, other: number) => one - other;
    return { sure: sure.sort(byNumber), doubtful: doubtful.sort(byNumber) };
  };
  const before = (): Progress | null => {
    const text = said()[movingKey];
    if (text === undefined) return null;
    const [left, of] = text.split(' ').map(Number);
    return left === undefined || of === undefined ? null : { left, of };
  };
  return {
    before,
    takeOne: () => {
      if (taken >= slices.move) return false;
      taken += 1;
      return true;
    },
    next: async () => {
      const { sure, doubtful } = await due(await peers.info());
      const next = [...sure, ...doubtful].slice(0, Math.max(0, slices.move - taken));
      taken += next.length;
      const bags = next.flatMap(
        (relation) =>
          [
            { _tag: 'RemoteApp', relation },
            { _tag: 'OwnApp', relation },
          ] as const,
      );
      await attempt(() => juju.readAll(bags))();
      return next;
    },
    remember: async () => {
      const last = before();
      const info = peers.knownInfo();
      if (info === null) return last;
      const left = (await due(await info)).sure.length;
      const isSliced = last !== null || taken >= slices.move;
      const now = left > 0 && isSliced ? { left, of: Math.max(last?.of ?? 0, left + taken) } : null;
      if (now !== null || last !== null)
        juju.write(peerAppBag, { [movingKey]: now === null ? '' : `${now.left} ${now.of}` });
      return now;
    },
  };
}
